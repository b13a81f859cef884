"""How actions read on a terminal: a line in a list, all that is known of one, what undoing does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from pydantic import JsonValue
from rich.markup import escape

from shopfloor.actions.kind import ActionKind
from shopfloor.actions.naming import action_id
from shopfloor.actions.store import ActionRecord
from shopfloor.actions.undo import Step
from shopfloor.actions.views import conversation_of, edits
from shopfloor.cli.times import from_now, moment, span
from shopfloor.journal.events import ActionMoved, ActionState, Event

COLOURS: dict[ActionState, str] = {
    "proposed": "yellow",
    "needs_approval": "yellow",
    "approved": "yellow",
    "confirmed": "yellow",
    "outcome_unknown": "red",
    "executed": "green",
}
"""Of states that are no end, and of what was done; all others are ends without an effect."""
WIDE = 12
"""Characters of a label."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """When and where somebody reads."""

    now: datetime
    zone: tzinfo

    def at(self, at: datetime) -> str:
        """Write an instant, and how far off it is."""
        return f"{moment(at, self.zone)} ({from_now(at, self.now)})"


def words(state: ActionState) -> str:
    """Write a state as it is said."""
    return state.replace("_", " ")


def plain(text: str) -> str:
    """Write a text on one line, without what a terminal would act on, and with rich's markup escaped."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))


def table(records: Sequence[ActionRecord], reader: Reader) -> Iterator[str]:
    """Write actions below each other, each with what it does on a line of its own."""
    rows = [_cells(record, reader) for record in records]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for record, cells in zip(records, rows, strict=True):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        name, at, state, *rest = map(plain, padded)
        colour = COLOURS.get(record.state, "dim")
        yield f"[bold]{name}[/]  {at}  [{colour}]{state}[/]  {'  '.join(rest).rstrip()}"
        yield f"  {_summary(record)}"


def risk(record: ActionRecord, kind: ActionKind[Any] | None, reader: Reader) -> str:
    """Write what a decision is made by: until when it can be taken, and whether what was done can be undone."""
    if record.expires_at is None:
        waits = "does not expire"
    elif record.expires_at <= reader.now:
        waits = "has expired"
    else:
        waits = f"expires {from_now(record.expires_at, reader.now)}"
    return f"{reversible(kind)}; {waits}"


def reversible(kind: ActionKind[Any] | None) -> str:
    """Write whether actions of a kind can be undone, and for how long."""
    if kind is None:
        return "of a kind that is no longer there"
    if kind.inverse is None:
        return "cannot be undone"
    within = kind.inverse.within
    return f"can be undone for {span(within)}" if within else "can be undone as long as the shop allows"


def detail(record: ActionRecord, events: Sequence[Event], undoing: Step, reader: Reader) -> Iterator[str]:
    """Write all that is known of an action."""
    yield f"[bold]{record.id}[/]  {plain(record.kind)}: [{COLOURS.get(record.state, 'dim')}]{words(record.state)}[/]"
    yield f"  {_summary(record)}"
    for label, text in _facts(record, reader):
        yield f"  {label.ljust(WIDE)}{plain(text)}"
    for label, value in (("facts", record.inputs), ("arguments", record.args), ("result", record.result)):
        yield from _values(label, value)
    yield from _change(record.before, record.after)
    yield f"  {'undo'.ljust(WIDE)}{plain(undo_words(undoing, reader))}"
    yield f"  {'key'.ljust(WIDE)}{plain(record.key)}"
    yield ""
    for event, data, changes in edits(events):
        yield _step(event, data, changes, reader)


def undo_words(step: Step, reader: Reader) -> str:
    """Write whether an action can be undone, until when, and by what."""
    if step.rule is not None:
        return f"no: {step.reason} ({step.rule})"
    until = step.record.undo_until
    when = f"until {reader.at(until)}" if until else "as long as the shop allows"
    return f"{when}: {step.summary}"


def undo_lines(steps: Sequence[Step], *, is_done: bool) -> Iterator[str]:
    """Write what undoing does to each action, or did."""
    yes, no = ("undone", "not undone") if is_done else ("will be undone", "stays")
    for step in steps:
        colour, verb = ("green", yes) if step.is_undone else ("red", no)
        yield f"[bold]{step.record.id}[/]  [{colour}]{verb}[/]  {plain(step.record.kind)}: {_summary(step.record)}"
        if step.is_undone:
            yield f"  {plain(step.summary)}"
        else:
            yield f"  {plain(step.reason or 'It cannot be undone.')} ({step.rule})"


def _cells(record: ActionRecord, reader: Reader) -> tuple[str, ...]:
    return (
        record.id,
        moment(record.proposed_at, reader.zone),
        words(record.state),
        record.kind,
        str(record.amount or ""),
        f"for {whom(record)}",
        f"by {_who(record)}",
    )


def whom(record: ActionRecord) -> str:
    """Write for whom an action is."""
    if record.is_for_shop:
        return "the shop"
    return record.customer_id or "a guest"


def _who(record: ActionRecord) -> str:
    is_other = record.staff is not None and record.staff != record.agent_name
    return f"{record.agent_name} and {record.staff}" if is_other else record.agent_name


def _summary(record: ActionRecord) -> str:
    if record.is_erased:
        return "[dim]what it does was erased[/]"
    return plain(record.summary) or "[dim]refused before it was worked out what it would do[/]"


def _facts(record: ActionRecord, reader: Reader) -> Iterator[tuple[str, str]]:
    origin = [f"by {record.agent_name}"]
    if conversation := conversation_of(record):
        origin.append(f"in conversation {conversation}")
    if record.turn_id:
        origin.append(f"turn {record.turn_id}, task {record.task_id}")
    yield "for", whom(record) + (f", orders {', '.join(record.order_numbers)}" if record.order_numbers else "")
    if record.resources:
        yield "touches", ", ".join(record.resources)
    if record.amount:
        yield "amount", str(record.amount)
    yield "proposed", f"{reader.at(record.proposed_at)} {', '.join(origin)}"
    if record.staff and not record.is_for_shop:
        yield "decided", f"by {record.staff}"
    if record.rule:
        yield "rule", f"{record.rule}{f': {record.reason}' if record.reason else ''}"
    if record.policy is not None:
        yield "policy", f"version {record.policy}"
    if record.state == "needs_approval" and record.expires_at:
        yield "expires", reader.at(record.expires_at)
    if record.executed_at:
        yield "done", reader.at(record.executed_at)
    if record.undoes:
        yield "undoes", action_id(record.undoes)
    if record.undone_by:
        yield "undone by", action_id(record.undone_by)


def _values(label: str, value: JsonValue) -> Iterator[str]:
    """Write a JSON value, an object with a line for each of its fields."""
    if value in (None, {}):
        return
    lines = [f"{name} {_json(one)}" for name, one in value.items()] if isinstance(value, dict) else [_json(value)]
    for number, line in enumerate(lines):
        yield f"  {('' if number else label).ljust(WIDE)}{plain(line)}"


def _change(before: JsonValue, after: JsonValue) -> Iterator[str]:
    """Write what an action changed: of two objects the fields that differ."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        lines = [f"{name} {_json(before.get(name))} → {_json(after.get(name))}" for name in names]
    else:
        lines = [f"{_json(before)} → {_json(after)}"]
    for number, line in enumerate(lines):
        yield f"  {('' if number else 'changed').ljust(WIDE)}{plain(line)}"


def _step(event: Event, data: ActionMoved, changes: Mapping[str, JsonValue], reader: Reader) -> str:
    at = event.at.astimezone(reader.zone)
    more = [f"by {data.staff}"] if data.staff else []
    more += [f"rule {data.rule}"] if data.rule else []
    more += [data.reason] if data.reason else []
    more += [f"{name} is {_json(value)} now" for name, value in changes.items()]
    told = f": {'; '.join(more)}" if more else ""
    return f"  [dim]{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}[/]  {words(data.state)}{plain(told)}"


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)
