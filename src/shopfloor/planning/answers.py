"""Whether a message answers what agents asked for, and what of it is left beside the answer."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.slots import SlotReader, address_parts
from shopfloor.language.answers import is_no, is_yes
from shopfloor.language.text import sentences
from shopfloor.planning.matcher import Match
from shopfloor.planning.plan import PlanRequest

OTHER_WISH = 0.5
"""A message matched that well with another skill than the one that asked is not its answer."""
LEFT = re.compile(
    r"\b(?:never ?mind|forget (?:it|that|about it)|leave it|doesn'?t matter|drop it|skip (?:it|that))\b", re.IGNORECASE
)
RESERVED = re.compile(r"\b(?:but|only|except|unless|if|instead|wait|actually|not)\b", re.IGNORECASE)
"""Words that make a yes no plain yes."""
BESIDE = re.compile(r"^\s*(?:and also|and|also|btw|by the way|plus|oh and)\b[\s,]*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Continuation:
    """A waiting task goes on."""

    waiting: Waiting
    slots: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """What the message filled in."""
    answer: Literal["yes", "no"] | None = None


def continuations(
    request: PlanRequest, reader: SlotReader, score: Callable[[str], Match]
) -> tuple[list[Continuation], str]:
    """Return the waiting tasks that go on, and the rest of the message that asks for something else."""
    if not request.waiting:
        return [], request.message
    for message, rest in _splits(request.message):
        found = [on for waiting in request.waiting if (on := _answered(waiting, message, request, reader, score))]
        if found:
            return found, rest
    return [], request.message


def _splits(message: str) -> Sequence[tuple[str, str]]:
    """Return the ways to read a message as an answer and a rest: all of it, its first sentence, its first words."""
    splits = [(message, "")]
    pieces = sentences(message)
    if len(pieces) > 1:
        splits.append((pieces[0].strip(), "".join(pieces[1:]).strip()))
    head, comma, tail = message.partition(",")
    if comma and BESIDE.match(tail):
        splits.append((head.strip(), BESIDE.sub("", tail).strip()))
    return splits


def _answered(
    waiting: Waiting, message: str, request: PlanRequest, reader: SlotReader, score: Callable[[str], Match]
) -> Continuation | None:
    card = next((card for card in request.cards if card.id == waiting.agent), None)
    skill = card.skill(waiting.skill) if card else None
    if card is None or skill is None:
        return None
    if waiting.slot is None:
        return _confirmed(waiting, message, request) or _changed(waiting, message, request, reader, card, skill)
    if LEFT.search(message):
        return None
    best = score(message)
    is_other = best.label != f"{card.id}/{skill.id}" and best.score >= OTHER_WISH
    kind = card.slots[waiting.slot].type
    value = reader.read(kind, message, request.focus, is_answer=not is_other)
    values = _values(waiting, card, skill, message, request, reader)
    if value is not None:
        values[waiting.slot] = values.get(waiting.slot, value)
    is_vague = kind in {"text", "wish", "product", "size", "colour"}
    if not values or (is_other and (is_vague or value is None)):
        return None
    return Continuation(waiting=waiting, slots=values)


def _confirmed(waiting: Waiting, message: str, request: PlanRequest) -> Continuation | None:
    is_whole = message == request.message
    if is_yes(message, waiting.question) and (is_whole or not RESERVED.search(request.message)):
        return Continuation(waiting=waiting, answer="yes")
    if is_no(message, waiting.question) or LEFT.search(message):
        return Continuation(waiting=waiting, answer="no")
    return None


def _changed(
    waiting: Waiting, message: str, request: PlanRequest, reader: SlotReader, card: AgentCard, skill: Skill
) -> Continuation | None:
    """Go on with other values: the question is asked anew, for exactly those."""
    values = _values(waiting, card, skill, message, request, reader)
    changed = {name: value for name, value in values.items() if waiting.slots.get(name) != value}
    return Continuation(waiting=waiting, slots=changed) if changed else None


def _values(
    waiting: Waiting, card: AgentCard, skill: Skill, message: str, request: PlanRequest, reader: SlotReader
) -> dict[str, JsonValue]:
    """Return what a message says about a skill's slots; a city alone goes with the street that was named before."""
    values: dict[str, JsonValue] = {}
    for name in skill.takes:
        kind, known = card.slots[name].type, waiting.slots.get(name)
        value = reader.read(kind, message, request.focus)
        if kind == "address" and isinstance(known, dict) and value is None and (parts := address_parts(message)):
            value = {**known, **parts}
        if value is not None:
            values[name] = value
    return values
