"""Answers of the staff: found before all pages, where a question is the same or nearly so."""

from collections.abc import Awaitable, Callable, Sequence

from shopfloor.journal.contract import Journal
from shopfloor.journal.record_events import RECORDS, KnowledgeChanged
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import IdSource
from shopfloor.knowledge.contract import STAFF, Correction, Knowledge
from shopfloor.knowledge.taking import CONTROL
from shopfloor.language.text import normalise
from shopfloor.search.contract import Document, Passage
from shopfloor.search.likeness import Likeness

LIKE = 0.75
"""From which likeness on two questions are nearly the same: half of the words may not be enough, all but one is."""
LONGEST_QUESTION = 1_000
LONGEST_ANSWER = 8_000
CORRECTIONS = "correction/"
"""How the ids of their documents begin."""


class CorrectionIndex:
    """Corrections by their questions."""

    def __init__(self, corrections: Sequence[Correction]) -> None:
        """Take the corrections that hold, the newest first: of two as like to a question it wins."""
        self._corrections = {one.id: one for one in corrections}
        self._likeness = Likeness()
        self._exact: dict[str, Correction] = {}
        for one in corrections:
            self._exact.setdefault(_plain(one.question), one)
            self._likeness.add(one.id, one.question)

    def find(self, question: str) -> Passage | None:
        """Return the answer to a question; None where none was given to it."""
        found, score = self._exact.get(_plain(question)), 1.0
        if found is None:
            nearest = self._likeness.nearest(question)
            if nearest is None or nearest[1] < LIKE:
                return None
            found, score = self._corrections[nearest[0]], nearest[1]
        return Passage(
            document_id=f"{CORRECTIONS}{found.id}",
            title=found.question,
            heading=found.question,
            text=found.answer,
            score=round(score, 4),
            source=STAFF,
            updated=found.made_at.date().isoformat(),
        )

    def document(self, document_id: str) -> Document | None:
        """Return a correction as a whole page, by the id of its document."""
        found = self._corrections.get(document_id.removeprefix(CORRECTIONS))
        if found is None or not document_id.startswith(CORRECTIONS):
            return None
        day = found.made_at.date().isoformat()
        return Document(id=document_id, title=found.question, topic="", text=found.answer, source=STAFF, updated=day)


class Corrections:
    """What the staff do with corrections."""

    def __init__(
        self,
        knowledge: Knowledge,
        journal: Journal,
        clock: Clock,
        ids: IdSource,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        """Take where they are kept, where changes are taken down, the clock, and where ids come from.

        `changed` is called after each change.
        """
        self._changed = changed
        self._knowledge = knowledge
        self._journal = journal
        self._clock = clock
        self._ids = ids

    async def all(self) -> Sequence[Correction]:
        """Return the corrections that hold, the newest first."""
        return await self._knowledge.corrections()

    async def add(self, question: str, answer: str, *, staff: str) -> Correction:
        """Let a question have this answer from now on; another one that it had goes.

        Raises:
            InvalidInput: one of them is empty or too long.
        """
        made = Correction(
            id=self._ids.new("cor"),
            question=_checked(question, "question", LONGEST_QUESTION),
            answer=_checked(answer, "answer", LONGEST_ANSWER),
            made_at=self._clock.now(),
            made_by=staff,
        )
        earlier = [one for one in await self.all() if _plain(one.question) == _plain(made.question)]
        await self._knowledge.correct(made)
        for one in earlier:
            await self._knowledge.withdraw(one.id)
        await self._changed()
        told = [KnowledgeChanged(what="corrected", subject=made.id, staff=staff)]
        told += [KnowledgeChanged(what="withdrawn", subject=one.id, staff=staff) for one in earlier]
        await self._journal.append(RECORDS, told)
        return made

    async def remove(self, correction_id: str, *, staff: str) -> None:
        """Take a correction back.

        Raises:
            NotFound: there is no such correction.
        """
        await self._knowledge.withdraw(correction_id)
        await self._changed()
        await self._journal.append(RECORDS, [KnowledgeChanged(what="withdrawn", subject=correction_id, staff=staff)])


def _checked(text: str, what: str, longest: int) -> str:
    plain = CONTROL.sub("", text).strip()
    if not plain or len(plain) > longest:
        raise InvalidInput(f"the {what} must have 1 to {longest:,} characters")
    return plain


def _plain(question: str) -> str:
    return normalise(question).strip(" ?!.")
