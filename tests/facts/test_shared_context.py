"""What all agents know: said by its owner, versioned by what it says, traced, expiring; one suite for each store."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from anyio import create_task_group

from shopfloor.database.engine import Database
from shopfloor.facts.contract import Fact, FactName, Facts, fact_name
from shopfloor.facts.kinds import FactKind, FactKinds, FactValue
from shopfloor.facts.shared_context import LONGEST_SUBJECT, Saying, SharedContext
from shopfloor.facts.stores import MemoryFacts, SqlFacts
from shopfloor.journal.contract import Journal
from shopfloor.journal.fact_events import FactsSaid
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound
from shopfloor.kernel.ids import StreamId

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


class Cover(FactValue):
    days: float


class Margin(FactValue):
    percent: float


KINDS = FactKinds(
    [
        FactKind(name="cover", says="How long it lasts.", about="sku", value=Cover, owner="inventory"),
        FactKind(
            name="pace", says="How fast it sells.", about="sku", value=Cover, owner="inventory", lasts=timedelta(days=1)
        ),
        FactKind(name="margin", says="What is left of it.", about="sku", value=Margin, owner="profit"),
    ]
)
A, B = FactName("cover:A"), FactName("cover:B")


def cover(subject: str, days: float | None, **more: object) -> Saying:
    return Saying(kind="cover", subject=subject, value=None if days is None else Cover(days=days), **more)  # type: ignore[arg-type]


class Kept:
    """A shared context with the parts that it is made of."""

    def __init__(self, kind: str, request: pytest.FixtureRequest) -> None:
        self.clock = FixedClock(NOW)
        self.facts: Facts
        self.journal: Journal
        if kind == "memory":
            memory = MemoryFacts()
            self.facts, self.journal = memory, MemoryJournal(self.clock, [memory.project])
        else:
            database: Database = request.getfixturevalue("database")
            stored = SqlFacts(database)
            self.facts = stored
            self.journal = SqlJournal(
                database, self.clock, MachineLocks(request.getfixturevalue("tmp_path")), [stored.project]
            )
        self.context = SharedContext(self.facts, self.journal, KINDS, self.clock)

    def pass_by(self, time: timedelta) -> None:
        self.clock.at += time


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest) -> Kept:
    return Kept(request.param, request)


def told(facts: Sequence[Fact]) -> list[tuple[str, int, object]]:
    return [(fact.name, fact.version, fact.value) for fact in facts]


async def test_what_its_owner_says_all_read_with_where_it_is_from(kept: Kept) -> None:
    said = await kept.context.say("inventory", [cover("A", 3.5, confidence=0.8), cover("B", 9.0)])
    assert told(said) == [(A, 1, {"days": 3.5}), (B, 1, {"days": 9.0})]
    snapshot = await kept.context.read(A, FactName("cover:C"))
    assert snapshot.get("cover", "A", Cover) == Cover(days=3.5)
    assert snapshot.get("cover", "C", Cover) is None
    assert snapshot.versions() == {A: 1}
    fact = snapshot.facts[A]
    assert (fact.source, fact.confidence, fact.at, fact.expires_at) == ("inventory", 0.8, NOW, None)


async def test_a_version_is_new_only_where_something_else_is_said(kept: Kept) -> None:
    await kept.context.say("inventory", [cover("A", 3.0)])
    kept.pass_by(timedelta(hours=1))
    [again] = await kept.context.say("inventory", [cover("A", 3.0, confidence=0.5)])
    assert (again.version, again.confidence, again.at) == (1, 0.5, NOW + timedelta(hours=1))
    await kept.context.say("inventory", [cover("A", 2.0)])
    await kept.context.say("inventory", [cover("A", None)])
    [back] = await kept.context.say("inventory", [cover("A", 3.0)])
    assert back.version == 4
    history = await kept.context.history(A)
    assert told(history) == [(A, 4, {"days": 3.0}), (A, 3, None), (A, 2, {"days": 2.0}), (A, 1, {"days": 3.0})]
    assert told(await kept.context.history(A, before=3, limit=1)) == [(A, 2, {"days": 2.0})]


async def test_what_was_taken_back_or_has_expired_holds_no_longer(kept: Kept) -> None:
    await kept.context.say("inventory", [cover("A", 3.0), Saying(kind="pace", subject="A", value=Cover(days=1.0))])
    await kept.context.say("inventory", [cover("A", None)])
    assert [*(await kept.context.read_kinds("cover", "pace")).facts] == ["pace:A"]
    kept.pass_by(timedelta(hours=23))
    await kept.context.say("inventory", [Saying(kind="pace", subject="A", value=Cover(days=1.0))])
    kept.pass_by(timedelta(hours=23))
    assert (await kept.context.read_kinds("pace")).versions() == {"pace:A": 1}
    kept.pass_by(timedelta(hours=1))
    assert (await kept.context.read_kinds("pace")).facts == {}


async def test_only_the_owner_says_a_fact_and_only_what_can_be(kept: Kept) -> None:
    wrong = [
        ("ads", cover("A", 1.0), "only inventory does"),
        ("inventory", Saying(kind="margin", subject="A", value=Margin(percent=1.0)), "only profit does"),
        ("inventory", Saying(kind="cover", subject="A", value=Margin(percent=1.0)), "says Cover"),
        ("inventory", Saying(kind="weather", subject="A", value=None), "the kinds are cover, margin, pace"),
        ("inventory", cover(" ", 1.0), "names a sku"),
        ("inventory", cover("a" * (LONGEST_SUBJECT + 1), 1.0), "names a sku"),
        ("inventory", cover("a\nb", 1.0), "names a sku"),
        ("inventory", cover("A", 1.0, confidence=1.1), "from 0 to 1"),
        ("inventory", cover("A", 1.0, lasts=timedelta()), "more than no time"),
        ("inventory", cover("A", 1.0, lasts=timedelta.max), "3650 days at most"),
    ]
    for source, saying, why in wrong:
        with pytest.raises(InvalidInput, match=why):
            await kept.context.say(source, [cover("B", 1.0) if source == "inventory" else saying, saying])
    assert await kept.facts.of_kinds(["cover", "margin", "pace"]) == []


async def test_what_was_made_of_a_version_that_stands_no_longer_is_not_said_at_all(kept: Kept) -> None:
    await kept.context.say("inventory", [cover("A", 3.0, seen=0)])
    await kept.context.say("inventory", [cover("A", 2.0, seen=1)])
    with pytest.raises(Conflict, match="at version 2, not 1"):
        await kept.context.say("inventory", [cover("B", 1.0), cover("A", 1.0, seen=1)])
    assert (await kept.context.read_kinds("cover")).versions() == {A: 2}


async def test_of_many_who_say_at_once_each_is_a_version_and_one_who_saw_the_same_gives_way(kept: Kept) -> None:
    async def say(days: float) -> None:
        await kept.context.say("inventory", [cover("A", days)])

    async with create_task_group() as group:
        for days in range(4):
            group.start_soon(say, float(days))
    versions = await kept.context.history(A)
    assert [fact.version for fact in versions] == [4, 3, 2, 1]
    outcomes: list[str] = []

    async def claim(days: float) -> None:
        try:
            await kept.context.say("inventory", [cover("A", days, seen=4)])
        except Conflict:
            outcomes.append("gave way")
        else:
            outcomes.append("said")

    async with create_task_group() as group:
        for days in range(10, 13):
            group.start_soon(claim, float(days))
    assert sorted(outcomes) == ["gave way", "gave way", "said"]


async def test_who_follows_hears_of_each_fact_that_was_said(kept: Kept) -> None:
    mark = (await kept.context.changes()).mark
    await kept.context.say("inventory", [cover("A", 3.0), cover("B", 1.0), cover("C", 1.0)])
    await kept.context.say("inventory", [cover("A", 4.0)])
    heard: list[str] = []
    while (page := await kept.context.changes(mark, limit=2)).keys:
        assert len(page.keys) <= 2
        heard += page.keys
        mark = page.mark
    assert sorted(heard) == ["cover:A", "cover:B", "cover:C"]
    with pytest.raises(NotFound, match="take a new one"):
        await kept.context.changes("of another course of events")


async def test_what_is_said_stands_in_the_journal_of_its_source(kept: Kept) -> None:
    await kept.context.say("inventory", [cover("A", 3.0)])
    [event] = await kept.journal.read(StreamId("facts/inventory"))
    assert isinstance(event.data, FactsSaid)
    assert [(fact.name, fact.version, fact.value) for fact in event.data.facts] == [(A, 1, {"days": 3.0})]
    assert await kept.journal.verify(StreamId("facts/inventory")) == 1


def test_a_kind_has_one_owner() -> None:
    with pytest.raises(InvalidInput, match="two owners, inventory and ads"):
        FactKinds(
            FactKind(name="cover", says="", about="sku", value=Cover, owner=owner) for owner in ("inventory", "ads")
        )


async def test_a_name_that_is_none_is_told(kept: Kept) -> None:
    with pytest.raises(InvalidInput, match="write its kind"):
        await kept.context.history(FactName("cover"))
    assert fact_name("cover", "A") == A
