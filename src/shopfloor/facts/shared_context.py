"""The shared context: facts read as one moment has them, and said by their owners only, of versions that stand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from shopfloor.facts.contract import Fact, FactName, Facts, fact_name, kind_in
from shopfloor.facts.kinds import FactKind, FactKinds, FactValue
from shopfloor.journal.contract import Journal
from shopfloor.journal.fact_events import FactSaid, FactsSaid
from shopfloor.kernel.changes import Changed
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Conflict, InvalidInput
from shopfloor.kernel.ids import StreamId

T = TypeVar("T", bound=FactValue)

STREAM = "facts/"
"""How the streams begin in which facts are said; each source has its own."""
TRIES = 5
"""How often a fact is said anew that somebody else of the same source has changed meanwhile."""
LONGEST_SUBJECT = 200
LONGEST = timedelta(days=3_650)


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """What somebody wants all agents to know."""

    kind: str
    subject: str
    value: FactValue | None
    """None takes it back."""
    confidence: float = 1.0
    """0 to 1."""
    lasts: timedelta | None = None
    """For how long it holds; None for as long as facts of its kind do."""
    seen: int | None = None
    """The version that it was made of, 0 where there was none; None where whatever stands is overwritten."""


class Snapshot:
    """The facts that hold at one moment."""

    def __init__(self, facts: Mapping[FactName, Fact], at: datetime) -> None:
        """Take facts, and the instant; those that do not hold then are left out."""
        self.at = at
        self.facts = MappingProxyType({name: fact for name, fact in facts.items() if fact.holds(at)})

    def get(self, kind: str, subject: str, value: type[T]) -> T | None:
        """Return what a fact says; None where it does not hold."""
        fact = self.facts.get(fact_name(kind, subject))
        return None if fact is None else value.model_validate(fact.value, strict=False)

    def versions(self) -> dict[FactName, int]:
        """Return which version of each fact this is: the evidence of whatever is decided by it."""
        return {name: fact.version for name, fact in self.facts.items()}


class SharedContext:
    """What all agents know now."""

    def __init__(self, facts: Facts, journal: Journal, kinds: FactKinds, clock: Clock) -> None:
        """Take where facts are kept, the journal that they are said in, their kinds and the clock."""
        self._facts = facts
        self._journal = journal
        self._clock = clock
        self.kinds = kinds

    async def read(self, *names: FactName) -> Snapshot:
        """Return facts by their names."""
        return Snapshot(await self._facts.get(names), self._clock.now())

    async def read_kinds(self, *kinds: str) -> Snapshot:
        """Return all facts of some kinds.

        Raises:
            InvalidInput: there is no such kind.
        """
        wanted = [self.kinds.get(kind).name for kind in kinds]
        return Snapshot({fact.name: fact for fact in await self._facts.of_kinds(wanted)}, self._clock.now())

    async def history(self, name: FactName, *, before: int | None = None, limit: int = 50) -> Sequence[Fact]:
        """Return the versions of a fact, the newest first, those that were taken back too.

        Raises:
            InvalidInput: it is no name of a fact.
        """
        self.kinds.get(kind_in(name))
        return await self._facts.history(name, before=before, limit=limit)

    async def changes(self, after: str | None = None, *, limit: int = 1_000) -> Changed:
        """Return which facts were said behind a mark, as `Facts.changes` does."""
        return await self._facts.changes(after, limit=limit)

    async def say(self, source: str, sayings: Collection[Saying]) -> Sequence[Fact]:
        """Let all agents know something, all of it or nothing, and return the facts as they stand then.

        What says the same as before is no new version: it only holds longer.

        Raises:
            InvalidInput: a kind that there is not, another's kind, or a value, subject or confidence that cannot be.
            Conflict: a fact is no longer at the version that was seen; nothing was said.
        """
        made = {fact_name(one.kind, one.subject): (self._checked(source, one), one) for one in sayings}
        if len(made) < len(sayings):
            raise InvalidInput("a fact can be said once at a time: leave the other one out")
        for left in reversed(range(TRIES)):
            standing = await self._facts.get(list(made))
            said = [self._said(name, kind, one, standing.get(name)) for name, (kind, one) in made.items()]
            if not said:
                return []
            try:
                await self._journal.append(StreamId(f"{STREAM}{source}"), [FactsSaid(source=source, facts=tuple(said))])
            except Conflict:
                if not left:
                    raise
            else:
                break
        now = await self._facts.get(list(made))
        return [now[name] for name in made]

    def _said(self, name: FactName, kind: FactKind, saying: Saying, stands: Fact | None) -> FactSaid:
        version = stands.version if stands else 0
        if saying.seen is not None and saying.seen != version:
            raise Conflict(f"the fact {name} has changed: it is at version {version}, not {saying.seen}; read it again")
        value = saying.value.model_dump(mode="json") if saying.value else None
        lasts = saying.lasts or kind.lasts
        is_same = stands is not None and stands.value == value
        return FactSaid(
            name=name,
            version=version if is_same else version + 1,
            value=value,
            confidence=saying.confidence,
            expires_at=self._clock.now() + lasts if lasts and value is not None else None,
        )

    def _checked(self, source: str, saying: Saying) -> FactKind:
        kind = self.kinds.get(saying.kind)
        if source != kind.owner:
            raise InvalidInput(f"{source} cannot say the fact {kind.name}: only {kind.owner} does")
        if saying.value is not None and type(saying.value) is not kind.value:
            raise InvalidInput(f"the fact {kind.name} says {kind.value.__name__}, not {type(saying.value).__name__}")
        if not 0 <= saying.confidence <= 1:
            raise InvalidInput(f"a confidence of {saying.confidence} cannot be: it lies from 0 to 1")
        if not 0 < len(saying.subject.strip()) <= LONGEST_SUBJECT or not saying.subject.isprintable():
            raise InvalidInput(f"the subject of {kind.name} names a {kind.about} in 1 to {LONGEST_SUBJECT} letters")
        if saying.lasts is not None and not timedelta() < saying.lasts <= LONGEST:
            raise InvalidInput(f"the fact {kind.name} lasts for more than no time, and for {LONGEST.days} days at most")
        return kind
