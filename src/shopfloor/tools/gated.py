"""Writes as tools: calling one proposes an action to the gate, and the output is the gate's verdict."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue, create_model

from shopfloor.actions.gate import Gate
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.proposal import Origin, Proposal, Verdict
from shopfloor.kernel.ids import stream_of
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult


def gated_tool(kind: ActionKind[Any], gate: Gate) -> Tool[Any]:
    """Return the tool that proposes a kind of action.

    Its output's `outcome` is the verdict's state: `executed` (with `result`), `needs_yes` (with `summary`, `digest`),
    `refused` (with `rule` and `reason`), `needs_approval` (with `expires_at`) or `outcome_unknown`.
    """

    async def run(args: ToolArgs, context: ToolContext) -> ToolResult:
        known = {
            "conversation_id": context.session.conversation_id,
            "customer_id": context.session.identity.customer_id,
        }
        dumped = args.model_dump(mode="json", exclude_none=True) | {name: known[name] for name in kind.injects}
        key = f"{context.origin}/{kind.name}"
        if settled := context.settled.get(key):  # the world has its effect already, so it would be judged otherwise
            return ToolResult(output=verdict_view(settled, key))

        proposal = Proposal(
            kind=kind.name,
            args=dumped,
            identity=context.session.identity,
            key=key,
            origin=Origin(
                agent=context.agent,
                agent_name=context.agent_name,
                turn_id=context.turn_id,
                task_id=context.task_id,
                stream=stream_of(context.session.conversation_id),
            ),
            consent=context.consent,
            admitted=context.admitted.get(key),
        )
        verdict = await gate.submit(proposal, context.session.record)
        return ToolResult(output=verdict_view(verdict, key))

    args = _args_of(kind)
    inverse = kind.opposite or (kind.inverse.kind if kind.inverse else None)
    return Tool(name=kind.name, description=kind.description, args=args, run=run, is_read=False, inverse=inverse)


def verdict_view(verdict: Verdict, key: str) -> dict[str, JsonValue]:
    """Write the verdict on the action of a key as a tool's output."""
    return {
        "outcome": verdict.state,
        "key": key,
        "digest": verdict.digest,
        "args": verdict.args,
        "summary": verdict.summary,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "result": verdict.result,
        "expires_at": verdict.expires_at.isoformat() if verdict.expires_at else None,
    }


def _args_of(kind: ActionKind[Any]) -> type[ToolArgs]:
    fields: Mapping[str, Any] = {name: (info.annotation, info) for name, info in _fields(kind).items()}
    return create_model(kind.args.__name__, __base__=ToolArgs, **fields)


def _fields(kind: ActionKind[Any]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(kind.args.model_fields)
    return {name: info for name, info in fields.items() if name not in kind.injects}
