"""Answers from the shop's own pages."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, JsonValue, TypeAdapter

from shopfloor.journal.events import Source
from shopfloor.search.contract import Document, KnowledgeRetriever, Passage
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult

_PASSAGES = TypeAdapter(tuple[Passage, ...])
_DOCUMENT = TypeAdapter(Document)


class QuestionArgs(ToolArgs):
    """What to answer."""

    question: Annotated[str, Field(description="The question in the customer's words.", max_length=8_200)]


class DocumentArgs(ToolArgs):
    """Which page."""

    document_id: str


class KnowledgeTools:
    """The tools over the shop's pages."""

    def __init__(self, retriever: KnowledgeRetriever) -> None:
        """Take what finds passages."""
        self._retriever = retriever

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools; both only read."""
        return (
            Tool(
                name="search_knowledge",
                description="Find the passages of the shop's pages that answer a question; says when none does.",
                args=QuestionArgs,
                run=self._search_knowledge,
            ),
            Tool(
                name="read_full_document",
                description="Read a whole page of the shop.",
                args=DocumentArgs,
                run=self._read_full_document,
            ),
        )

    async def _search_knowledge(self, args: QuestionArgs, context: ToolContext) -> ToolResult:
        found = await self._retriever.retrieve(args.question)
        passages: list[JsonValue] = _PASSAGES.dump_python(found.passages, mode="json")
        used = found.passages[:1] if found.is_answerable else ()
        return ToolResult(
            output={"outcome": "answerable" if found.is_answerable else "unknown", "passages": passages},
            sources=tuple(Source(kind="document", id=p.document_id, agent=context.agent) for p in used),
        )

    async def _read_full_document(self, args: DocumentArgs, context: ToolContext) -> ToolResult:
        document = await self._retriever.read_document(args.document_id)
        if document is None:
            return ToolResult(output={"outcome": "not_found"})
        return ToolResult(
            output={"outcome": "found", "document": _DOCUMENT.dump_python(document, mode="json")},
            sources=(Source(kind="document", id=document.id, agent=context.agent),),
        )
