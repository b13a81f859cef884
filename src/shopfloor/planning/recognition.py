"""Recognising the skills that a text asks for: masked, its spelling corrected, matched with the cards' examples."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shopfloor.agents.card import AgentCard
from shopfloor.agents.transfers import SCENARIO
from shopfloor.language.answers import is_goodbye, is_greeting, is_no, is_thanks
from shopfloor.language.text import stem, words
from shopfloor.planning.background import Background
from shopfloor.planning.clauses import is_begun_anew
from shopfloor.planning.concepts import is_frame, matter_words, matters
from shopfloor.planning.escalation import SCENARIOS, Rule, escalation
from shopfloor.planning.masking import NAMED, mask
from shopfloor.planning.matcher import Match, fitted
from shopfloor.planning.trained import Trained
from shopfloor.search.contract import ProductSearch
from shopfloor.search.spelling import Speller

LONGEST_SMALL_TALK = 60
"""Letters."""
QUALITIES = frozenset({"material", "attribute"})
"""Matters that say how a thing is, and ask for nothing."""
INTO_CART = re.compile(r"\b(?:in|into|to) (?:my|the) (?:cart|basket|bag)\W*$", re.IGNORECASE)
"""Where something is put, behind what it is: `in black, size M to my cart`."""
NOT_OURS = "not_ours"
"""The label of what is no shop's business."""
OWN_GOODS = 0.4
"""What is taken off the score of what is not ours where a text names goods of the shop's own catalogue."""
FOREIGN, PASSING = 0.0, -0.2
"""What is added to the score of what is not ours, and of passing a message on to a person though no rule says so."""


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
        self.is_kind: Callable[[str], bool] = lru_cache(maxsize=8_192)(self._names_kind)
        """Return whether a word names a kind of product."""
        examples = _examples(cards, background.not_ours, self.is_kind)
        known = {
            word for label, texts in examples.items() if label != NOT_OURS for text in texts for word in text.split()
        }
        elsewhere = {word for text in examples[NOT_OURS] for word in text.split()}
        self._everyday = known | elsewhere
        self._speller = Speller(known | matter_words(), right=elsewhere.union(search.words()))
        self._matcher = fitted(tuple((label, tuple(texts)) for label, texts in sorted(examples.items())))
        self._takers = _takers(cards)
        self._agents = _agents(self._matcher.labels, set(self._takers.values()))
        self.match: Callable[[str, bool], Sequence[Match]] = lru_cache(maxsize=4_096)(self._match)
        """Return all skills for a text, the best first; the flag says whether products were shown before."""

    def _match(self, text: str, has_products: bool) -> Sequence[Match]:
        return self.judged(text, has_products=has_products)

    def judged(
        self, text: str, *, has_products: bool, beside: Beside | None = None, rule: Rule | None = None
    ) -> Sequence[Match]:
        """Return all skills for a text, the best first, where more than its English tells of it, or a rule."""
        masked, scores = self._scored(text, has_products, beside)
        wholes = self._wholes(scores)
        found = self._by_agent(scores, self._trained.adjusted(text, masked, wholes) if self._trained else wholes)
        rule = escalation(text) or rule
        skill = self._takers.get(rule.scenario) if rule else None
        return [Match(skill, 1.0), *(one for one in found if one.label != skill)] if skill else found

    def by_cards(self, text: str) -> tuple[str, Mapping[str, float]]:
        """Return a text as it is matched, and each agent's score for it by the cards alone."""
        masked, scores = self._scored(text, has_products=False)
        return masked, self._wholes(scores)

    def _scored(self, text: str, has_products: bool, beside: Beside | None = None) -> tuple[str, NDArray[np.float64]]:
        """Return a text as it is matched, and the skills' scores for it."""
        small_talk = _small_talk(text)
        masked = small_talk or self._masked(text, has_products)
        scores = self._matcher.scores(masked)
        if beside and not small_talk:
            scores = beside(self._matcher.labels, scores)
        if self._search.understand(text).category or self._search.named(text):
            scores[self._matcher.labels.index(NOT_OURS)] -= OWN_GOODS
        return masked, scores

    def _wholes(self, scores: NDArray[np.float64]) -> dict[str, float]:
        """Return each agent's score: that of all its skills together."""
        return {agent: float(scores[places].sum()) for agent, places, _ in self._agents}

    def _by_agent(self, scores: NDArray[np.float64], wholes: Mapping[str, float]) -> list[Match]:
        """Return all skills, the best first: as good as its agent's skills together, less what it is behind their best.

        Which agent is meant is surer than which of its skills, so that one is found first.
        """
        matches: list[Match] = []
        for agent, places, prior in self._agents:
            own = scores[places]
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
        masked = self._masked(text, has_products=False)
        return all(word in NAMED or matters(stem(word)) & QUALITIES for word in masked.split())

    def is_dependent(self, text: str) -> bool:
        """Whether a text means nothing by itself: a fragment, or `I need help`, `is that possible`."""
        bare = INTO_CART.sub("", text)
        return (bool(bare.strip()) and self.is_fragment(bare)) or is_frame(self._masked(text, has_products=False))

    def begins_anew(self, text: str) -> bool:
        """Whether a text begins like a new question, wish or order."""
        return is_begun_anew(text)

    def is_everyday(self, word: str) -> bool:
        """Whether an English word stands in examples."""
        return word in self._everyday

    def _masked(self, text: str, has_products: bool) -> str:
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


def _agents(labels: Sequence[str], takers: Collection[str]) -> list[tuple[str, list[int], float]]:
    """Return each agent with the places of its skills among the labels, and what its score is less from the start."""
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label.partition("/")[0], []).append(place)
    passing = {label.partition("/")[0] for label in takers}
    return [
        (agent, own, FOREIGN if agent == NOT_OURS else PASSING if agent in passing else 0.0)
        for agent, own in places.items()
    ]


def _small_talk(text: str) -> str | None:
    """Return the plain form of a text that only greets, thanks or takes leave."""
    if len(text) > LONGEST_SMALL_TALK:
        return None
    if is_thanks(text) and is_no(text):
        return "no thanks"  # which turns something down
    return "hello" if is_greeting(text) else "thanks" if is_thanks(text) else "goodbye" if is_goodbye(text) else None


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
