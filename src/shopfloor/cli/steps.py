"""How one event of a replay reads."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from rich.markup import escape

from shopfloor.journal.events import (
    ActionMoved,
    ContextLoaded,
    ConversationOpened,
    Event,
    FellBack,
    HandedOff,
    HistorySummarised,
    IdentityVerified,
    KnowledgeRetrieved,
    LanguageChanged,
    MessageScreened,
    MessageWritten,
    ModelCalled,
    PersonalErased,
    PlanMade,
    ReplyComposed,
    SentenceWithheld,
    SignalReceived,
    TaskStatus,
    ToolCalled,
    TurnStarted,
)

SHOWN = 300
"""Characters of a tool's output that are shown."""


def step(event: Event, zone: str) -> str:
    """Write an event for a reader, with rich's markup."""
    at: datetime = event.at.astimezone(ZoneInfo(zone))
    return f"[dim]{event.seq:>4}  {at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}[/]  {_text(event)}"


def _text(event: Event) -> str:
    match event.data:
        case ConversationOpened() as opened:
            return f"[bold]CONVERSATION[/] {opened.conversation_id} over {opened.channel}"
        case IdentityVerified() as identity:
            who = identity.customer_id or f"orders {', '.join(identity.order_numbers)}"
            return f"[bold]IDENTITY[/] {who}, by {identity.method}"
        case ContextLoaded() as context:
            prompts = f", prompts of version {context.prompts}" if context.prompts else ""
            return (
                f"[bold]CONTEXT[/] {escape(str(context.brand.get('shop_name')))}, {len(context.cards)} agents{prompts}"
            )
        case MessageWritten() as message:
            who = message.agent_name or "Customer"
            return f"[bold]MESSAGE[/] [cyan]{who}[/]\n{_indented(message.content)}"
        case SignalReceived() as signal:
            return f"[bold]SIGNAL[/] {signal.kind}, for [cyan]{signal.agent}[/]'s {signal.skill}"
        case TurnStarted() as turn:
            return f"[bold]TURN[/] {turn.turn_id}, for {len(turn.message_ids)} message(s)"
        case LanguageChanged() as changed:
            return f"[bold]LANGUAGE[/] {changed.language or 'none that the team reads'}"
        case KnowledgeRetrieved() as found:
            pages = ", ".join(f"{p['document_id']} ({cast(float, p['score']):.2f})" for p in found.passages)
            return f"[bold]KNOWLEDGE[/] {escape(pages) or 'nothing'}"
        case PlanMade() as made:
            return f"[bold]PLAN[/] revision {made.revision}, by {made.planner}{_plan(made)}"
        case _:
            return _task_text(event)


def _task_text(event: Event) -> str:
    match event.data:
        case TaskStatus() as status:
            more = status.text or status.reason or ""
            return f"[bold]TASK_STATUS[/] {status.task_id} {status.agent}: {status.status} {escape(more)}"
        case ToolCalled() as call:
            ahead = ", prefetched" if call.prefetched else ""
            result = call.error or _short(call.tool_output)
            return (
                f"[bold]TOOL_CALL[/] {call.task_id} [cyan]{call.agent_name}[/] {call.tool_name}"
                f"({escape(_short(cast(JsonValue, call.tool_args)))}), {call.duration_ms:.1f} ms{ahead}\n"
                f"{_indented(result)}"
            )
        case ModelCalled() as call:
            tokens = f", {call.input_tokens or 0:,} + {call.output_tokens or 0:,} tokens" if call.input_tokens else ""
            rung = f", after {call.rung} asked in vain" if call.rung else ""
            what = f"{call.task_id or call.task_class} {escape(call.provider)}:{escape(call.model)}"
            return f"[bold]MODEL_CALL[/] {what} {call.outcome}, {call.duration_ms:,.0f} ms{tokens}{rung}"
        case FellBack() as fallen:
            who = f"{fallen.task_id} {fallen.agent}".strip()
            return f"[bold]FALLBACK[/] {who}: {escape(fallen.reason)}"
        case MessageScreened() as screened:
            rules = (screened.injection, screened.abuse, screened.self_harm)
            return f"[bold]SCREENING[/] {escape(', '.join(rule for rule in rules if rule))}"
        case HandedOff() as handed:
            return f"[bold]HANDOFF[/] {handed.from_agent} → {handed.to_agent}: {escape(handed.reason)}"
        case ActionMoved() as action:
            rule = f", by rule {action.rule}" if action.rule else ""
            return f"[bold]ACTION[/] {action.kind}: {action.state}{rule}\n{_indented(action.summary)}"
        case SentenceWithheld() as withheld:
            return (
                f"[bold]GROUNDING[/] kept back ({escape(', '.join(withheld.claims))})\n{_indented(withheld.sentence)}"
            )
        case HistorySummarised() as summarised:
            return f"[bold]SUMMARY[/] of the messages up to event {summarised.up_to}\n{_indented(summarised.text)}"
        case PersonalErased() as gone:
            until = f" up to {gone.up_to}" if gone.up_to else ""
            of = f" of {len(gone.actions)} actions" if gone.actions else ""
            return f"[bold]ERASED[/] what was personal in {gone.events} events{of}{until}"
        case ReplyComposed() as reply:
            sources = ", ".join(f"{source.kind} {source.id}" for source in reply.sources)
            return f"[bold]REPLY[/] {reply.outcome}; sources: {escape(sources) or 'none'}\n{_indented(reply.content)}"
        case _:
            return f"[bold]{escape(str(event.to_json()['event_type']))}[/]"


def _plan(made: PlanMade) -> str:
    tasks = cast("list[dict[str, JsonValue]]", made.plan.get("tasks", []))
    lines = ["{id} {agent}/{skill}: {task}".format_map(task) for task in tasks]
    return "".join(f"\n{_indented(line)}" for line in lines)


def _indented(text: str) -> str:
    lines: Callable[[str], list[str]] = str.splitlines
    return "\n".join(f"      {escape(line)}" for line in lines(text))


def _short(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
