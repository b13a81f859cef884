"""What every journal promises."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from anyio import create_task_group, fail_after
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal.samples import acts, any_event, any_events, asks, hands_off, moves, replies, shows

from shopfloor.journal.chain import KNOWN_TYPES, Entry
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import Event, EventData, PersonalErased, ToolCalled
from shopfloor.journal.wanted import Mark, Wanted, Whose, place_of
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import AgentId, CustomerId, StreamId, TurnId

pytestmark = pytest.mark.anyio

STREAM = StreamId("conversation:1")
OTHER = StreamId("conversation:2")
A_FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def calls(output: object, duration_ms: float = 1.0) -> ToolCalled:
    return ToolCalled.model_validate(
        {
            "turn_id": TurnId("t"),
            "task_id": "1",
            "agent": AgentId("orders"),
            "agent_name": "Order Management",
            "tool_name": "get_order",
            "tool_args": {},
            "tool_output": output,
            "duration_ms": duration_ms,
        }
    )


async def test_events_are_numbered_from_one_and_dated(journal: Journal, clock: FixedClock) -> None:
    first = await journal.append(STREAM, [asks("a"), hands_off("it is a return")])
    clock.at += timedelta(seconds=1)
    second = await journal.append(STREAM, [replies("a")])
    assert [(event.seq, event.at) for event in (*first, *second)] == [
        (1, clock.at - timedelta(seconds=1)),
        (2, clock.at - timedelta(seconds=1)),
        (3, clock.at),
    ]


async def test_a_new_event_comes_back_with_the_very_data_that_was_given_and_a_known_one_does_not(
    journal: Journal,
) -> None:
    first, again = replies("a"), replies("a")
    (new,) = await journal.append(STREAM, [first])
    (known,) = await journal.append(STREAM, [again])
    assert new.data is first
    assert known == new
    assert known.data is not again


async def test_the_ends_of_many_streams_are_read_at_once(journal: Journal) -> None:
    await journal.append(STREAM, [asks("a"), replies("a")])
    await journal.append(OTHER, [asks("b")])
    missing = [StreamId(f"conversation:none{number}") for number in range(2_500)]
    assert await journal.last_seqs([OTHER, *missing, STREAM]) == {STREAM: 2, OTHER: 1}
    assert await journal.last_seqs([]) == {}


async def test_a_stream_reads_as_it_was_appended(journal: Journal) -> None:
    appended = await journal.append(STREAM, [asks("a"), replies("a")])
    await journal.append(OTHER, [asks("b")])
    assert await journal.read(STREAM) == appended
    assert await journal.read(STREAM, after=1) == appended[1:]
    assert await journal.read(StreamId("conversation:none")) == []


async def test_appending_nothing_makes_no_stream(journal: Journal) -> None:
    assert list(await journal.append(STREAM, [])) == []
    assert await journal.read(STREAM) == []
    await journal.verify(STREAM)


@A_FEW
@given(events=any_events)
async def test_any_events_read_back_as_they_are(journal: Journal, events: list[EventData]) -> None:
    appended = await journal.append(STREAM, events)
    stored = {event.seq: event for event in await journal.read(STREAM)}
    assert [stored[event.seq] for event in appended] == list(appended)
    await journal.verify(STREAM)


@settings(A_FEW, max_examples=20)
@given(events=st.tuples(*(any_event(kind) for kind in KNOWN_TYPES.values())))
async def test_an_event_of_every_type_can_be_erased(journal: Journal, events: tuple[EventData, ...]) -> None:
    await journal.append(STREAM, events)
    await journal.erase(STREAM)
    for event in await journal.read(STREAM):
        assert not any(getattr(event.data, name) for name in event.data.PERSONAL)
    await journal.verify(STREAM)


async def test_fifty_appenders_at_once_leave_no_gap(journal: Journal) -> None:
    async with create_task_group() as appenders:
        for number in range(50):
            appenders.start_soon(journal.append, STREAM, [asks(f"{number}"), hands_off(f"{number}")])
    events = await journal.read(STREAM)
    assert [event.seq for event in events] == list(range(1, 101))
    await journal.verify(STREAM)


async def test_a_message_sent_again_is_the_one_already_stored(journal: Journal) -> None:
    (first,) = await journal.append(STREAM, [asks("a", client_id="x")])
    again = await journal.append(STREAM, [asks("b", client_id="x"), asks("c", client_id="y"), asks("d", client_id="y")])
    assert again[0] == first
    assert again[1] == again[2]
    assert await journal.read(STREAM) == [first, again[1]]
    await journal.append(STREAM, [replies("a", "c")])
    assert await journal.unanswered() == []


async def test_the_same_client_id_in_another_stream_is_another_message(journal: Journal) -> None:
    await journal.append(STREAM, [asks("a", client_id="x")])
    await journal.append(OTHER, [asks("b", client_id="x")])
    assert len(await journal.read(OTHER)) == 1


async def test_a_message_sent_fifty_times_at_once_is_stored_once(journal: Journal) -> None:
    async with create_task_group() as senders:
        for _ in range(50):
            senders.start_soon(journal.append, STREAM, [asks("a", client_id="x" * 5_000)])
    assert len(await journal.read(STREAM)) == 1


async def test_streams_wait_for_an_answer_the_longest_first(journal: Journal, clock: FixedClock) -> None:
    await journal.append(OTHER, [asks("b")])
    clock.at += timedelta(seconds=1)
    await journal.append(STREAM, [asks("a")])
    clock.at += timedelta(seconds=1)
    await journal.append(OTHER, [asks("c")])
    assert await journal.unanswered() == [OTHER, STREAM]
    await journal.append(OTHER, [replies("b", "c")])
    assert await journal.unanswered() == [STREAM]


async def test_a_message_that_arrives_during_a_turn_waits_since_it_was_written(
    journal: Journal, clock: FixedClock
) -> None:
    await journal.append(STREAM, [asks("a")])
    clock.at += timedelta(seconds=1)
    await journal.append(STREAM, [asks("during a's turn"), hands_off("it is a return")])
    clock.at += timedelta(seconds=1)
    await journal.append(OTHER, [asks("b")])
    clock.at += timedelta(seconds=1)
    await journal.append(STREAM, [replies("a")])
    assert await journal.unanswered() == [STREAM, OTHER]
    await journal.append(STREAM, [replies("during a's turn")])
    assert await journal.unanswered() == [OTHER]


async def test_an_answer_to_nothing_does_not_hide_the_next_message(journal: Journal) -> None:
    await journal.append(STREAM, [asks("a"), replies("a"), replies("a")])
    await journal.append(STREAM, [asks("b")])
    assert await journal.unanswered() == [STREAM]


@pytest.mark.parametrize(
    "event",
    [
        asks("a", text="half a pair: \ud83d"),
        asks("a", client_id="\ud83d"),
        calls({"price": math.nan}),
        calls(None, duration_ms=math.inf),
        calls(10**5_000),
    ],
)
async def test_what_cannot_be_stored_is_refused_with_all_that_came_with_it(journal: Journal, event: EventData) -> None:
    with pytest.raises(InvalidInput):
        await journal.append(STREAM, [asks("before"), event])
    assert await journal.read(STREAM) == []
    assert await journal.unanswered() == []


async def test_a_nul_character_is_kept(journal: Journal) -> None:
    appended = await journal.append(STREAM, [asks("a", text="nul: \0", client_id="\0")])
    assert await journal.read(STREAM) == appended


async def test_erased_fields_come_back_empty_and_the_chain_stays_valid(journal: Journal) -> None:
    await journal.append(STREAM, [asks("a", text="I am Zoe", client_id="x"), calls({"name": "Zoe"})])
    assert await journal.erase(STREAM) == 2
    message, call, _ = await journal.read(STREAM)
    assert message.data == asks("a", text="", client_id="x")
    assert call.data == calls(None)
    await journal.verify(STREAM)


async def test_an_erasure_is_an_event_itself_where_something_was_erased(journal: Journal) -> None:
    assert await journal.erase(STREAM) == 0
    await journal.append(STREAM, [asks("a"), calls({"name": "Zoe"})])
    await journal.erase(STREAM)
    assert await journal.erase(STREAM) == 0
    (told,) = await journal.read(STREAM, after=2)
    assert (told.seq, told.data) == (3, PersonalErased(events=2))
    assert await journal.last_seqs([STREAM, OTHER]) == {STREAM: 3}
    assert await journal.unanswered() == [STREAM]
    await journal.append(STREAM, [asks("b")])
    assert await journal.erase(STREAM) == 1
    assert [event.data for event in await journal.read(STREAM, after=4)] == [PersonalErased(events=1)]
    await journal.verify(STREAM)


async def test_an_erased_stream_goes_on(journal: Journal) -> None:
    await journal.append(STREAM, [asks("a", client_id="x")])
    await journal.erase(STREAM)
    again, new = await journal.append(STREAM, [asks("a", client_id="x"), asks("b")])
    assert (again.seq, new.seq) == (1, 3)
    await journal.verify(STREAM)


async def test_a_held_stream_is_held_by_one_at_a_time(journal: Journal) -> None:
    order: list[str] = []

    async def second() -> None:
        async with journal.hold(STREAM) as is_held:
            assert is_held
            order.append("second")

    with fail_after(10):
        async with create_task_group() as tasks, journal.hold(STREAM):
            tasks.start_soon(second)
            async with journal.hold(STREAM, wait=False) as is_held:
                assert not is_held
            async with journal.hold(OTHER, wait=False) as is_held:
                assert is_held
            await journal.append(STREAM, [asks("a")])
            order.append("first")
    assert order == ["first", "second"]


async def test_a_stream_is_given_back_when_its_turn_fails(journal: Journal) -> None:
    with pytest.raises(RuntimeError):
        async with journal.hold(STREAM):
            raise RuntimeError
    async with journal.hold(STREAM, wait=False) as is_held:
        assert is_held


async def test_who_gives_up_waiting_leaves_the_stream_to_others(journal: Journal) -> None:
    async with journal.hold(STREAM):
        with pytest.raises(TimeoutError), fail_after(0.01):
            async with journal.hold(STREAM):
                pass
    async with journal.hold(STREAM, wait=False) as is_held:
        assert is_held


async def test_what_was_written_after_an_event_can_stay_when_it_is_erased(journal: Journal) -> None:
    await journal.append(STREAM, [asks("a", text="before"), replies("a"), asks("b", text="after")])
    assert await journal.erase(STREAM, up_to=2) == 2
    first, _, third, told = await journal.read(STREAM)
    assert (first.data, third.data) == (asks("a", text=""), asks("b", text="after"))
    assert told.data == PersonalErased(events=2, up_to=2)
    assert await journal.erase(STREAM, up_to=2) == 0
    assert await journal.verify(STREAM) == 4
    assert await journal.erase(STREAM) == 1
    assert [event.data for event in await journal.read(STREAM, after=4)] == [PersonalErased(events=1)]
    assert await journal.verify(STREAM) == 5


async def test_of_one_stream_the_events_of_some_actions_can_be_erased(journal: Journal) -> None:
    await journal.append(STREAM, [asks("a", text="hello"), acts("k"), acts('k"\\é'), acts("k")])
    assert await journal.erase(STREAM, actions=["other"]) == 0
    assert await journal.erase(STREAM, actions=[]) == 0
    assert await journal.erase(STREAM, up_to=3, actions=["k"]) == 1
    assert await journal.verify(STREAM) == 5
    assert await journal.erase(STREAM, actions=["k", 'k"\\é', "other"]) == 2
    assert await journal.erase(STREAM, actions=["k", 'k"\\é']) == 0
    hello, first, second, third, one, two = await journal.read(STREAM)
    assert hello.data == asks("a", text="hello")
    assert [event.data for event in (first, second, third)] == [acts("k", ""), acts('k"\\é', ""), acts("k", "")]
    assert one.data == PersonalErased(events=1, up_to=3, actions=("k",))
    assert two.data == PersonalErased(events=2, up_to=5, actions=("k", 'k"\\é', "other"))
    assert await journal.verify(STREAM) == 6
    assert await journal.idle(two.at + timedelta(days=1)) == [], "a message waits"
    await journal.append(STREAM, [acts("k")])
    assert await journal.verify(STREAM) == 7
    assert await journal.erase(STREAM) == 2
    assert await journal.verify(STREAM) == 8


async def test_a_stream_of_which_some_actions_were_erased_still_holds_something(journal: Journal) -> None:
    await journal.append(STREAM, [acts("k"), acts("l")])
    await journal.erase(STREAM, actions=["k"])
    (*_, told) = await journal.read(STREAM)
    assert await journal.idle(told.at + timedelta(days=1)) == [STREAM]
    await journal.erase(STREAM, actions=["l"])
    assert await journal.idle(told.at + timedelta(days=1)) == []


async def test_erasing_a_stream_that_is_not_there_makes_none(journal: Journal) -> None:
    assert await journal.erase(STREAM) == 0
    assert list(await journal.streams()) == []
    assert await journal.verify(STREAM) == 0


# Over all streams


def places(entries: "list[Entry] | tuple[Entry, ...]") -> list[tuple[str, int]]:
    return [(entry.stream, entry.seq) for entry in entries]


async def test_streams_are_paged_by_name_with_their_ends(journal: Journal) -> None:
    names = [StreamId(f"conversation:{name}") for name in ("c", "a", "e", "b", "d")]
    for name in names:
        await journal.append(name, [asks("a"), replies("a")])
    first = await journal.streams(limit=2)
    rest = await journal.streams(after=first[-1].stream, limit=100)
    assert [end.stream for end in (*first, *rest)] == sorted(names)
    assert {end.last_seq for end in (*first, *rest)} == {2}
    for end in (*first, *rest):
        (last,) = await journal.entries(end.stream, after=Mark(end.stream, 1))
        assert end.head == last.chain
    assert list(await journal.streams(after=StreamId("conversation:e"))) == []


async def test_entries_are_paged_as_they_are_stored(journal: Journal) -> None:
    events = await journal.append(STREAM, [asks("a"), hands_off("it is a return"), replies("a")])
    first = await journal.entries(STREAM, limit=2)
    last = await journal.entries(STREAM, after=Mark(STREAM, 2), limit=2)
    assert [(one.seq, one.at, one.type) for one in (*first, *last)] == [(e.seq, e.at, e.data.TYPE) for e in events]
    assert first[0].personal == '{"content":"Where is my order?"}'
    await journal.erase(STREAM)
    assert {one.personal for one in await journal.entries(STREAM)} == {None}
    assert list(await journal.entries(StreamId("conversation:none"))) == []


async def test_the_entries_of_all_streams_are_paged_by_stream_and_number(journal: Journal) -> None:
    for stream in (OTHER, STREAM, OTHER, STREAM):
        await journal.append(stream, [asks("a"), asks("b")])
    paged: list[Entry] = []
    while page := await journal.entries(after=Mark(paged[-1].stream, paged[-1].seq) if paged else None, limit=3):
        paged += page
    assert places(paged) == [(stream, seq) for stream in (STREAM, OTHER) for seq in (1, 2, 3, 4)]


async def test_the_newest_of_all_streams_lead_and_are_paged(journal: Journal, clock: FixedClock) -> None:
    for number in range(3):
        await journal.append(STREAM, [asks(f"a{number}"), asks(f"b{number}")])
        await journal.append(OTHER, [asks(f"c{number}")])
        clock.at += timedelta(seconds=1)
    whole = await journal.newest(Wanted(), limit=100)
    assert places([*whole])[:4] == [(OTHER, 3), (STREAM, 6), (STREAM, 5), (OTHER, 2)]
    paged: list[Entry] = []
    while page := await journal.newest(Wanted(), before=place_of(paged[-1]) if paged else None, limit=2):
        paged += page
    assert paged == list(whole)
    assert len(paged) == 9


AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
THEIRS = Whose(customer_id=CustomerId("c-1"), streams=frozenset({STREAM}))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]),
        (Wanted(since=AT + timedelta(seconds=1)), ["2.1", "2.2", "2.3"]),
        (Wanted(until=AT + timedelta(seconds=1)), ["1.1", "1.2", "1.3"]),
        (Wanted(stream=OTHER), ["2.1", "2.2", "2.3"]),
        (Wanted(types=frozenset({"MESSAGE", "HANDOFF"})), ["1.1", "1.2", "2.1"]),
        (Wanted(agent=AgentId("returns")), ["1.2"]),
        (Wanted(agent=AgentId("order")), []),
        (Wanted(kind="cancel_order"), ["1.3", "2.2"]),
        (Wanted(kind="CANCEL_ORDER"), []),
        (Wanted(kind="cancel%"), []),
        (Wanted(kind='say "x"'), ["2.3"]),
        (Wanted(rule="identity.owner"), ["2.2"]),
        (Wanted(kind="cancel_order", rule="identity.owner", stream=STREAM), []),
        (Wanted(whose=THEIRS), ["1.1", "1.2", "1.3", "2.3"]),
        (Wanted(whose=Whose(customer_id=None, streams=frozenset({OTHER}))), ["2.1", "2.2", "2.3"]),
        (Wanted(whose=Whose(customer_id=CustomerId("c-2"), streams=frozenset())), []),
    ],
)
async def test_what_is_wanted_is_found(journal: Journal, clock: FixedClock, wanted: Wanted, found: list[str]) -> None:
    await journal.append(STREAM, [asks("a"), hands_off("it is a return"), moves("cancel_order", "executed")])
    clock.at += timedelta(seconds=1)
    refused = moves("cancel_order", "refused", rule="identity.owner")
    await journal.append(OTHER, [asks("b"), refused, moves('say "x"', "executed", customer="c-1")])
    entries = await journal.newest(wanted)
    assert sorted(f"{entry.stream[-1]}.{entry.seq}" for entry in entries) == found


async def test_the_last_identity_of_each_stream_is_told(journal: Journal) -> None:
    third = StreamId("conversation:3")
    await journal.append(STREAM, [asks("a"), shows(None, email="zoe@example.com"), shows("c-1", email="z@example.com")])
    await journal.append(OTHER, [asks("b")])
    await journal.append(third, [shows(None, email="zoe@example.com")])

    def told(events: "list[Event]") -> list[tuple[str, EventData]]:
        return [(event.stream, event.data) for event in events]

    whole = [(STREAM, shows("c-1", email="z@example.com")), (third, shows(None, email="zoe@example.com"))]
    assert told([*await journal.identities()]) == whole
    assert told([*await journal.identities(limit=1)]) == whole[:1]
    assert told([*await journal.identities(after=STREAM)]) == whole[1:]
    await journal.erase(third)
    assert told([*await journal.identities(after=STREAM)]) == [(third, shows(None))]


async def test_streams_are_idle_while_nothing_happens_and_nothing_waits(journal: Journal, clock: FixedClock) -> None:
    waiting, impersonal = StreamId("conversation:3"), StreamId("conversation:4")
    await journal.append(STREAM, [asks("a"), replies("a")])
    await journal.append(waiting, [asks("c")])
    await journal.append(impersonal, [PersonalErased(events=0)])
    clock.at += timedelta(days=1)
    await journal.append(OTHER, [asks("b"), replies("b")])
    assert list(await journal.idle(clock.at)) == [STREAM]
    clock.at += timedelta(microseconds=1)
    assert list(await journal.idle(clock.at)) == [STREAM, OTHER]
    assert list(await journal.idle(clock.at, limit=1)) == [STREAM]
    assert list(await journal.idle(clock.at, after=STREAM)) == [OTHER]
    await journal.erase(STREAM, up_to=1)
    await journal.erase(OTHER)
    clock.at += timedelta(days=1)
    assert list(await journal.idle(clock.at)) == [STREAM]
