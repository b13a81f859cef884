"""One suite for every store of signals and outreaches."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from shopfloor.database.engine import Database
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, OrderNumber, Sku
from shopfloor.kernel.persons import Person
from shopfloor.outreach.attempts import OutboxMessage, Outreach, Recipient, new_outreach
from shopfloor.outreach.contract import Outreaches
from shopfloor.outreach.memory import MemoryOutreaches
from shopfloor.outreach.rows import SignalRow
from shopfloor.outreach.rules import Verdict
from shopfloor.outreach.signals import CartAbandoned, ParcelDelayed, Purpose, Signal, StockReturned
from shopfloor.outreach.sql import SqlOutreaches

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 15, 0, 0, 250_000, tzinfo=UTC)
SEND = Verdict(outcome="send", rule="allowed")
HERE = ConversationId("conv_1")
ADA = Recipient(
    email="Ada@example.com",
    customer_id=CustomerId("ada"),
    lead_id="lead_1",
    order_number=OrderNumber("7"),
    conversation_id=ConversationId("conv_0"),
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, database: Database) -> Outreaches:
    return MemoryOutreaches() if request.param == "memory" else SqlOutreaches(database, FixedClock(NOW))


def signal(name: str = "s1", minutes: int = 0, sku: str = "A") -> Signal:
    return Signal(id=name, kind="stock_returned", data=StockReturned(sku=Sku(sku)), at=NOW + timedelta(minutes=minutes))


def outreach(to: Recipient = ADA, of: Signal | None = None, purpose: Purpose = "service", minutes: int = 0) -> Outreach:
    due_at = NOW + timedelta(minutes=minutes)
    return new_outreach(of or signal(), AgentId("crier"), "stock", purpose, to, due_at=due_at)


def guest(number: int) -> Recipient:
    return Recipient(email=f"guest{number}@example.com")


async def taken(store: Outreaches, *outreaches: Outreach, name: str = "s1") -> Signal:
    made = signal(name)
    await store.add_signal(made)
    await store.take(made, outreaches)
    return made


async def admitted(store: Outreaches, one: Outreach, at: datetime = NOW) -> list[datetime]:
    """Let an outreach pass, and return what the judge was told last: it is asked anew where others get in its way."""
    told: list[datetime] = []

    def judge(sent: Sequence[datetime]) -> Verdict:
        told[:] = sent
        return SEND

    await store.decide(one.id, judge, at=at, conversation_id=HERE)
    return told


def message(one: Outreach) -> OutboxMessage:
    return OutboxMessage(
        id=one.id,
        email=one.recipient.email,
        subject="Back again",
        text="It is back.",
        conversation_id=HERE,
        purpose=one.purpose,
        created_at=NOW,
        not_before=NOW + timedelta(hours=8),
    )


async def test_a_signal_is_stored_once(store: Outreaches) -> None:
    assert await store.add_signal(signal())
    assert not await store.add_signal(signal(minutes=5)), "its time does not make it another"
    assert await store.signals() == [signal()]
    assert await store.untaken() == [signal()]


@pytest.mark.parametrize(
    "other",
    [
        signal(sku="B"),
        Signal(id="s1", kind="parcel_delayed", data=ParcelDelayed(order_number=OrderNumber("1")), at=NOW),
        Signal(id="s1", kind="cart_abandoned", data=CartAbandoned(cart_id="A"), at=NOW),
    ],
)
async def test_another_signal_under_its_id_is_refused(store: Outreaches, other: Signal) -> None:
    await store.add_signal(signal())
    with pytest.raises(Conflict, match="s1 was sent before"):
        await store.add_signal(other)
    assert await store.signals() == [signal()]


async def test_a_signal_that_is_sent_by_many_at_once_is_new_to_one(store: Outreaches) -> None:
    assert sum(await asyncio.gather(*(store.add_signal(signal()) for _ in range(8)))) == 1


async def test_signals_are_taken_in_the_order_in_which_they_came(store: Outreaches) -> None:
    for name, minutes in (("b", 5), ("a", 9), ("c", 1)):
        await store.add_signal(signal(name, minutes))
    assert [each.id for each in await store.untaken()] == ["b", "a", "c"]
    assert [each.id for each in await store.untaken(limit=2)] == ["b", "a"]
    assert [each.id for each in await store.signals(limit=2)] == ["a", "b"], "the newest first"


async def test_what_is_taken_comes_back_as_it_was_made(store: Outreaches) -> None:
    assert await store.outreaches_of("s1") is None
    one = outreach(minutes=5)
    await taken(store, one)
    assert await store.outreaches_of("s1") == [one]
    assert await store.untaken() == []
    assert await store.due(NOW) == []
    assert await store.due(NOW + timedelta(minutes=5)) == [one]


async def test_a_signal_is_taken_once(store: Outreaches) -> None:
    made = await taken(store, outreach())
    await store.take(made, [outreach(guest(1))])
    assert await store.outreaches_of("s1") == [outreach()]


async def test_a_signal_that_concerns_nobody_is_taken_too(store: Outreaches) -> None:
    await taken(store)
    assert await store.outreaches_of("s1") == []
    assert await store.untaken() == []


async def test_a_lead_has_one_outreach_while_that_can_answer_it(store: Outreaches) -> None:
    one = outreach()
    await taken(store, one)
    other = outreach(of=signal("s2"))
    await taken(store, other, name="s2")
    assert await store.outreaches_of("s2") == []
    await store.end(one.id, "nothing_to_say", "agent.silent", at=NOW)
    await taken(store, outreach(of=signal("s3")), name="s3")
    assert len(await store.outreaches_of("s3") or ()) == 1


async def test_what_was_sent_keeps_its_lead_for_good(store: Outreaches) -> None:
    one = outreach()
    await taken(store, one)
    await admitted(store, one)
    await store.end(one.id, "sent", "allowed", at=NOW, message=message(one))
    await store.close(one.id)
    await taken(store, outreach(of=signal("s2")), name="s2")
    assert await store.outreaches_of("s2") == []


async def test_what_is_due_longest_comes_first(store: Outreaches) -> None:
    await taken(store, outreach(guest(1), minutes=2), outreach(guest(2), minutes=1), outreach(guest(3), minutes=9))
    due = await store.due(NOW + timedelta(minutes=2))
    assert [one.recipient.email for one in due] == ["guest2@example.com", "guest1@example.com"]
    assert len(await store.due(NOW + timedelta(minutes=2), limit=1)) == 1
    assert await store.count_due(NOW + timedelta(minutes=2)) == 2
    assert await store.count_due(NOW) == 0


async def test_one_that_has_to_wait_comes_back_with_the_rule_and_the_time(store: Outreaches) -> None:
    one = outreach()
    await taken(store, one)
    until = NOW + timedelta(hours=9)
    wait = Verdict(outcome="wait", rule="quiet_hours", until=until)
    left = await store.decide(one.id, lambda _: wait, at=NOW, conversation_id=HERE)
    assert (left.state, left.rule, left.due_at, left.conversation_id) == ("due", "quiet_hours", until, None)
    assert await store.due(NOW) == []
    assert await store.due(until) == [left]


async def test_one_that_passed_keeps_its_conversation_and_its_time(store: Outreaches) -> None:
    one = outreach()
    await taken(store, one)
    await admitted(store, one)
    later = NOW + timedelta(hours=1)
    left = await store.decide(one.id, lambda _: SEND, at=later, conversation_id=ConversationId("conv_2"))
    assert (left.state, left.conversation_id, left.admitted_at) == ("sending", HERE, NOW)
    assert [(each.outcome, each.rule, each.at) for each in left.decisions] == [("send", "allowed", NOW)]


async def test_one_that_passed_can_still_be_stopped(store: Outreaches) -> None:
    one = outreach()
    await taken(store, one)
    await admitted(store, one)
    gone = Verdict(outcome="suppress", rule="lead.withdrawn")
    left = await store.decide(one.id, lambda _: gone, at=NOW, conversation_id=HERE)
    assert (left.state, left.rule, left.is_open) == ("suppressed", "lead.withdrawn", False)
    assert await store.due(NOW) == []


async def test_a_message_is_stored_with_the_end_and_once(store: Outreaches) -> None:
    one = outreach()
    await taken(store, one)
    await admitted(store, one)
    for _ in range(2):
        left = await store.end(one.id, "sent", "allowed", at=NOW, message=message(one))
        assert left.state == "sent"
    assert await store.outbox() == [message(one)]
    assert await store.due(NOW) == [left], "its lead is left to settle"
    await store.close(one.id)
    assert await store.due(NOW) == []


async def test_what_answers_no_lead_is_at_its_end_once_it_is_sent(store: Outreaches) -> None:
    one = outreach(guest(1))
    await taken(store, one)
    await admitted(store, one)
    await store.end(one.id, "sent", "allowed", at=NOW, message=message(one))
    assert await store.due(NOW) == []


@pytest.mark.parametrize("state", ["suppressed", "nothing_to_say", "failed"])
async def test_an_end_is_the_end(store: Outreaches, state: str) -> None:
    one = outreach()
    await taken(store, one)
    ended = await store.end(one.id, state, "because", at=NOW)  # type: ignore[arg-type]
    assert (ended.state, ended.rule, ended.is_open) == (state, "because", False)
    assert await store.decide(one.id, lambda _: SEND, at=NOW, conversation_id=HERE) == ended
    assert await store.end(one.id, "sent", "allowed", at=NOW, message=message(one)) == ended
    assert await store.outbox() == []


async def test_the_judge_is_told_what_marketing_the_same_person_was_sent(store: Outreaches) -> None:
    same = Recipient(email="ADA@example.com ")
    moved = Recipient(email="new@example.com", customer_id=CustomerId("ada"))
    theirs = [
        outreach(same, signal("a"), "marketing"),
        outreach(moved, signal("b"), "marketing"),
        outreach(guest(1), signal("c"), "marketing"),
        outreach(same, signal("d"), "service"),
    ]
    for one in theirs:
        await taken(store, one, name=one.signal.id)
    last = outreach(replace(ADA, lead_id=None), signal("e"), "marketing")
    await taken(store, last, name="e")
    hours = [NOW + timedelta(hours=n) for n in range(5)]
    for one, at in zip(theirs, hours, strict=False):
        await admitted(store, one, at)
    assert sorted(await admitted(store, last, hours[4])) == hours[:2]
    assert sorted(await admitted(store, last, hours[4])) == hours[:2], "not its own"


async def test_what_came_to_nothing_is_not_counted(store: Outreaches) -> None:
    for name, state in (("a", "nothing_to_say"), ("b", "failed"), ("c", "suppressed")):
        one = outreach(guest(1), signal(name), "marketing")
        await taken(store, one, name=name)
        await admitted(store, one)
        await store.end(one.id, state, "because", at=NOW)  # type: ignore[arg-type]
    last = outreach(guest(1), signal("d"), "marketing")
    await taken(store, last, name="d")
    assert await admitted(store, last) == []


async def test_two_that_are_judged_at_once_know_of_each_other(store: Outreaches) -> None:
    ones = [outreach(guest(1), signal(f"s{n}"), "marketing") for n in range(6)]
    for one in ones:
        await taken(store, one, name=one.signal.id)
    told = await asyncio.gather(*(admitted(store, one) for one in ones))
    assert sorted(map(len, told)) == [0, 1, 2, 3, 4, 5]


async def test_the_newest_messages_come_first(store: Outreaches) -> None:
    for n in range(3):
        one = outreach(guest(n), signal(f"m{n}"))
        await taken(store, one, name=f"m{n}")
        await admitted(store, one)
        written = replace(message(one), created_at=NOW + timedelta(minutes=n))
        await store.end(one.id, "sent", "allowed", at=NOW, message=written)
    assert [each.email for each in await store.outbox(limit=2)] == ["guest2@example.com", "guest1@example.com"]


async def test_what_is_not_there_is_not_found(store: Outreaches) -> None:
    with pytest.raises(NotFound):
        await store.decide("out_0", lambda _: SEND, at=NOW, conversation_id=None)
    with pytest.raises(NotFound):
        await store.end("out_0", "failed", "because", at=NOW)
    with pytest.raises(NotFound):
        await store.close("out_0")


async def test_a_persons_outreaches_are_told_with_their_messages(store: Outreaches) -> None:
    ada, by_address = outreach(), outreach(Recipient(email="ADA@example.com", lead_id="lead_2"))
    others = outreach(Recipient(email="ada@example.com", customer_id=CustomerId("ben"), lead_id="lead_3"))
    await taken(store, ada, by_address, others, outreach(guest(1)))
    await admitted(store, ada)
    await store.end(ada.id, "sent", "allowed", at=NOW, message=message(ada))
    held = await store.held(Person(customer_id=CustomerId("ada"), email="ada@example.com"))
    assert {one.id: told for one, told in held} == {ada.id: message(ada), by_address.id: None}
    as_guest = await store.held(Person(customer_id=None, email="ada@example.com"))
    assert [one.id for one, _ in as_guest] == [by_address.id]
    assert list(await store.held(Person(customer_id=None, email=None))) == []


async def test_what_is_over_grows_old_and_what_is_open_does_not(store: Outreaches) -> None:
    over, told, open_one, young = (outreach(guest(n), minutes=n // 3) for n in range(4))
    await taken(store, over, told, open_one, young)
    later = NOW + timedelta(days=1)
    for one in (over, young):
        await store.end(one.id, "suppressed", "cap.day", at=NOW)
    await admitted(store, told)
    await store.end(told.id, "sent", "allowed", at=NOW, message=replace(message(told), created_at=later))
    just_after = NOW + timedelta(seconds=1)
    assert list(await store.old(NOW)) == []
    assert list(await store.old(just_after)) == [over.id], "the message of the second is young"
    old = [over.id, told.id, young.id]
    assert list(await store.old(later + timedelta(seconds=1))) == sorted(old)
    assert list(await store.old(later + timedelta(seconds=1), after=sorted(old)[0], limit=1)) == [sorted(old)[1]]


async def test_what_is_removed_is_gone_with_its_message_and_its_signal_stays(store: Outreaches) -> None:
    one, other = outreach(), outreach(guest(1))
    await taken(store, one, other)
    await admitted(store, one)
    await store.end(one.id, "sent", "allowed", at=NOW, message=message(one))
    assert await store.remove([one.id, "out_nothing"]) == 1
    assert await store.remove([one.id]) == 0
    assert await store.outreaches_of("s1") == [other]
    assert list(await store.outbox()) == []
    assert not await store.add_signal(signal()), "sent again it is the same signal"
    assert list(await store.untaken()) == []
    with pytest.raises(NotFound):
        await store.end(one.id, "failed", "trouble", at=NOW)


async def test_what_only_a_newer_version_knows_is_left_to_it(database: Database) -> None:
    store = SqlOutreaches(database, FixedClock(NOW))
    known = await taken(store, outreach())
    newer = insert(SignalRow).values(
        id="n", kind="price_dropped", data={"sku": "A"}, at=NOW, received=100, taken_at=None
    )
    await database.write(lambda session: session.execute(newer))
    grown = update(SignalRow).where(SignalRow.id == known.id).values(data={**known.values, "colour": "red"})
    await database.write(lambda session: session.execute(grown))
    await store.add_signal(signal("s2"))
    assert [one.id for one in await store.untaken()] == ["s2"]
    assert [one.signal.data for one in await store.due(NOW)] == [known.data]
    assert {one.id for one in await store.signals()} == {"s1", "s2"}
