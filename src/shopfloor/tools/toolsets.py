"""Toolsets: a list of tools, and the wrappers that permit, prefetch, limit and trace."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from shopfloor.journal.events import Source, ToolCalled
from shopfloor.kernel.canonical import canonical_json
from shopfloor.kernel.errors import BadAnswer, InvalidInput, NotFound, ShopfloorError, Unavailable
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult, Toolset

Tell = Callable[[ToolCalled], Awaitable[None]]

CALL_TIMEOUT_S = 10.0
"""How long one read may take."""
MAX_CALLS = 20
"""Calls that one task may make."""
MAX_REPEATS = 3
"""How often one task may make the very same call."""
NOTHING: Mapping[str, Sequence[ToolResult]] = {}


class ToolList:
    """A toolset of tools that run in this process."""

    def __init__(self, tools: Iterable[Tool[Any]], *, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Take the tools, and how long a read may take.

        Raises:
            ValueError: two tools of one name.
        """
        self._timeout_s = timeout_s
        self._tools: dict[str, Tool[ToolArgs]] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise ValueError(f"two tools are called {tool.name}")
            self._tools[tool.name] = tool

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the tools in the order given."""
        return tuple(self._tools.values())

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call a tool, within its time."""
        tool = self._tools.get(name)
        if tool is None:
            raise NotFound(f"there is no tool called {name}")
        parsed = tool.parse(args)
        if not tool.is_read:  # a write is never cut off half-way; the gate has deadlines of its own
            return await tool.run(parsed, context)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await tool.run(parsed, context)
        except TimeoutError as error:
            raise Unavailable(f"{name} did not answer within {self._timeout_s:g} s") from error


class Permitted:
    """Only the tools that a card permits."""

    def __init__(self, inner: Toolset, names: Iterable[str]) -> None:
        """Take the toolset and the permitted names."""
        self._inner = inner
        self._names = frozenset(names)

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the permitted tools."""
        return tuple(tool for tool in self._inner.tools() if tool.name in self._names)

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call a permitted tool."""
        if name not in self._names:
            raise NotFound(f"{context.agent} may not use {name}")
        return await self._inner.call(name, args, context)


class Limited:
    """Breaks loops: so many calls, and so often the same one, for one task."""

    def __init__(self, inner: Toolset) -> None:
        """Take the toolset; make a new wrapper for each task."""
        self._inner = inner
        self._seen: Counter[str] = Counter()

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the inner tools."""
        return self._inner.tools()

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call a tool unless the task has had enough."""
        call = call_key(name, args)
        self._seen[call] += 1
        if self._seen.total() > MAX_CALLS or self._seen[call] > MAX_REPEATS:
            raise InvalidInput(f"{context.agent} keeps calling {name}: the task is stopped")
        return await self._inner.call(name, args, context)


class Prefetched:
    """Answers from results that were fetched before, each of them once."""

    def __init__(
        self,
        inner: Toolset,
        results: Mapping[str, "asyncio.Future[ToolResult]"],
        earlier: Mapping[str, Sequence[ToolResult]] = NOTHING,
    ) -> None:
        """Take the toolset, the results under way, and those that the same task got earlier, all by `call_key`.

        The earlier ones go first, in their order.
        """
        self._inner = inner
        self._results = dict(results)
        self._earlier = {call: deque(some) for call, some in earlier.items()}

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the inner tools."""
        return self._inner.tools()

    def holds(self, name: str, args: Mapping[str, JsonValue]) -> bool:
        """Whether the next such call is answered from a prefetched result."""
        return self.recalls(name, args) or call_key(name, args) in self._results

    def recalls(self, name: str, args: Mapping[str, JsonValue]) -> bool:
        """Whether the next such call is answered from what the same task got earlier."""
        return bool(self._earlier.get(call_key(name, args)))

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Answer with the result fetched before, or call."""
        call = call_key(name, args)
        if earlier := self._earlier.get(call):
            return earlier.popleft()
        ahead = self._results.pop(call, None)
        if ahead is None:
            return await self._inner.call(name, args, context)
        return await asyncio.shield(ahead)


class Traced:
    """Tells what was called and what came of it."""

    def __init__(self, inner: Prefetched, tell: Tell, tell_again: Tell | None = None) -> None:
        """Take the toolset, whom to tell, and who else is told instead of what was answered as it was earlier."""
        self._inner = inner
        self._tell = tell
        self._tell_again = tell_again or tell

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the inner tools."""
        return self._inner.tools()

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call, and tell also of a failure; what is no JSON could not be written down, and is one.

        Raises:
            InvalidInput: the arguments are none.
            BadAnswer: the output is none.
        """
        if not _is_json(dict(args)):
            raise InvalidInput(f"{name} cannot take these arguments: they are no JSON")
        prefetched = self._inner.holds(name, args)
        tell = self._tell_again if self._inner.recalls(name, args) else self._tell
        started = time.perf_counter()

        def event(output: JsonValue, sources: tuple[Source, ...], error: str | None) -> ToolCalled:
            return ToolCalled(
                turn_id=context.turn_id,
                task_id=context.task_id,
                agent=context.agent,
                agent_name=context.agent_name,
                tool_name=name,
                tool_args=dict(args),
                tool_output=output,
                error=error,
                prefetched=prefetched,
                duration_ms=round((time.perf_counter() - started) * 1000, 3),
                sources=sources,
            )

        try:
            result = await self._inner.call(name, args, context)
            if not _is_json(result.output):
                raise BadAnswer(f"{name} answered with something that is no JSON")
        except ShopfloorError as failure:
            await tell(event(None, (), str(failure)))
            raise
        await tell(event(result.output, result.sources, None))
        return result


def _is_json(value: object) -> bool:
    """Whether a value reads back as it is once it is written: an event that holds another cannot be journaled."""
    try:
        return from_json(to_json(value, inf_nan_mode="null")) == value
    except ValueError:
        return False


def call_key(name: str, args: Mapping[str, JsonValue]) -> str:
    """Return what makes two calls the same: the tool and its arguments."""
    return f"{name} {canonical_json(dict(args))}"
