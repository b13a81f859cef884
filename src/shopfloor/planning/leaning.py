"""What a part of a message leans on: `could I have that as a PDF` means little but next to what was said before.

Such a part is matched in favour of the agent that was talked to last. Nothing here reads slots or makes routes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.playbook import Call, HandOff, Propose
from shopfloor.agents.slots import POINTERS
from shopfloor.language.answers import is_angry, is_goodbye, is_greeting, is_no, is_thanks, is_yes
from shopfloor.language.english import INTERJECTIONS
from shopfloor.language.entities import entities
from shopfloor.language.text import words
from shopfloor.planning.clauses import SURE
from shopfloor.planning.matcher import Match
from shopfloor.planning.plan import PlanRequest
from shopfloor.planning.recognition import NOT_OURS
from shopfloor.topics.concepts import matters_of

LEANS, BESIDE, SAME = 0.4, 0.25, 0.1
"""What is added to the scores of the agent that was talked to last, and where it waits for an answer to those of its
other skills; and what besides to that of the very skill."""
HALVED = 0.5
"""What is left of the score of what knows nothing of the talk, where a part only points at it."""
CERTAIN = 0.75
"""A part that well matched leans on nothing, if it says something of its own."""
SHORT = 5
"""A part of at most so many words may lean on what was talked about, whatever they are."""
GOES_ON = re.compile(
    r"^(?:and|or|even|plus|what about|how about|what if|same|in|with|without|any|for|from|to|only|just|but|not)\b",
    re.IGNORECASE,
)
"""How a part begins that goes on with what was said before."""
TELLS = re.compile(r"\W*(?:we|i|he|she|they|it|our|my)(?:'\w+)?\b", re.IGNORECASE)
"""How somebody begins to tell of themselves, or of whom a thing is for."""
EVEN = re.compile(r"even\b", re.IGNORECASE)
"""What can begin nothing new."""
ASKS = re.compile(
    r"\W*(?!(?:can|could|would|will) you\b)(?:(?:who|what|where|when|why|how|which|can|could|do|does|did|is|are|has"
    r"|have|will|would|should|may)\b|.*\?\W*$)",
    re.IGNORECASE | re.DOTALL,
)
"""How a question begins, or ends; `could you undo that` is none."""
FRAMES = frozenset({"looking"})
"""Matters of words that only say that something is asked for: `I need`, `do you want`."""
PARTING = re.compile(r"[,.!;\n]+")
LOOKS_UP = "answer_question"
"""The skill of the agent that knows of everything in general: there only the very skill is gone on with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What was last talked about."""

    card: AgentCard
    skill: Skill
    is_open: bool = False
    """Whether it asked the customer something, and waits."""
    is_answered: bool = False
    """Whether the text may be about what it asked."""

    @property
    def label(self) -> str:
        """Return the label of its skill."""
        return f"{self.card.id}/{self.skill.id}"

    def knows(self, card: AgentCard, skill: Skill) -> bool:
        """Whether another skill is about things of the same kind."""
        kinds = {self.card.slots[name].type for name in self.skill.takes}
        return any(card.slots[name].type in kinds for name in skill.takes)


def topic(request: PlanRequest) -> Topic | None:
    """Return what was last talked about; None where that was nothing but talk, or whoever did it is gone."""
    task = request.previous
    card = next((card for card in request.cards if task and card.id == task.agent), None)
    skill = card.skill(task.skill) if card and task else None
    if card is None or skill is None or only_talks(card, skill):
        return None
    is_open = any((one.agent, one.skill) == (card.id, skill.id) for one in request.waiting)
    return Topic(card=card, skill=skill, is_open=is_open)


def is_leaning(text: str, *, has_products: bool) -> bool:
    """Whether a text needs what was said before it: it points at it, goes on with it, or is but a few words."""
    if any(is_small(text) for is_small in (is_yes, is_no, is_thanks, is_greeting, is_goodbye, is_angry)):
        return False
    return points(text, has_products=has_products) or goes_on(text) or len(words(text)) <= SHORT


def goes_on(text: str) -> bool:
    """Whether a text begins as one does that goes on with what was said before, behind a `no` or an `oh`."""
    said = text.lstrip(" .,!")
    while (first := words(said)[:1]) and first[0] in INTERJECTIONS and len(words(said)) > 1:
        said = said[said.lower().find(first[0]) + len(first[0]) :].lstrip(" .,!")
    return GOES_ON.match(said) is not None


def points(text: str, *, has_products: bool) -> bool:
    """Whether a text points at what was talked about: `it`, `those`, `the second` of what was shown."""
    return bool((POINTERS | {"same"}) & {word.partition("'")[0] for word in words(text)}) or (
        has_products and bool(entities(text).ordinals)
    )


def closing(text: str) -> str | None:
    """Return the words with which a text only ends the matter: `awesome, cheers, that was easy`; None where it asks."""
    if ASKS.match(text):
        return None
    pieces = [piece for piece in PARTING.split(text) if words(piece)]
    return next((piece for piece in pieces if is_thanks(piece) or is_goodbye(piece)), None)


def leaned(
    text: str,
    matches: Sequence[Match],
    on: Topic,
    cards: Sequence[AgentCard],
    *,
    has_products: bool,
    is_going_on: bool = False,
    lacks: Callable[[Match], bool] = lambda _match: False,
) -> Sequence[Match]:
    """Return the matches of a text that leans on what was talked about, in favour of that.

    `is_going_on` says that its message begins as one that goes on; `lacks`, whether a skill would first have to ask
    what the text is about.
    """
    skills = {f"{card.id}/{skill.id}": (card, skill) for card in cards for skill in card.skills}
    is_pointing = points(text, has_products=has_products)
    is_asking = ASKS.match(text) is not None
    is_unspoken = is_pointing and not matters_of(text) - FRAMES
    is_refining = TELLS.match(text) is not None and any(on.card.slots[name].type == "wish" for name in on.skill.takes)
    is_told_on = (is_going_on or goes_on(text) or is_refining) and not is_asking
    is_near = is_asking if is_pointing else is_told_on
    beside = LEANS if not on.is_open else BESIDE if is_asking or not on.is_answered else 0.0
    best = matches[0]
    if best.label == NOT_OURS and best.score >= SURE and not is_near:
        return matches
    if best.label != NOT_OURS and _is_clear(best, skills[best.label], on, is_unspoken=is_unspoken):
        return matches

    def score(match: Match) -> float:
        if match.label == NOT_OURS:
            return match.score * HALVED if is_near else match.score
        card, skill = skills[match.label]
        if match.label == on.label and (on.is_answered or not (is_asking and is_writing(card, skill))):
            return match.score + LEANS + SAME  # what was done is not done again for a question
        if card is on.card and not (only_talks(card, skill) or card.skill(LOOKS_UP)):
            return match.score + beside
        if only_talks(card, skill):
            return min(match.score, 0.0)
        return match.score * HALVED if (is_unspoken and not on.knows(card, skill)) or lacks(match) else match.score

    found = [Match(match.label, score(match)) for match in matches]
    return sorted(found, key=lambda match: -match.score)


def _is_clear(best: Match, found: tuple[AgentCard, Skill], on: Topic, *, is_unspoken: bool) -> bool:
    """Whether a text is understood by itself: the surer it must be, the less the skill has to do with the talk."""
    if on.knows(*found):
        return best.score >= SURE
    return best.score >= CERTAIN and bool(found[1].takes) and not is_unspoken


def is_writing(card: AgentCard, skill: Skill) -> bool:
    """Whether a skill may write."""
    return any(isinstance(step, Propose) for step in card.flat(skill.steps))


def only_talks(card: AgentCard, skill: Skill) -> bool:
    """Whether a skill does nothing but say something, whatever it is asked."""
    return not skill.takes and not any(isinstance(step, Call | Propose | HandOff) for step in card.flat(skill.steps))
