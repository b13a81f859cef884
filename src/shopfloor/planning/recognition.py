"""Recognising the skills that a text asks for: masked, its spelling corrected, matched with the cards' examples."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from shopfloor.agents.card import AgentCard
from shopfloor.language.answers import is_goodbye, is_greeting, is_no, is_thanks
from shopfloor.language.text import words
from shopfloor.planning.masking import NAMED, mask
from shopfloor.planning.matcher import Match, Matcher
from shopfloor.search.contract import ProductSearch
from shopfloor.search.spelling import Speller

LONGEST_SMALL_TALK = 60
"""Letters."""
NOT_OURS = "not_ours"
"""The label of what is no shop's business."""


class Recogniser:
    """Knows what the cards' examples look like; made anew when cards change."""

    def __init__(self, cards: Sequence[AgentCard], others: Sequence[str], search: ProductSearch) -> None:
        """Take the cards, examples of what is not ours, and what knows the products' names."""
        self._search = search
        self._is_kind: Callable[[str], bool] = lru_cache(maxsize=8_192)(self._names_kind)
        examples = _examples(cards, others, self._is_kind)
        known = {word for texts in examples.values() for text in texts for word in text.split()}
        self._everyday = known
        self._speller = Speller(known, right=search.words())
        self._matcher = Matcher(examples)
        self.match: Callable[[str, bool], Sequence[Match]] = lru_cache(maxsize=4_096)(self._match)
        """Return all skills for a text, the best first; the flag says whether products were shown before."""

    def _match(self, text: str, has_products: bool) -> Sequence[Match]:
        return self._matcher.match(_small_talk(text) or self._masked(text, has_products))

    def _names_kind(self, word: str) -> bool:
        return self._search.understand(word).category is not None

    def is_fragment(self, text: str) -> bool:
        """Whether a text only names a product, a colour or a size, so that it asks for nothing by itself."""
        return all(word in NAMED for word in self._masked(text, has_products=False).split())

    def _masked(self, text: str, has_products: bool) -> str:
        masked = mask(text, self._is_kind, self._product_words(text), has_products=has_products)
        return " ".join(self._speller.correct(word) for word in masked.split())

    def _product_words(self, text: str) -> frozenset[str]:
        """Return the words that name products; one everyday word alone, such as `money`, names none."""
        named = words(text)
        found: set[str] = set()
        for product in self._search.named(text):
            title = self._search.title_words(product).intersection(named)
            if len(title) > 1 or not title <= self._everyday:
                found |= title
        return frozenset(found)


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
