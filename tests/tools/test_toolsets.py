"""Toolsets and their wrappers: permission, limits, results fetched ahead, tracing, and time."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from anyio import CancelScope, Event, create_task_group, fail_after
from gating import gate_of
from pydantic import JsonValue
from tools.visit import Visit

from shopfloor.actions.kind import ActionArgs, ActionKind, Preview
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import Source, ToolCalled
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import BadAnswer, InvalidInput, NotFound, ShopfloorError, Unavailable
from shopfloor.kernel.ids import AgentId
from shopfloor.shop.contract import Capability
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.toolsets import (
    MAX_CALLS,
    MAX_REPEATS,
    Limited,
    Permitted,
    Prefetched,
    ToolList,
    Traced,
    call_key,
)

pytestmark = pytest.mark.anyio
DEADLINE_S = 10
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SOURCE = Source(kind="document", id="returns", agent=AgentId("tester"))


class Word(ToolArgs):
    word: str = ""


class Desk:
    """Three tools: one that answers, one that fails, one that waits to be let go."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.begun, self.go_on, self.ended = Event(), Event(), Event()
        self.tools = (
            Tool(name="echo", description="Say it again.", args=Word, run=self._echo),
            Tool(name="fail", description="Fail.", args=Word, run=self._fail),
            Tool(name="wait", description="Wait.", args=Word, run=self._wait),
            Tool(name="write", description="Wait and write.", args=Word, run=self._wait, is_read=False),
        )

    async def _echo(self, args: Word, _context: ToolContext) -> ToolResult:
        self.calls.append(args.word)
        return ToolResult(output={"outcome": "said", "word": args.word}, sources=(SOURCE,))

    async def _fail(self, args: Word, _context: ToolContext) -> ToolResult:
        self.calls.append(args.word)
        raise Unavailable("the shop does not answer")

    async def _wait(self, args: Word, _context: ToolContext) -> ToolResult:
        self.begun.set()
        await self.go_on.wait()
        self.ended.set()
        return await self._echo(args, _context)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def echoed(tools: ToolList | Permitted | Limited | Prefetched | Traced, word: str) -> JsonValue:
    return (await tools.call("echo", {"word": word}, Visit().context())).output["word"]


# -- a list of tools -------------------------------------------------------------------------------------------------


async def test_a_list_of_tools_answers_by_name(desk: Desk) -> None:
    tools = ToolList(desk.tools)
    assert await echoed(tools, "hello") == "hello"
    assert [tool.name for tool in tools.tools()] == ["echo", "fail", "wait", "write"]


async def test_a_tool_that_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="shout"):
        await ToolList(desk.tools).call("shout", {}, Visit().context())


async def test_arguments_that_do_not_fit_are_named_and_the_tool_is_not_called(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match=r"echo: word: .*loud: "):
        await ToolList(desk.tools).call("echo", {"word": 1, "loud": True}, Visit().context())
    assert desk.calls == []


@pytest.mark.parametrize("word", ["x" * 4_001, "\ud800"])
async def test_texts_that_are_too_long_or_no_text_are_refused(desk: Desk, word: str) -> None:
    with pytest.raises(InvalidInput, match="word"):
        await ToolList(desk.tools).call("echo", {"word": word}, Visit().context())


def test_two_tools_of_one_name_are_refused_at_the_start(desk: Desk) -> None:
    with pytest.raises(ValueError, match="echo"):
        ToolList([*desk.tools, desk.tools[0]])


# -- time ------------------------------------------------------------------------------------------------------------


async def test_a_read_that_takes_too_long_is_unavailable(desk: Desk) -> None:
    with pytest.raises(Unavailable, match=r"wait did not answer within 0\.01 s"):
        await ToolList(desk.tools, timeout_s=0.01).call("wait", {}, Visit().context())
    assert not desk.ended.is_set()


async def test_a_write_is_never_cut_off_by_the_time_for_reads(desk: Desk) -> None:
    tools = ToolList(desk.tools, timeout_s=0.0)
    with pytest.raises(Unavailable):
        await tools.call("wait", {}, Visit().context())
    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(tools.call, "write", {"word": "kept"}, Visit().context())
            await desk.begun.wait()
            desk.go_on.set()
    assert desk.calls == ["kept"]


class Stamp(ActionArgs):
    letter: str


async def test_a_write_whose_caller_is_cancelled_half_way_is_carried_to_its_end_and_journaled() -> None:
    begun, go_on = Event(), Event()
    stamped: list[str] = []

    async def preview(args: Stamp) -> Preview:
        return Preview(summary=f"Stamp {args.letter}.")

    async def stamp(_key: str, args: Stamp) -> JsonValue:
        begun.set()
        await go_on.wait()
        stamped.append(args.letter)
        return "stamped"

    async def look_up(_key: str) -> JsonValue:
        return "stamped" if stamped else None

    async def owns(_identity: Identity, _resource: str) -> bool:
        return True

    kind = ActionKind(
        name="stamp",
        description="Stamp a letter.",
        needs=Capability.TICKETS,
        args=Stamp,
        resources=lambda _args: (),
        preview=preview,
        execute=stamp,
        look_up=look_up,
        confirmation="none",
        assurance="anyone",
        irreversible=True,
    )
    gate = gate_of([kind], owns, SystemClock())
    tools = ToolList([gated_tool(kind, gate)])
    visit, scope = Visit(), CancelScope()

    async def customer() -> None:
        with scope:
            await tools.call("stamp", {"letter": "A"}, visit.context())

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(customer)
            await begun.wait()
            scope.cancel()
            go_on.set()
    assert scope.cancelled_caught
    assert stamped == ["A"]
    assert visit.moves == ["confirmed", "executed"]


# -- permission ------------------------------------------------------------------------------------------------------


async def test_only_permitted_tools_are_shown_and_can_be_called(desk: Desk) -> None:
    tools = Permitted(ToolList(desk.tools), ["echo", "unheard_of"])
    assert [tool.name for tool in tools.tools()] == ["echo"]
    assert await echoed(tools, "a") == "a"
    with pytest.raises(NotFound, match="tester may not use fail"):
        await tools.call("fail", {}, Visit().context())
    assert desk.calls == ["a"]


# -- limits ----------------------------------------------------------------------------------------------------------


async def test_a_task_makes_twenty_calls_and_no_more(desk: Desk) -> None:
    tools = Limited(ToolList(desk.tools))
    for number in range(20):
        await echoed(tools, str(number))
    with pytest.raises(InvalidInput, match="keeps calling echo"):
        await echoed(tools, "20")
    assert len(desk.calls) == MAX_CALLS == 20


async def test_a_task_makes_the_very_same_call_three_times_and_no_more(desk: Desk) -> None:
    tools = Limited(ToolList(desk.tools))
    for _ in range(3):
        await echoed(tools, "again")
    with pytest.raises(InvalidInput, match="keeps calling echo"):
        await echoed(tools, "again")
    assert await echoed(tools, "other") == "other"
    assert desk.calls.count("again") == MAX_REPEATS == 3


async def test_calls_that_fail_count_too(desk: Desk) -> None:
    tools = Limited(ToolList(desk.tools))
    for _ in range(3):
        with pytest.raises(Unavailable):
            await tools.call("fail", {}, Visit().context())
    with pytest.raises(InvalidInput):
        await tools.call("fail", {}, Visit().context())
    assert len(desk.calls) == 3


async def test_each_task_has_limits_of_its_own(desk: Desk) -> None:
    inner = ToolList(desk.tools)
    for _ in range(2):
        tools = Limited(inner)
        for _ in range(3):
            await echoed(tools, "again")
    assert len(desk.calls) == 6


# -- ahead of need ---------------------------------------------------------------------------------------------------


def ahead(word: str, *, error: Exception | None = None) -> "dict[str, asyncio.Future[ToolResult]]":
    future: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()
    if error:
        future.set_exception(error)
    else:
        future.set_result(ToolResult(output={"outcome": "said", "word": f"{word}, fetched ahead"}))
    return {call_key("echo", {"word": word}): future}


async def test_a_result_fetched_ahead_answers_one_call_and_the_next_is_made(desk: Desk) -> None:
    tools = Prefetched(ToolList(desk.tools), ahead("a"))
    assert tools.holds("echo", {"word": "a"})
    assert await echoed(tools, "a") == "a, fetched ahead"
    assert not tools.holds("echo", {"word": "a"})
    assert await echoed(tools, "a") == "a"
    assert desk.calls == ["a"]


async def test_a_call_with_other_arguments_is_made(desk: Desk) -> None:
    tools = Prefetched(ToolList(desk.tools), ahead("a"))
    assert await echoed(tools, "b") == "b"
    assert tools.holds("echo", {"word": "a"})


async def test_a_read_ahead_that_failed_fails_the_call_that_it_was_made_for_and_no_other(desk: Desk) -> None:
    tools = Prefetched(ToolList(desk.tools), ahead("a", error=Unavailable("no answer")))
    assert await echoed(tools, "b") == "b"
    with pytest.raises(Unavailable, match="no answer"):
        await echoed(tools, "a")
    assert await echoed(tools, "a") == "a"


async def test_a_read_ahead_that_is_still_under_way_is_waited_for(desk: Desk) -> None:
    inner = ToolList(desk.tools)
    under_way = asyncio.ensure_future(inner.call("wait", {"word": "late"}, Visit().context()))
    tools = Prefetched(inner, {call_key("wait", {"word": "late"}): under_way})
    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(tools.call, "wait", {"word": "late"}, Visit().context())
            await desk.begun.wait()
            desk.go_on.set()
    assert desk.calls == ["late"]


async def test_the_order_of_arguments_does_not_make_another_call() -> None:
    assert call_key("get", {"a": 1, "b": [None, "x"]}) == call_key("get", {"b": [None, "x"], "a": 1})
    assert call_key("get", {"a": 1}) != call_key("get", {"a": "1"})
    assert call_key("get", {}) != call_key("gets", {})


# -- tracing ---------------------------------------------------------------------------------------------------------


class Told:
    def __init__(self) -> None:
        self.calls: list[ToolCalled] = []

    async def __call__(self, call: ToolCalled) -> None:
        self.calls.append(call)


async def test_each_call_is_told_with_its_arguments_output_and_sources(desk: Desk) -> None:
    told = Told()
    await echoed(Traced(Prefetched(ToolList(desk.tools), {}), told), "a")
    (call,) = told.calls
    assert (call.tool_name, call.tool_args, call.tool_output) == (
        "echo",
        {"word": "a"},
        {"outcome": "said", "word": "a"},
    )
    assert (call.agent, call.task_id, call.turn_id) == ("tester", "t1", "turn_1")
    assert (call.error, call.prefetched, call.sources) == (None, False, (SOURCE,))
    assert call.duration_ms >= 0


async def test_what_was_fetched_ahead_is_told_as_such(desk: Desk) -> None:
    told = Told()
    tools = Traced(Prefetched(ToolList(desk.tools), ahead("a")), told)
    await echoed(tools, "a")
    await echoed(tools, "a")
    assert [call.prefetched for call in told.calls] == [True, False]


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [
        ("fail", {}, "the shop does not answer"),
        ("shout", {}, "there is no tool called shout"),
        ("echo", {"word": 1}, "echo: word: "),
    ],
)
async def test_a_failure_is_told_and_still_raised(
    desk: Desk, name: str, args: dict[str, JsonValue], error: str
) -> None:
    told = Told()
    with pytest.raises(ShopfloorError, match=error):
        await Traced(Prefetched(ToolList(desk.tools), {}), told).call(name, args, Visit().context())
    (call,) = told.calls
    assert (call.tool_name, call.tool_args, call.tool_output) == (name, args, None)
    assert error in (call.error or "")


@pytest.mark.parametrize("value", [(1, 2), {1}, {1: "a"}, float("nan"), float("inf"), "\ud800", object(), NOW])
async def test_what_is_no_json_is_a_failure_that_can_be_written_down(value: Any) -> None:
    async def answer(_args: ToolArgs, _context: ToolContext) -> ToolResult:
        return ToolResult(output={"outcome": "found", "parts": [value]})

    told = Told()
    tools = ToolList([Tool(name="odd", description="Answer oddly.", args=Word, run=answer)])
    traced = Traced(Prefetched(tools, {}), told)
    with pytest.raises(BadAnswer, match="odd answered with something that is no JSON"):
        await traced.call("odd", {}, Visit().context())
    assert [(call.tool_output, "no JSON" in (call.error or "")) for call in told.calls] == [(None, True)]
    with pytest.raises(InvalidInput, match="odd cannot take these arguments"):
        await traced.call("odd", {"word": value}, Visit().context())
    assert len(told.calls) == 1


def test_every_wrapper_shows_the_tools_inside(desk: Desk) -> None:
    inner = ToolList(desk.tools)
    ahead_of_need = Prefetched(inner, {})
    for tools in (Limited(inner), ahead_of_need, Traced(ahead_of_need, Told())):
        assert tools.tools() == inner.tools()
