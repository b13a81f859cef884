"""What follows on what was just shown or done: it is taken, undone, done otherwise, or done for another thing too.

Which skill does it is derived from the cards: the write that needs a product, the skill whose action is the inverse.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.playbook import Propose
from shopfloor.agents.slots import GOODS, POINTERS, Focus, SlotReader
from shopfloor.kernel.ids import ProductId
from shopfloor.language.entities import entities
from shopfloor.language.text import sentences, words
from shopfloor.planning.clauses import SURE
from shopfloor.planning.leaning import ASKS, Topic, is_writing, points
from shopfloor.planning.matcher import Match
from shopfloor.planning.plan import PlanRequest, Task
from shopfloor.planning.recognition import NOT_OURS
from shopfloor.search.contract import ProductSearch

LONGEST = 12
"""Words of what follows on something without saying what."""
TAKES = re.compile(
    r"\b(?:i'?ll|i will|we'?ll|let me) (?:have|take|go (?:for|with))\b|^\W*(?:ok(?:ay)?\W+)?sold\b"
    r"|\b(?:gimme|give me) (?:(?:an?|the|one|two) )?(?:\d|one\b|pair\b|first\b|second\b|third\b|last\b)"
    r"|\b(?:once|twice|do it)\W*$|\bonce more\b|\b(?:in|into) (?:my|the) (?:cart|basket|bag)\W*$",
    re.IGNORECASE,
)
"""How one takes what was shown."""
UNDOES = re.compile(
    r"\b(?:undo|revert|(?:take|put|get) (?:it|that|this|them|those|me) (?:all )?(?:back|out|off|on)"
    r"|(?:scrap|scratch|drop|remove) (?:it|that|this|them|those|me))\b",
    re.IGNORECASE,
)
"""How one has the last thing undone."""
SAME = re.compile(r"\W*(?:and )?(?:the )?same (?:thing )?(?:for|with)\b", re.IGNORECASE)
"""How one has the last thing done for something else too."""
CORRECTS = re.compile(
    r"\b(?:no|nope|sorry|wait|actually|i mean|i meant|instead|rather|i need|should be|use)\b", re.IGNORECASE
)
"""What is said beside a value that replaces one that was given."""
REPLACED = frozenset({"size", "colour", "email"})
"""Kinds of slots in which a write is done again with another value."""
Reading = Callable[[AgentCard, Skill, str, Focus | None], dict[str, JsonValue]]
"""How a skill's slots are read out of a text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequel:
    """A skill, what it is asked for, and with which values."""

    card: AgentCard
    skill: Skill
    text: str
    arguments: dict[str, JsonValue]


class Sequels:
    """Finds what follows on the topic of a request."""

    def __init__(
        self,
        request: PlanRequest,
        topic: Topic | None,
        inverses: Mapping[str, str],
        search: ProductSearch,
        reader: SlotReader,
        read: Reading,
    ) -> None:
        """Take the request and its topic, which kind of action undoes which, what knows the products, reads slots."""
        self._request = request
        self._topic = topic
        self._inverses = inverses
        self._search = search
        self._reader = reader
        self._read = read

    def of(self, text: str, best: Match, focus: Focus) -> list[Sequel]:
        """Return what a text follows with, in the order it is to be done; nothing where it asks for something else."""
        topic, task = self._topic, self._request.previous
        if topic is None or task is None or ASKS.match(text) or len(words(text)) > LONGEST:
            return []
        if SAME.match(text):
            return self._repeated(text, topic, task)
        if is_writing(topic.card, topic.skill) and not topic.is_open:
            undoing = self._undoing(topic) if UNDOES.search(text) else None
            if found := [self._on(*undoing, task)] if undoing else self._replaced(text, topic, task):
                return found
        return self._taken(text, topic, best, focus)

    def _repeated(self, text: str, topic: Topic, task: Task) -> list[Sequel]:
        """Return what was done, for something else: `same for the Speedster in 7`."""
        before = {name: value for name, value in task.arguments.items() if name in topic.skill.takes}
        arguments = {**before, **self._read(topic.card, topic.skill, text, Focus())}
        if not arguments or set(topic.skill.needs) - set(arguments):
            return []
        return [Sequel(card=topic.card, skill=topic.skill, text=text, arguments=arguments)]

    def _replaced(self, text: str, topic: Topic, task: Task) -> list[Sequel]:
        """Return a write that was done, with another value, behind what undoes the first: `sorry, 9.5`."""
        if not CORRECTS.search(text):
            return []
        last = sentences(text)[-1]
        kinds = {name: topic.card.slots[name].type for name in topic.skill.takes}
        read = {
            name: self._reader.fill(topic.card.slots[name], last, Focus(), is_answer=True)
            for name, kind in kinds.items()
            if kind in REPLACED
        }
        said = {name: value for name, value in read.items() if value is not None and value != task.arguments.get(name)}
        before = {name: value for name, value in task.arguments.items() if name in kinds}
        again = Sequel(card=topic.card, skill=topic.skill, text=task.task, arguments={**before, **said})
        undoing = self._undoing(topic)
        first = [self._on(*undoing, task)] if undoing and undoing[0] is topic.card else []
        return [*first, again] if said else []

    def _taken(self, text: str, topic: Topic, best: Match, focus: Focus) -> list[Sequel]:
        """Return the write for a product that was shown: `sold! the fleece one`, `four of them`."""
        taking = next(
            (
                (card, skill)
                for card in self._request.cards
                for skill in card.skills
                if is_writing(card, skill) and any(card.slots[name].type == "product" for name in skill.needs)
            ),
            None,
        )
        if taking is None or taking == (topic.card, topic.skill) or not self._is_about_goods(best):
            return []
        card, skill = taking
        arguments = self._read(card, skill, text, focus)
        if len(focus.product_ids) > 1 and not focus.product_id and not self._is_told_apart(text, focus):
            arguments = {name: value for name, value in arguments.items() if card.slots[name].type != "product"}
        kinds = {card.slots[name].type for name in arguments}
        is_known = "product" in kinds or (focus.product_ids and points(text, has_products=True))
        if not is_known or not (TAKES.search(text) or ("quantity" in kinds and points(text, has_products=True))):
            return []
        return [Sequel(card=card, skill=skill, text=text, arguments=arguments)]

    def _is_told_apart(self, text: str, focus: Focus) -> bool:
        """Whether a text says which of the products shown it means, beyond `one` or `it`."""
        bare = " ".join(word for word in words(text) if word not in POINTERS)
        return bool(self._reader.products(bare, entities(text), focus, is_one=True))

    def _is_about_goods(self, best: Match) -> bool:
        """Whether a text is not surely for an agent that neither finds products nor sells them."""
        agent, _, skill_id = best.label.partition("/")
        card = next((card for card in self._request.cards if card.id == agent), None)
        skill = card.skill(skill_id) if card else None
        if best.score < SURE or best.label == NOT_OURS or card is None or skill is None:
            return best.score < SURE
        return bool(GOODS & {card.slots[name].type for name in skill.takes})

    def _undoing(self, topic: Topic) -> tuple[AgentCard, Skill] | None:
        """Return the skill that undoes a write: it proposes the inverse of its action."""
        wanted = {self._inverses[kind] for kind in _kinds(topic.card, topic.skill) if kind in self._inverses}
        found = [
            (card, skill)
            for card in self._request.cards
            for skill in card.skills
            if skill.examples and skill is not topic.skill and wanted & _kinds(card, skill)
        ]
        return found[0] if found else None

    def _on(self, card: AgentCard, skill: Skill, task: Task) -> Sequel:
        """Return a skill on what a task was about: the same things, as many."""
        shared = {name: value for name, value in task.arguments.items() if name in skill.takes}
        count = {name: task.arguments.get(name, 1) for name in skill.takes if card.slots[name].type == "quantity"}
        arguments = {**self._read(card, skill, task.task, None), **shared, **count}
        return Sequel(card=card, skill=skill, text=self._naming(task), arguments=arguments)

    def _naming(self, task: Task) -> str:
        """Return what a task was asked for, with the name of its product where it was only pointed at."""
        slots = self._topic.card.slots if self._topic else {}
        products = [str(value) for name, value in task.arguments.items() if slots[name].type == "product"]
        if not products or self._search.named(task.task):
            return task.task
        return f"{task.task} {' '.join(sorted(self._search.title_words(ProductId(products[0]))))}"


def _kinds(card: AgentCard, skill: Skill) -> set[str]:
    """Return the kinds of actions that a skill proposes."""
    return {step.propose for step in card.flat(skill.steps) if isinstance(step, Propose)}
