"""The stream over a real connection: it may be cut anywhere, and whoever comes back misses nothing."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import httpx2
import pytest
from demo_app import JONAS, MAYA, begin, demo_app, identity_of, say
from protocol import Checked
from pydantic import JsonValue
from serving import FREE, Reader, Served, Talk, read, serving, until

from shopfloor.conversation.live import MAX_BEHIND, Hub, Released
from shopfloor.http.access import conversation_secret
from shopfloor.http.watch import Watch
from shopfloor.identity.identity import Staff
from shopfloor.journal.events import Event, MessageWritten
from shopfloor.kernel.ids import AgentId, MessageId, StreamId, stream_of
from shopfloor.tools.contract import Tool, ToolContext, ToolResult, Toolset

pytestmark = pytest.mark.anyio
ARTICLE = "Where's my order #123, and by the way, do you have any red sneakers in men's size 9?"
SAID = (ARTICLE, "cancel order 141", "no, keep it", "tell me about the second one")


class Held:
    """Tools that wait before each call until they are let go."""

    def __init__(self, inner: Toolset, gate: anyio.Event) -> None:
        self.inner = inner
        self.gate = gate

    def tools(self) -> Sequence[Tool[Any]]:
        return self.inner.tools()

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        await self.gate.wait()
        return await self.inner.call(name, args, context)


async def recorded(talk: Talk) -> bytes:
    """Read a conversation's whole stream, as it is from its beginning to now."""
    everything = b""
    reader = Reader()
    with anyio.fail_after(20):
        async with talk.served.client.stream("GET", f"{talk.path}/events", headers=talk.headers) as response:
            async for data in response.aiter_raw():
                everything += data
                reader.feed(data)
                if reader.is_idle and len(reader.transcript()) == len(await talk.transcript()):
                    return everything
    raise AssertionError("the stream ended")


async def test_cut_anywhere_and_taken_up_again_the_transcript_is_the_same(served: Served) -> None:
    talk = await served.open(await served.token(MAYA))
    for number, text in enumerate(SAID):
        await talk.say(text, f"m{number}")
    whole = await talk.transcript()
    everything = await recorded(talk)
    ends = [place + 2 for place in range(len(everything)) if everything[place : place + 2] == b"\n\n"]
    assert len(ends) > 60
    middles = [(first + last) // 2 for first, last in zip([0, *ends], ends, strict=False)]
    for cut in sorted({0, 1, *ends, *middles, *(end - 1 for end in ends)}):
        reader = Reader()
        reader.feed(everything[:cut])
        if reader.is_idle and reader.transcript() == whole:
            continue
        await read(talk, reader, lambda r: r.transcript() == whole)
        assert [seq for seq in reader.numbered if reader.numbered.count(seq) > 1] == []


@pytest.mark.parametrize("piece", [97, 333, 777, 3_000])
async def test_a_connection_that_breaks_again_and_again_while_the_team_answers(served: Served, piece: int) -> None:
    talk = await served.open(await served.token(MAYA))
    reader, dones = Reader(), anyio.Event()

    async def talking() -> None:
        for number, text in enumerate(SAID):
            await talk.say(text, f"m{number}")
        dones.set()

    async with anyio.create_task_group() as group:
        group.start_soon(talking)
        with anyio.fail_after(60):
            budget = 0
            while not (dones.is_set() and reader.transcript() == await talk.transcript()):
                budget += piece  # else a long event would never come whole
                await read_some(talk, reader, budget)
    assert reader.transcript() == await talk.transcript()


async def read_some(talk: Talk, reader: Reader, budget: int) -> None:
    """Read some bytes of the stream, or what comes within a moment, and break off."""
    headers = talk.headers | reader.connect()
    with anyio.move_on_after(0.25):
        async with talk.served.client.stream("GET", f"{talk.path}/events", headers=headers) as response:
            async for data in response.aiter_raw():
                reader.feed(data[:budget])
                budget -= len(data)
                if budget <= 0:
                    return


async def test_who_comes_in_the_middle_hears_the_text_so_far_and_then_the_rest(served: Served) -> None:
    talk = await served.open()
    await talk.say("hello", "a")
    hub = served.app.chat.hub

    def release(text: str) -> None:
        hub.tell(
            talk.conversation_id,
            Released(message_id=MessageId("m-live"), task_id="t1", agent=AgentId("a"), agent_name="AAgent", text=text),
        )

    release("Your order")
    reader = Reader()
    async with anyio.create_task_group() as group:
        group.start_soon(read, talk, reader, lambda r: r.messages.get("m-live") == ["Your order", " is here."])
        await until(lambda: not "m-live" not in reader.messages)
        release(" is here.")
    hub.forget(talk.conversation_id)
    starts = [e for e in reader.events if e["type"] == "TEXT_MESSAGE_START" and e["messageId"] == "m-live"]
    assert len(starts) == 1
    assert "m-live" not in dict(reader.transcript()), "no end, no message"


async def test_a_stream_that_begins_in_a_turn_begins_with_its_run() -> None:
    gate = anyio.Event()
    app = await demo_app(wrap=lambda tools: Held(tools, gate))
    async with serving(app=app) as served:
        talk = await served.open(await served.token(MAYA))
        await talk.post("where is order 123?", waits=False)
        first = Reader()
        await read(talk, first, lambda r: any(e["type"] == "SUBAGENT_STARTED" for e in r.events))
        second = Reader(last_id=first.last_id)
        async with anyio.create_task_group() as group:
            group.start_soon(read, talk, second, lambda r: r.is_idle)
            await until(lambda: second.events)
            gate.set()
        assert second.events[0]["type"] == "RUN_STARTED"
        assert second.events[0]["runId"] == next(e["runId"] for e in first.events if e["type"] == "RUN_STARTED")
        assert second.events[-1]["type"] == "RUN_FINISHED"


async def test_a_turn_that_is_stopped_ends_its_run_as_cancelled() -> None:
    gate = anyio.Event()
    app = await demo_app(wrap=lambda tools: Held(tools, gate))
    async with serving(app=app) as served:
        talk = await served.open(await served.token(MAYA))
        await talk.post("where is order 123?", waits=False)
        reader = Reader()
        await read(talk, reader, lambda r: any(e["type"] == "SUBAGENT_STARTED" for e in r.events))
        stopped = await served.client.post(f"{talk.path}/stop", headers=talk.headers)
        assert stopped.json() == {"is_stopped": True}
        await read(talk, reader, lambda r: r.is_idle)
        assert reader.events[-1]["outcome"] == {"type": "cancelled"}
        checked = Checked()
        for event in reader.events:
            if event["type"] != "RUN_STARTED" or checked.run is None:
                checked.take(event)


async def test_a_client_that_leaves_does_not_stop_the_turn() -> None:
    gate = anyio.Event()
    app = await demo_app(wrap=lambda tools: Held(tools, gate))
    async with serving(app=app) as served:
        talk = await served.open(await served.token(MAYA))
        with anyio.move_on_after(0.3):
            await talk.post("where is order 123?")
        gate.set()
        reader = Reader()
        await read(talk, reader, lambda r: r.is_idle)
        assert "TRK456" in str(reader.transcript())


async def test_what_another_process_journals_reaches_an_open_stream() -> None:
    async with serving(poll_s=0.05) as served:
        talk = await served.open()
        reader = Reader()
        async with anyio.create_task_group() as group:
            group.start_soon(read, talk, reader, lambda r: len(r.transcript()) == 2)
            await until(lambda: served.followers(talk))
            stream = StreamId(f"conversation/{talk.conversation_id}")
            for number in range(2):
                said = MessageWritten(message_id=MessageId(f"m{number}"), role="user", content="from elsewhere")
                await served.app.journal.append(stream, [said])
        assert reader.numbered == [2, 3]


async def test_a_follower_that_falls_behind_is_let_go_and_misses_nothing(served: Served) -> None:
    talk = await served.open()
    await talk.say("hello", "a")
    hub = served.app.chat.hub
    piece = Released(message_id=MessageId("m"), task_id="t", agent=AgentId("a"), agent_name="A", text="x")
    async with served.client.stream("GET", f"{talk.path}/events", headers=talk.headers) as response:
        chunks = response.aiter_raw()
        await anext(chunks)
        for _ in range(MAX_BEHIND + 1):
            hub.tell(talk.conversation_id, piece)
        hub.forget(talk.conversation_id)
        with anyio.fail_after(10):
            async for _ in chunks:
                pass  # it ends
    reader = Reader()
    await read(talk, reader, lambda r: len(r.transcript()) == 2)


async def test_a_silent_stream_says_that_it_is_there() -> None:
    async with serving(heartbeat_s=0.05) as served:
        talk = await served.open()
        seen = b""
        with anyio.fail_after(5):
            async with served.client.stream("GET", f"{talk.path}/events", headers=talk.headers) as response:
                async for data in response.aiter_raw():
                    seen += data
                    if seen.count(b": still here") == 2:
                        break


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30, "\u0661"])
async def test_an_id_that_is_none_is_refused(served: Served, last: str) -> None:
    talk = await served.open()
    headers = talk.headers | {"Last-Event-ID": last.encode("utf-8")}
    refused = await served.client.get(f"{talk.path}/events", headers=headers)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"


async def test_the_id_may_stand_in_the_query_too(served: Served) -> None:
    talk = await served.open()
    await talk.say("hello", "a")
    reader = Reader()
    with anyio.fail_after(5):
        url = f"{talk.path}/events?last_event_id=2"
        async with served.client.stream("GET", url, headers=talk.headers) as response:
            async for data in response.aiter_raw():
                reader.feed(data)
                if reader.is_idle:
                    break
    assert min(reader.numbered) > 2


async def test_a_number_from_elsewhere_begins_at_the_beginning(served: Served) -> None:
    talk = await served.open()
    await talk.say("hello", "a")
    reader = Reader(last_id="99999")
    await read(talk, reader, lambda r: r.is_idle)
    assert reader.transcript() == await talk.transcript()


async def test_streams_end_when_the_server_ends() -> None:
    ended = anyio.Event()

    async def listen(talk: Talk) -> None:
        async with talk.served.client.stream("GET", f"{talk.path}/events", headers=talk.headers) as response:
            async for _ in response.aiter_raw():
                pass
        ended.set()

    async with anyio.create_task_group() as group, serving() as served:
        talk = await served.open()
        group.start_soon(listen, talk)
        await until(lambda: served.followers(talk))
        served.server.should_exit = True
        with anyio.fail_after(5):
            await ended.wait()


async def test_what_a_crash_left_unanswered_is_answered_at_the_next_start() -> None:
    app = await demo_app()
    conversation, _ = await app.chat.open("web", await identity_of(app, MAYA))
    await app.chat.post(conversation, "where is order 123?", "a")
    async with serving(app=app) as served:
        talk = Talk(served=served, conversation_id=conversation, secret=conversation_secret(app.secret, conversation))
        reader = Reader()
        await read(talk, reader, lambda r: r.is_idle)
    assert "TRK456" in str(reader.transcript())


async def test_only_so_many_streams_are_open_at_once() -> None:
    async with serving(FREE, streams_per_conversation=2) as served:
        talk = await served.open()
        async with anyio.create_task_group() as group:

            async def hold() -> None:
                async with served.client.stream("GET", f"{talk.path}/events", headers=talk.headers) as response:
                    async for _ in response.aiter_raw():
                        pass

            group.start_soon(hold)
            group.start_soon(hold)
            await until(lambda: served.followers(talk) == 2)
            refused = await served.client.get(f"{talk.path}/events", headers=talk.headers)
            assert refused.status_code == 429
            assert refused.headers["retry-after"]
            group.cancel_scope.cancel()
        await until(lambda: not served.followers(talk))  # and those that went made room
        await read(talk, Reader(), lambda _reader: True)


async def test_frames_are_of_the_standard(served: Served) -> None:
    talk = await served.open()
    await talk.say("hello", "a")
    async with served.client.stream("GET", f"{talk.path}/events", headers=talk.headers) as response:
        assert isinstance(response, httpx2.Response)
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert "server" not in response.headers
        first = await anext(response.aiter_raw())
    assert first.startswith(b"retry: ")
    body = await recorded(talk)
    for frame in body.decode().removesuffix("\n\n").split("\n\n"):
        for line in frame.split("\n"):
            assert line.startswith(("data: ", "id: ", "retry: ", ":"))
            if line.startswith("data: "):
                json.loads(line.removeprefix("data: "))


async def test_a_caller_that_has_waited_long_enough_is_told_to_come_back() -> None:
    gate = anyio.Event()
    app = await demo_app(wrap=lambda tools: Held(tools, gate))
    async with serving(app=app, wait_s=0.05) as served:
        talk = await served.open(await served.token(MAYA))
        taken = await talk.post("where is my order 123?")
        assert taken.status_code == 202
        assert set(taken.json()) == {"message_id", "seq"}
        gate.set()
        reader = Reader()
        await read(talk, reader, lambda r: r.is_idle)


async def test_only_so_many_conversations_are_answered_at_once_and_one_may_not_take_all_places() -> None:
    gate = anyio.Event()
    app = await demo_app(wrap=lambda tools: Held(tools, gate))
    async with serving(app=app, turns=2) as served:
        token = await served.token(MAYA)
        talks = [await served.open(token) for _ in range(3)]
        for number in range(5):
            await talks[0].post(f"where is my order 123? ({number})", f"m{number}", waits=False)
        for talk in talks[1:]:
            await talk.post("where is my order 123?", waits=False)
        reader = Reader()
        await read(talks[1], reader, lambda r: any(e["type"] == "SUBAGENT_STARTED" for e in r.events))
        assert served.server.running.answering.running == 2
        gate.set()
        for talk in talks:
            await read(talk, Reader(), lambda r: r.is_idle)
        await until(lambda: not served.server.running.answering.running)


async def test_what_an_agent_says_unasked_is_a_run_of_its_own() -> None:
    async with serving() as served:
        talk = await served.open(await served.token(MAYA))
        await talk.say("where is my order 123?", "a")
        reader = Reader()
        async with anyio.create_task_group() as group:
            group.start_soon(read, talk, reader, lambda r: [e["type"] for e in r.events].count("RUN_FINISHED") == 2)
            await until(lambda: reader.is_idle)
            late = {"id": "late-1", "kind": "parcel_delayed", "data": {"order_number": "123"}}
            taken = await served.client.post("/v1/events", json=late, headers=await served.key("operator"))
            assert taken.status_code == 202
        checked = Checked()
        for event in reader.events:
            checked.take(event)
        assert "taking longer" in reader.transcript()[-1][1]


async def test_what_a_merchant_decides_reaches_the_open_page_as_a_run_of_its_own() -> None:
    async with serving() as served:
        talk = await served.open(await served.token(JONAS))
        await talk.say("cancel order 150", "a")
        assert "You will hear from me here" in await talk.say("yes", "b")
        reader = Reader()
        async with anyio.create_task_group() as group:
            group.start_soon(read, talk, reader, lambda r: [e["type"] for e in r.events].count("RUN_FINISHED") == 3)
            await until(lambda: [e["type"] for e in reader.events].count("RUN_FINISHED") == 2)
            [waiting] = await served.app.approvals.waiting()
            await served.app.approvals.reject(waiting.key, Staff(name="Grace"), reason="It has left us.")
        checked = Checked()
        for event in reader.events:
            checked.take(event)
        assert 'The reason: "It has left us."' in reader.transcript()[-1][1]
        assert reader.transcript() == await talk.transcript()


async def test_pieces_that_come_after_their_message_from_another_process_are_passed_over() -> None:
    app = await demo_app()
    hub = Hub()
    watch = Watch(app.journal, hub)
    conversation = await begin(app)
    said = MessageWritten(message_id=MessageId("m1"), role="assistant", content="Good evening.")
    late = Released(message_id=said.message_id, task_id="t1", agent=AgentId("a"), agent_name="A", text="Good evening.")
    async with watch.follow(conversation, after=1) as (following, _):
        await app.journal.append(stream_of(conversation), [said])
        await watch.look()
        hub.tell(conversation, late)
        await app.journal.append(stream_of(conversation), [said.model_copy(update={"message_id": MessageId("m2")})])
        await watch.look()
        heard = [await following.next(5), await following.next(5)]
    events = [piece.data for piece in heard if isinstance(piece, Event)]
    assert (len(events), events[0]) == (2, said)


async def test_who_comes_later_hides_nothing_that_another_process_wrote_from_who_was_there() -> None:
    app = await demo_app()
    conversation = await begin(app)
    watch = Watch(app.journal, Hub())  # as in a process that answers nobody
    async with watch.follow(conversation) as (first, _):
        assert isinstance(await first.next(5), Event)
        await say(app, conversation, "hello")
        async with watch.follow(conversation) as (second, _):
            await watch.look()
            heard = [await first.next(5) for _ in range(second.sent - 1)]
            assert [piece.seq for piece in heard if isinstance(piece, Event)] == list(range(2, second.sent + 1))
            await watch.look()
            assert await first.next(0.01) == "silence"
