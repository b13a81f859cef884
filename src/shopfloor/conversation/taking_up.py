"""What a task reads that is taken up after a crash: where it had begun to act, just what it had read before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from shopfloor.conversation.state import Turn
from shopfloor.tools.contract import ToolResult
from shopfloor.tools.toolsets import call_key

STALE = timedelta(minutes=5)
"""Reads that were made before a crash are made again after so long, unless something was done by them."""


def reads_before(
    turn: Turn, task_id: str, origin: str, reads: Collection[str], now: datetime
) -> Mapping[str, Sequence[ToolResult]]:
    """Return what a task was answered before a crash by the tools that read, by `call_key` and in its order.

    After an effect the world is another one: who read it anew would find that what was done cannot be done.
    """
    has_acted = any(key.startswith(f"{origin}/") for key in (*turn.admitted, *turn.verdicts))
    if now - turn.started_at > STALE and not has_acted:
        return {}
    before: dict[str, list[ToolResult]] = {}
    for call in turn.tool_calls:
        if call.task_id == task_id and call.tool_name in reads and isinstance(call.tool_output, dict):
            result = ToolResult(output=call.tool_output, sources=call.sources)
            before.setdefault(call_key(call.tool_name, call.tool_args), []).append(result)
    return before
