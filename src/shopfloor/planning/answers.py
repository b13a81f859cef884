"""Whether a message answers what agents asked for, and what of it is left beside the answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.slots import SlotReader, address_parts
from shopfloor.language.answers import is_no, is_yes
from shopfloor.language.text import sentences, words
from shopfloor.planning.plan import PlanRequest
from shopfloor.planning.recognition import Recogniser

SURE_KINDS = frozenset({"email", "address"})
"""Kinds of slots that are filled by nothing but an answer."""
ATTEMPT, UNLIKE = 5, 0.3
"""So many words at most, and so little like any skill, is what was meant as an answer without being one."""
OTHER_WISH = 0.5
"""A message matched that well with another skill than the one that asked is not its answer."""
LEFT = re.compile(
    r"\b(?:never ?mind|forget (?:it|that|about it)|leave it|doesn'?t matter|drop it|skip (?:it|that))\b", re.IGNORECASE
)
RESERVED = re.compile(
    r"\b(?:but|only|except|unless|if|instead|wait|actually|not?|nope|nah|never|stop|hold|keep|undo|leave|mind|jok\w+)\b"
    r"|\bcancel\b|n'?t\b",
    re.IGNORECASE,
)
"""Words after a yes that may take it back."""
EXPLICIT = re.compile(
    r"\b(?:yes|yeah|yep|yup|ya|y|sure|confirm\w*|correct|right|go ahead|go for it|do (?:it|that|so)|please|proceed|"
    r"definitely|absolutely|certainly|of course|cancel|change|send)\b|[👍✅👌]|^\W*ok(?:ay)?\W*$",
    re.IGNORECASE,
)
"""What makes a yes explicit; `ok thanks` or `all good` is none."""
EVERYTHING = re.compile(r"\b(?:all|everything|both|every)\b", re.IGNORECASE)
"""More than the one thing that was asked about."""
BESIDE = re.compile(r"^\s*(?:and also|and|also|btw|by the way|plus|oh and)\b[\s,]*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Continuation:
    """A waiting task goes on."""

    waiting: Waiting
    slots: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """What the message filled in."""
    answer: Literal["yes", "no"] | None = None
    is_doubtful: bool = False
    """Whether a yes was said, but not plainly: the question is asked again."""


def continuations(request: PlanRequest, reader: SlotReader, known: Recogniser) -> tuple[list[Continuation], str]:
    """Return the waiting tasks that go on, and the rest of the message that asks for something else."""
    answers = _Answers(request, reader, known)
    for message, rest in _splits(request.message) if request.waiting else ():
        found = [on for waiting in request.waiting if (on := answers.read(waiting, message, rest))]
        if found:
            # A yes that something doubtful follows is asked for again, and what follows is not taken for a request.
            return found, "" if any(on.is_doubtful for on in found) else rest
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


class _Answers:
    """Reads one message as an answer to what waits."""

    def __init__(self, request: PlanRequest, reader: SlotReader, known: Recogniser) -> None:
        self._request = request
        self._reader = reader
        self._known = known

    def read(self, waiting: Waiting, message: str, rest: str) -> Continuation | None:
        """Return how a waiting task goes on, or None where the message is no answer to it.

        `rest` is what was said besides.
        """
        card = next((card for card in self._request.cards if card.id == waiting.agent), None)
        skill = card.skill(waiting.skill) if card else None
        if card is None or skill is None:
            return None
        best = self._known.match(message, bool(self._request.focus.product_ids))[0]
        is_other = best.score >= OTHER_WISH and best.label != f"{card.id}/{skill.id}"
        is_other = is_other and not self._known.is_fragment(message)
        if waiting.slot is None:
            return self._confirmed(waiting, message, rest) or (
                None if is_other else self._changed(waiting, message, card, skill)
            )
        kind = card.slots[waiting.slot].type
        if LEFT.search(message) or (is_other and kind not in SURE_KINDS):
            return None
        value = self._reader.read(kind, message, self._request.focus, is_answer=not is_other)
        values = self._values(waiting, message, card, skill)
        if value is not None:
            values[waiting.slot] = values.get(waiting.slot, value)
        is_answer = waiting.slot in values if is_other else bool(values) or _is_attempt(message, best.score)
        return Continuation(waiting=waiting, slots=values) if is_answer else None

    def _confirmed(self, waiting: Waiting, message: str, rest: str) -> Continuation | None:
        if is_yes(message, waiting.question):
            is_plain = bool(EXPLICIT.search(message)) and not EVERYTHING.search(message)
            if is_plain and (not rest or self._is_another_matter(waiting, rest)):
                return Continuation(waiting=waiting, answer="yes")
            return Continuation(waiting=waiting, is_doubtful=True)
        if is_no(message, waiting.question) or LEFT.search(message):
            return Continuation(waiting=waiting, answer="no")
        return None

    def _is_another_matter(self, waiting: Waiting, rest: str) -> bool:
        """Whether what follows a yes surely asks for something else, and takes nothing of the yes back."""
        best = self._known.match(rest, bool(self._request.focus.product_ids))[0]
        is_other = best.score >= OTHER_WISH and best.label != f"{waiting.agent}/{waiting.skill}"
        return is_other and not RESERVED.search(rest)

    def _changed(self, waiting: Waiting, message: str, card: AgentCard, skill: Skill) -> Continuation | None:
        """Go on with other values: the question is asked anew, for exactly those."""
        values = self._values(waiting, message, card, skill)
        changed = {name: value for name, value in values.items() if waiting.slots.get(name) != value}
        return Continuation(waiting=waiting, slots=changed) if changed else None

    def _values(self, waiting: Waiting, message: str, card: AgentCard, skill: Skill) -> dict[str, JsonValue]:
        """Return what a message says about a skill's slots; a city alone goes with the street named before."""
        values: dict[str, JsonValue] = {}
        for name in skill.takes:
            kind, before = card.slots[name].type, waiting.slots.get(name)
            value = self._reader.read(kind, message, self._request.focus)
            if kind == "address" and isinstance(before, dict) and value is None and (parts := address_parts(message)):
                value = {**before, **parts}
            if value is not None:
                values[name] = value
        return values


def _is_attempt(message: str, score: float) -> bool:
    """Whether a message without an answer may have been meant as one: short, no question, like no request."""
    return len(words(message)) <= ATTEMPT and "?" not in message and score < UNLIKE
