"""All that the people of the shop do with knowledge, in one hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopfloor.journal.contract import Journal
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import IdSource
from shopfloor.knowledge.adding import Sources
from shopfloor.knowledge.base import KnowledgeBase
from shopfloor.knowledge.contract import Knowledge
from shopfloor.knowledge.corrections import Corrections
from shopfloor.knowledge.questions import Questions, Unanswered, unanswered
from shopfloor.search.contract import TopicEmbedder


@dataclass(frozen=True, kw_only=True, slots=True)
class KnowledgeDesk:
    """What is known, where it comes from, what corrects it and what is missing."""

    base: KnowledgeBase
    sources: Sources
    corrections: Corrections
    questions: Questions

    async def unanswered(self) -> Sequence[Unanswered]:
        """Return the questions that are still without an answer, the most asked first."""
        return await unanswered(self.questions, self.base)


def knowledge_desk(
    knowledge: Knowledge,
    questions: Questions,
    journal: Journal,
    *,
    home: str,
    embedder: TopicEmbedder,
    clock: Clock,
    ids: IdSource,
) -> KnowledgeDesk:
    """Return the desk over what is kept; `home` and `embedder` are as for `PageRetriever`."""
    base = KnowledgeBase(knowledge, home=home, embedder=embedder)
    return KnowledgeDesk(
        base=base,
        sources=Sources(knowledge, journal, clock, base.look_again),
        corrections=Corrections(knowledge, journal, clock, ids, base.corrected),
        questions=questions,
    )
