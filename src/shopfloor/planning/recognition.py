"""Recognising the skills that a text asks for: masked, its spelling corrected, matched with the cards' examples."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shopfloor.agents.card import AgentCard
from shopfloor.agents.playbook import Call, Propose
from shopfloor.agents.transfers import SCENARIO
from shopfloor.language.answers import is_goodbye, is_greeting, is_no, is_thanks
from shopfloor.language.preferences import statements
from shopfloor.language.text import stem, words
from shopfloor.planning.background import Background
from shopfloor.planning.clauses import is_begun_anew
from shopfloor.planning.escalation import SCENARIOS, Rule, escalation
from shopfloor.planning.masking import NAMED, PLAIN, mask
from shopfloor.planning.matcher import Match, Scores, fitted
from shopfloor.planning.trained import ByCards, Trained
from shopfloor.search.contract import ProductSearch
from shopfloor.search.spelling import Speller
from shopfloor.topics.concepts import is_frame, matter_words, matters
from shopfloor.topics.topics import Topics

LONGEST_SMALL_TALK = 60
"""Letters."""
QUALITIES = frozenset({"material", "attribute"})
"""Matters that say how a thing is, and ask for nothing."""
INTO_CART = re.compile(r"\b(?:in|into|to) (?:my|the) (?:cart|basket|bag)\W*$", re.IGNORECASE)
"""Where something is put, behind what it is: `in black, size M to my cart`."""
WISHING = re.compile(
    r"\b(?:do|can|could|would|have|are|is|what|which|where|how|show|find|get|give|need|want|looking|search|like to|"
    r"recommend|order|return|cancel|add|put)\b.*\b(?:you|me|i|it|them|my|one|ones|some|any|for|an?|the)\b",
    re.IGNORECASE,
)
"""What a text holds that asks for something beside what it tells."""
NOT_OURS = "not_ours"
"""The label of what is no shop's business."""
OWN_GOODS = 0.2
"""What is taken off the score of what is not ours where a text names goods of the shop's own catalogue."""
CERTAINLY = 0.6
"""A match at or above it stands though the text may be read as telling of the customer."""
NAMES_ORDER = 0.4
"""What a skill that takes an order gains on its agent's others where a text names one."""
NO_ORDERS = 0.25
"""What an agent that takes no orders loses where a text names one."""
NAMES, NAMES_MATTER = PLAIN | {"productref"}, 0.5
"""What a text names, masked, that is no small talk; and what small talk then loses."""
FOREIGN, PASSING = -0.05, -0.05
"""What is added to the score of what is not ours, and of passing a message on to a person though no rule says so."""
FOREIGN_TRAINED, PASSING_TRAINED = 0.05, -0.25
"""The same beside a history: that holds little of all that is not ours, and more messages for people than come."""


Beside = Callable[[Sequence[str], NDArray[np.float64]], NDArray[np.float64]]
"""Takes the labels and a text's scores by its English, and returns its scores by more than that."""


class Recognition(Protocol):
    """Recognises skills."""

    @property
    def is_strict(self) -> bool:
        """Return whether a message is cut only where something surely begins anew."""
        ...

    @property
    def match(self) -> Callable[[str, bool], Sequence[Match]]:
        """Return what returns all skills for a text, the best first, given whether products were shown before."""
        ...

    def taker(self, text: str) -> str | None:
        """Return the skill that passes a text on to a person because a rule says so, or None."""
        ...

    def is_fragment(self, text: str) -> bool:
        """Whether a text only names something, so that it asks for nothing by itself."""
        ...

    def is_dependent(self, text: str) -> bool:
        """Whether a text means nothing by itself."""
        ...

    def begins_anew(self, text: str) -> bool:
        """Whether a text begins like a new question, wish or order."""
        ...


class Recogniser:
    """Knows what the cards' examples look like; made anew when cards change."""

    is_strict = False

    def __init__(
        self,
        cards: Sequence[AgentCard],
        background: Background,
        search: ProductSearch,
        trained: Trained | None = None,
    ) -> None:
        """Take the cards, what is known of all shops, what knows the products' names, and what a history adds."""
        self._search = search
        self._trained = trained
        self._goods = background.goods
        self._words = search.words()
        is_kind = lru_cache(maxsize=8_192)(self._names_kind)
        self.is_kind: Callable[[str], bool] = is_kind
        """Return whether a word names a kind of product."""
        examples = _examples(cards, background.not_ours, self.is_kind)
        known = {
            word for label, texts in examples.items() if label != NOT_OURS for text in texts for word in text.split()
        }
        elsewhere = {word for text in examples[NOT_OURS] for word in text.split()}
        if topics := background.topics:
            known.update(topics.header.words)
            elsewhere.update(topics.header.outside_words)
        self._everyday = known | elsewhere
        self._speller = Speller(known | matter_words(), right=elsewhere.union(search.words()))
        self._matcher = fitted(_rows(examples), topics, _rows(_claims(cards, topics)))
        self._takers = _takers(cards)
        self._keeper = _keeper(cards)
        places = {
            self._matcher.labels.index(label): (card, skill)
            for card in cards
            for skill in card.skills
            if (label := f"{card.id}/{skill.id}") in self._matcher.labels
        }
        self._taking_orders = [
            place
            for place, (card, skill) in places.items()
            if any(card.slots[name].type == "order_number" for name in skill.takes)
        ]
        taking = {self._matcher.labels[place].partition("/")[0] for place in self._taking_orders}
        self._talking = [
            place
            for place, (card, skill) in places.items()
            if not skill.takes and not any(isinstance(step, Call | Propose) for step in card.flat(skill.steps))
        ]
        self._agents = _agents(self._matcher.labels, set(self._takers.values()), is_trained=trained is not None)
        self._without_orders = {agent for agent, _, _ in self._agents} - taking - {NOT_OURS}
        match = lru_cache(maxsize=4_096)(self._match)
        self.match: Callable[[str, bool], Sequence[Match]] = match
        """Return all skills for a text, the best first; the flag says whether products were shown before."""
        masked = lru_cache(maxsize=4_096)(self._mask)
        self._masked: Callable[[str, bool], str] = masked
        self._cached = (is_kind, match, masked)

    def keep_up(self) -> None:
        """Forget what texts were found to be once the catalogue has changed, which products are named after."""
        if self._search.words() is not self._words:
            self._words = self._search.words()
            for known in self._cached:
                known.cache_clear()

    def _match(self, text: str, has_products: bool) -> Sequence[Match]:
        return self.judged(text, has_products=has_products)

    def judged(
        self, text: str, *, has_products: bool, beside: Beside | None = None, taker: str | None = None
    ) -> Sequence[Match]:
        """Return all skills for a text, the best first, where more than its English tells of it.

        `taker` is the skill that passes it on because a rule for its own language says so.
        """
        masked, scores = self._scored(text, has_products, beside)
        named = NAMES.intersection(masked.split())
        for place in self._taking_orders if "orderref" in named else ():
            scores.within_agent[place] += NAMES_ORDER
        for place in self._talking if named else ():
            scores.among_agents[place] -= min(NAMES_MATTER, max(scores.among_agents[place], 0.0))
        wholes = self._wholes(scores)
        for agent in self._without_orders if "orderref" in named else ():
            wholes[agent] -= NO_ORDERS
        known = ByCards(text=text, masked=masked, topics=scores.topics, scores=wholes)
        found = self._by_agent(scores, self._adjusted(known))
        taker = self.taker(text) or taker
        is_told = not taker and found[0].score < CERTAINLY and _only_tells(text)
        skill = self._keeper if is_told else taker
        return [Match(skill, 1.0), *(one for one in found if one.label != skill)] if skill else found

    def taker(self, text: str) -> str | None:
        """Return the skill that passes a text on to a person because a rule says so, or None."""
        return self.taking(escalation(text))

    def taking(self, rule: Rule | None) -> str | None:
        """Return the skill that takes what falls under a rule, or None."""
        return self._takers.get(rule.scenario) if rule else None

    def by_cards(self, text: str) -> ByCards:
        """Return what is known of a text by the cards alone."""
        masked, scores = self._scored(text, has_products=False)
        return ByCards(text=text, masked=masked, topics=scores.topics, scores=self._wholes(scores))

    def _scored(self, text: str, has_products: bool, beside: Beside | None = None) -> tuple[str, Scores]:
        """Return a text as it is matched, and the skills' scores for it."""
        small_talk = _small_talk(text)
        masked = small_talk or self._masked(text, has_products)
        scores = self._matcher.scores(masked)
        if beside and not small_talk:
            labels = self._matcher.labels
            scores = Scores(beside(labels, scores.among_agents), beside(labels, scores.within_agent), scores.topics)
        if self._search.understand(text).category or self._search.named(text):
            scores.among_agents[self._matcher.labels.index(NOT_OURS)] -= OWN_GOODS
        return masked, scores

    def _adjusted(self, known: ByCards) -> Mapping[str, float]:
        """Return the agents' scores as a merchant's history corrects them; small talk is the same in all shops."""
        return self._trained.adjusted(known) if self._trained and not _small_talk(known.text) else known.scores

    def _wholes(self, scores: Scores) -> dict[str, float]:
        """Return each agent's score: that of all its skills together."""
        return {agent: float(scores.among_agents[places].sum()) for agent, places, _ in self._agents}

    def _by_agent(self, scores: Scores, wholes: Mapping[str, float]) -> list[Match]:
        """Return all skills, the best first: as good as its agent's skills together, less what it is behind their best.

        Which agent is meant is surer than which of its skills, so that one is found first.
        """
        matches: list[Match] = []
        for agent, places, prior in self._agents:
            own = scores.within_agent[places]
            whole = wholes[agent] + prior
            behind = own.max() - own
            matches += [
                Match(self._matcher.labels[place], whole - float(gap))
                for place, gap in zip(places, behind, strict=True)
            ]
        return sorted(matches, key=lambda match: -match.score)

    def _names_kind(self, word: str) -> bool:
        if word in matter_words():  # `stock` is neither a stocking nor a misspelt sock
            return False
        return stem(word) in self._goods or self._search.understand(word).category is not None

    def is_fragment(self, text: str) -> bool:
        """Whether a text only names a product, a colour or a size, so that it asks for nothing by itself."""
        masked = self._masked(text, False)
        return all(word in NAMED or matters(stem(word)) & QUALITIES for word in masked.split())

    def is_dependent(self, text: str) -> bool:
        """Whether a text means nothing by itself: a fragment, or `I need help`, `is that possible`."""
        bare = INTO_CART.sub("", text)
        return (bool(bare.strip()) and self.is_fragment(bare)) or is_frame(self._masked(text, False))

    def begins_anew(self, text: str) -> bool:
        """Whether a text begins like a new question, wish or order."""
        return is_begun_anew(text)

    def is_everyday(self, word: str) -> bool:
        """Whether an English word stands in examples."""
        return word in self._everyday

    def _mask(self, text: str, has_products: bool) -> str:
        masked = mask(text, self.is_kind, self.product_words(text), has_products=has_products)
        return " ".join(self._speller.correct(word) for word in masked.split())

    def product_words(self, text: str) -> frozenset[str]:
        """Return the words that name products; one everyday word alone, such as `money`, names none."""
        named = words(text)
        found: set[str] = set()
        for product in self._search.named(text):
            title = self._search.title_words(product).intersection(named)
            if len(title) > 1 or not title <= self._everyday:
                found |= title
        return frozenset(found)


def _takers(cards: Sequence[AgentCard]) -> Mapping[str, str]:
    """Return the skill that takes each scenario that the rules know."""
    found: dict[str, str] = {}
    for scenario in SCENARIOS:
        skills = [
            (card, skill) for card in cards for skill in card.skills if SCENARIO in skill.takes and skill.examples
        ]
        named = next(((card, skill) for card, skill in skills if skill.id == scenario), None)
        if chosen := named or next(iter(skills), None):
            found[scenario] = f"{chosen[0].id}/{chosen[1].id}"
    return found


def _keeper(cards: Sequence[AgentCard]) -> str | None:
    """Return the skill that notes what customers say of themselves, or None."""
    skills = ((card, skill) for card in cards for skill in card.skills if skill.examples)
    return next(
        (
            f"{card.id}/{skill.id}"
            for card, skill in skills
            if any(card.slots[name].type == "preference" for name in skill.takes)
        ),
        None,
    )


def _only_tells(text: str) -> bool:
    """Whether a text says of the customer what they wear or like, and asks for nothing."""
    return bool(statements(text)) and "?" not in text and not WISHING.search(text)


def _agents(labels: Sequence[str], takers: Collection[str], *, is_trained: bool) -> list[tuple[str, list[int], float]]:
    """Return each agent with the places of its skills among the labels, and what its score is less from the start."""
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label.partition("/")[0], []).append(place)
    passing = {label.partition("/")[0] for label in takers}
    foreign, passed = (FOREIGN_TRAINED, PASSING_TRAINED) if is_trained else (FOREIGN, PASSING)
    return [
        (agent, own, foreign if agent == NOT_OURS else passed if agent in passing else 0.0)
        for agent, own in places.items()
    ]


def _small_talk(text: str) -> str | None:
    """Return the plain form of a text that only greets, thanks or takes leave."""
    if len(text) > LONGEST_SMALL_TALK:
        return None
    if is_thanks(text) and is_no(text):
        return "no thanks"  # which turns something down
    return "hello" if is_greeting(text) else "thanks" if is_thanks(text) else "goodbye" if is_goodbye(text) else None


def _claims(cards: Sequence[AgentCard], topics: Topics | None) -> Mapping[str, Sequence[str]]:
    """Return the topics that each skill is for; what is outside of shops is for none."""
    claimed = {f"{card.id}/{skill.id}": skill.topics for card in cards for skill in card.skills if skill.topics}
    return {**claimed, NOT_OURS: topics.header.outside} if topics else {}


def _rows(texts: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((label, tuple(listed)) for label, listed in sorted(texts.items()))


def _examples(
    cards: Sequence[AgentCard], others: Sequence[str], is_kind: Callable[[str], bool]
) -> Mapping[str, Sequence[str]]:
    examples = {
        f"{card.id}/{skill.id}": [mask(text, is_kind) for text in (skill.name, *skill.examples)]
        for card in cards
        for skill in card.skills
        if skill.examples
    }
    return {**examples, NOT_OURS: [mask(text, is_kind) for text in others]}
