"""Whether a message answers what agents asked for, and what of it is left beside the answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.slots import GOODS, SlotReader, address_parts
from shopfloor.language.answers import is_no, is_yes
from shopfloor.language.english import ACTIONS, KEEPING, NEGATIONS, STOP_WORDS
from shopfloor.language.text import sentences, words
from shopfloor.planning.clauses import ANEW
from shopfloor.planning.leaning import ASKS, FRAMES, Topic, is_leaning, leaned
from shopfloor.planning.matcher import Match
from shopfloor.planning.plan import PlanRequest
from shopfloor.planning.recognition import NOT_OURS, Recognition
from shopfloor.topics.concepts import matters_of

SURE_KINDS = frozenset({"email", "address", "yes_no"})
"""Kinds of slots that are filled by nothing but an answer."""
NAMING_KINDS = frozenset({"item", "size", "product"})
"""Kinds of slots whose answer may look like a wish for a product."""
CHOOSING_KINDS = frozenset({"size", "colour", "choice"})
"""Kinds of slots whose values are said in a word or two."""
ATTEMPT, UNLIKE = 5, 0.3
"""So many words at most, and so little like any skill, is what was meant as an answer without being one."""
SPOKEN_EMAIL = re.compile(r"^\S+ (?:at|@) \S+(?: (?:dot|\.) \S+)?$", re.IGNORECASE)
"""An e-mail address as people say it."""
OTHER_WISH = 0.5
"""A message matched that well with another skill than the one that asked is not its answer."""
OTHER_MATTER = 0.8
"""The same for what is asked for in the customer's own words."""
LEFT = re.compile(
    r"\b(?:never ?mind|forget (?:it|that|about it)|leave it|doesn'?t matter|drop it"
    r"|(?:skip|scrap|scratch) (?:it|that))\b",
    re.IGNORECASE,
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
PAUSES = r"\W*(?:(?:oh|ah|hm+|um|uh|well|wait|actually|sorry|hold on|you know what)\b\W*)*"
"""What is said before one says what one wants."""
KEEPS = re.compile(
    rf"{PAUSES}(?:(?:no|nope|nah)\b)?{PAUSES}"
    r"(?:i(?:'d|'ll| will| would)? (?:rather |want to |like to )?|let me )?keep (?:it|them|that|everything|all)\b",
    re.IGNORECASE,
)
"""With which one keeps what was to be returned, cancelled or erased."""
AGREES = re.compile(
    r"\W*(?:yes|yeah|yep|yup|sure|ok(?:ay)?|alright|all right|correct|absolutely|definitely|of course|i confirm"
    r"|(?:please )?(?:go ahead|proceed)|let'?s (?:go|do|proceed))\b",
    re.IGNORECASE,
)
"""How a sentence begins that says yes, whatever follows."""
TURNS_DOWN = re.compile(rf"{PAUSES}(?:no|nope|nah)\b", re.IGNORECASE)
"""How a no begins that goes on with more than a no does."""
CONTRAST = re.compile(
    r"(?P<new>[\w.-]+)\b,? (?:and )?not (?P<old>[\w.-]+)\b|\bnot (?P<wrong>[\w.-]+),? (?:but )?(?P<right>[\w.-]+)\b",
    re.IGNORECASE,
)
"""One word put in another's place: `19, not 9`."""
ASKING = re.compile(
    r"\W*(?:(?:how|what|where|when|who)'?s|how|what|where|when|which|who|why|can|could|do|does|did|is|are|has|have|show|tell|find|track|check)\b",
    re.IGNORECASE,
)
"""How a wish to be told or shown something begins."""
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


def continuations(request: PlanRequest, reader: SlotReader, known: Recognition) -> tuple[list[Continuation], str]:
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

    def __init__(self, request: PlanRequest, reader: SlotReader, known: Recognition) -> None:
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
        if waiting.slot and card.slots[waiting.slot].type == "text" and _is_offered(message, waiting.question):
            return Continuation(waiting=waiting, slots={waiting.slot: message.strip()})
        return self._read(waiting, message, rest, card, skill)

    def _read(self, waiting: Waiting, message: str, rest: str, card: AgentCard, skill: Skill) -> Continuation | None:
        topic = Topic(card=card, skill=skill, is_open=True, is_answered=True)
        best = self._match(message) if ASKS.match(message) else self._leaned(message, topic)
        is_other = self._is_other(message, best, topic)
        if not rest and self._is_asked_back(message, topic):
            return Continuation(waiting=waiting, is_doubtful=True)
        if waiting.slot is None:
            return self._decided(waiting, message, rest, topic, is_other=is_other)
        kind = card.slots[waiting.slot].type
        if kind in NAMING_KINDS and (_is_short(message) or _names_one(message)):
            is_other = is_other and not self._is_about_goods(best.label)
        takes_anything = kind == "text" or any(not said for said in card.slots[waiting.slot].options.values())
        if kind == "item" and EVERYTHING.search(message) and _is_aside(message):
            is_other = False
        if takes_anything and "?" not in message and not ASKING.match(message):  # what happened may sound like anything
            is_other = is_other and best.score >= OTHER_MATTER and best.label != NOT_OURS
        is_left = LEFT.search(message) is not None and not (is_other and self._takes(best.label))
        if is_left and kind != "yes_no":
            return Continuation(waiting=waiting, answer="no")
        if is_left or (is_other and not (kind in SURE_KINDS or (kind == "choice" and _is_choosing(message)))):
            return None
        values = self._values(waiting, message, card, skill)
        if kind not in {"yes_no", "text"} and not values and is_yes(message):  # which says nothing: it is asked again
            return Continuation(waiting=waiting)
        value = self._reader.fill(card.slots[waiting.slot], message, self._request.focus, is_answer=not is_other)
        if value is not None:
            values[waiting.slot] = values.get(waiting.slot, value)
        kinds = {card.slots[name].type for name in values}
        is_choosing = bool(kinds) and kinds <= CHOOSING_KINDS and "choice" in {kind, *kinds}
        if is_choosing and _is_aside(message):  # `an L`, where a refund or another size was offered
            is_other = False
        is_attempt = best.label == NOT_OURS or (kind == "email" and SPOKEN_EMAIL.search(message))
        score = (
            0.0 if is_attempt or best.label == topic.label else best.score
        )  # it asks nothing of a shop, so it may be an attempt
        is_other = is_other and (score > 0 or not _is_attempt(message, score))
        is_answer = waiting.slot in values if is_other else bool(values) or _is_attempt(message, score)
        return Continuation(waiting=waiting, slots=values) if is_answer else None

    def _decided(
        self, waiting: Waiting, message: str, rest: str, topic: Topic, *, is_other: bool
    ) -> Continuation | None:
        """Return how a task goes on that waits for a yes."""
        card, skill = topic.card, topic.skill
        changed = self._changed(waiting, message, card, skill)
        is_choosing = changed and _is_aside(message) and _kinds(card, changed) <= CHOOSING_KINDS | {"address"}
        if is_other and not is_choosing:
            changed = None
        if decided := self._confirmed(waiting, message, rest) or changed:
            return decided
        if _is_aside(message) and self._is_choice_repeated(waiting, message, card, skill):
            return Continuation(waiting=waiting, is_doubtful=True)
        if not is_other and _turns_down(message):
            return Continuation(waiting=waiting, answer="no")
        is_agreed = not rest and self._agrees(message, topic)
        return Continuation(waiting=waiting, is_doubtful=True) if is_agreed else None

    def _is_other(self, message: str, best: Match, topic: Topic) -> bool:
        """Whether a message asks for something else than what it may answer."""
        if best.score < OTHER_WISH or best.label == topic.label or self._known.is_fragment(message):
            return False
        # `no, don't do anything yet` is like whatever else turns something down.
        is_negated = _turns_down(message) and bool(NEGATIONS.intersection(words(message)))
        return bool(self._takes(best.label)) or not is_negated

    def _match(self, message: str) -> Match:
        return self._known.match(message, bool(self._request.focus.product_ids))[0]

    def _leaned(self, message: str, topic: Topic) -> Match:
        """Return the best match of a message that may lean on what was asked."""
        has_products = bool(self._request.focus.product_ids)
        if not is_leaning(message, has_products=has_products):
            return self._match(message)
        matches = self._known.match(message, has_products)
        return leaned(message, matches, topic, self._request.cards, has_products=has_products)[0]

    def _agrees(self, message: str, topic: Topic) -> bool:
        """Whether a message says yes with so much else that it is asked again, and asks for nothing but that."""
        if not any(AGREES.match(sentence) for sentence in sentences(message)):
            return False
        has_products = bool(self._request.focus.product_ids)
        matches = self._known.match(message, has_products)
        best = leaned(message, matches, topic, self._request.cards, has_products=has_products)[0]
        return best.label == topic.label or best.score < OTHER_WISH

    def _is_asked_back(self, message: str, topic: Topic) -> bool:
        """Whether a message only asks about what was asked: `what have you got?`, `why do you want to know that?`."""
        if not ASKS.match(message) or self._leaned(message, topic).label != topic.label:
            return False
        return self._known.is_dependent(message) or not matters_of(message) - FRAMES

    def _is_about_goods(self, label: str) -> bool:
        """Whether a skill is one that finds or tells of products: words that name one may name an order's item."""
        return bool(GOODS & self._takes(label))

    def _takes(self, label: str) -> set[str]:
        """Return the kinds of slots of a skill, given by its label."""
        agent, _, skill_id = label.partition("/")
        card = next((card for card in self._request.cards if card.id == agent), None)
        skill = card.skill(skill_id) if card else None
        return {card.slots[name].type for name in skill.takes} if card and skill else set()

    def _confirmed(self, waiting: Waiting, message: str, rest: str) -> Continuation | None:
        if is_yes(message, waiting.question):
            is_plain = bool(EXPLICIT.search(message)) and not EVERYTHING.search(message)
            if is_plain and (not rest or self._is_another_matter(waiting, rest)):
                return Continuation(waiting=waiting, answer="yes")
            return Continuation(waiting=waiting, is_doubtful=True)
        if is_no(message, waiting.question) or LEFT.search(message) or KEEPS.match(message):
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
        changed = changed or _contrasted(waiting, message)
        return Continuation(waiting=waiting, slots=changed) if changed else None

    def _is_choice_repeated(self, waiting: Waiting, message: str, card: AgentCard, skill: Skill) -> bool:
        """Whether a message only chooses again what was chosen: `refund`, where a yes to the refund is waited for."""
        values = self._values(waiting, message, card, skill)
        kinds = {card.slots[name].type for name in values}
        return kinds == {"choice"} and all(waiting.slots.get(name) == value for name, value in values.items())

    def _values(self, waiting: Waiting, message: str, card: AgentCard, skill: Skill) -> dict[str, JsonValue]:
        """Return what a message says about a skill's slots; a city alone goes with the street named before."""
        values: dict[str, JsonValue] = {}
        for name in skill.takes:
            kind, before = card.slots[name].type, waiting.slots.get(name)
            value = self._reader.fill(card.slots[name], message, self._request.focus)
            if kind == "address" and isinstance(before, dict) and value is None and (parts := address_parts(message)):
                value = {**before, **parts}
            if value is not None:
                values[name] = value
        return values


def _is_offered(message: str, question: str) -> bool:
    """Whether a message says nothing but words of what a question offered behind its colon: `the gift card`."""
    _, colon, offers = question.rpartition(": ")
    said = set(words(message)) - STOP_WORDS
    return bool(colon) and bool(said) and "?" not in message and said <= set(words(offers))


def _turns_down(message: str) -> bool:
    """Whether a message begins with a no and names nothing that shall be done: `no, don't register anything yet`."""
    said = words(message)
    is_acting = bool((ACTIONS - KEEPING).intersection(said)) and not NEGATIONS.intersection(said)
    return "?" not in message and TURNS_DOWN.match(message) is not None and not is_acting


def _contrasted(waiting: Waiting, message: str) -> dict[str, JsonValue]:
    """Return the values in which a message puts one word in another's place: `number 19, not 9`."""
    found = CONTRAST.search(message)
    if not found:
        return {}
    old, new = found["old"] or found["wrong"], found["new"] or found["right"]
    pattern = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)", re.IGNORECASE)

    def put(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {name: put(part) for name, part in value.items()}
        return pattern.sub(lambda _old: new, value) if isinstance(value, str) else value

    return {name: put(value) for name, value in waiting.slots.items() if put(value) != value}


def _is_attempt(message: str, score: float) -> bool:
    """Whether a message without an answer may have been meant as one: short, no question, like no request."""
    return _is_short(message) and score < UNLIKE and not ASKING.match(message)


def _is_aside(message: str) -> bool:
    """Whether a message is a few words that begin no question or order of their own: `better an L`, `money back`."""
    return _is_short(message) and not ANEW.match(message)


def _is_choosing(message: str) -> bool:
    """Whether a message may choose one of the things that were offered: a few words that want nothing told or shown."""
    return _is_short(message) and not ASKING.match(message)


def _names_one(message: str) -> bool:
    """Whether a message says which of several is meant: `just the warm one for round the neck`."""
    return bool({"one", "ones"} & set(words(message))) and not (ANEW.match(message) or ASKS.match(message))


def _kinds(card: AgentCard, going_on: Continuation) -> set[str]:
    return {card.slots[name].type for name in going_on.slots}


def _is_short(message: str) -> bool:
    return len(words(message)) <= ATTEMPT and "?" not in message
