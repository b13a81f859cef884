"""Finding passages in pages of several languages: each language's are read in its own way."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from shopfloor.search.contract import Document, Retrieved, TopicEmbedder
from shopfloor.search.knowledge import PageRetriever
from shopfloor.search.readings import reading_of

ENGLISH = frozenset({"en", ""})
"""What is read as English: what is, and what nobody knows the language of."""


class PagesByLanguage:
    """A `KnowledgeRetriever` over pages in memory, in any languages."""

    def __init__(self, documents: Iterable[Document], *, home: str = "", embedder: TopicEmbedder | None = None) -> None:
        """Index pages; `home` is as for `PageRetriever`, and `embedder` for English ones."""
        grouped: defaultdict[str, list[Document]] = defaultdict(list)
        for document in documents:
            grouped["en" if document.language in ENGLISH else document.language].append(document)
        self._pages = {
            language: PageRetriever(group, home=home, embedder=embedder)
            if language == "en"
            else PageRetriever(group, reading=reading_of(language))
            for language, group in sorted(grouped.items())
        }

    async def retrieve(self, text: str, *, limit: int = 3) -> Retrieved:
        """Return the passages nearest to a question, whatever language they are in."""
        return together([await pages.retrieve(text, limit=limit) for pages in self._pages.values()], limit)

    async def read_document(self, document_id: str) -> Document | None:
        """Return a whole page, or None."""
        for pages in self._pages.values():
            if document := await pages.read_document(document_id):
                return document
        return None


def together(found: Sequence[Retrieved], limit: int) -> Retrieved:
    """Return the best of several finds, each passage once; what stands first stays so among equals."""
    if len(found) == 1:
        return found[0]
    best = sorted((one for each in found for one in each.passages), key=lambda one: -one.score)
    once = {(one.document_id, one.heading, one.text): one for one in reversed(best)}
    passages = tuple(one for one in best if once[one.document_id, one.heading, one.text] is one)
    return Retrieved(passages=passages[:limit], is_answerable=any(each.is_answerable for each in found))
