"""Which kinds of products are bought together: association rules fitted from baskets.

Over N baskets, of which n(A) hold A, n(B) hold B and n(A, B) hold both, the rule "who takes A takes B" has

    support     n(A, B) / N                     how often both are bought at all
    confidence  n(A, B) / n(A)                  how often B comes with A
    lift        confidence / (n(B) / N)         how much more often than among all; 1 where A tells nothing of B

Support and confidence as in Agrawal, Imielinski and Swami, "Mining association rules between sets of items in large
databases" (SIGMOD 1993); lift as the "interest" of Brin, Motwani, Ullman and Tsur, "Dynamic itemset counting and
implication rules for market basket data" (SIGMOD 1997). Where products are bought too rarely to speak for each other
(`bought_together`), their kinds speak for them: the leaf categories, as in Srikant and Agrawal, "Mining generalized
association rules" (VLDB 1995).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import exp, lgamma, log
from typing import Generic, TypeVar

from shopfloor.kernel.ids import ProductId

T = TypeVar("T", bound=Hashable)

MIN_BASKETS = 2
"""Baskets with both kinds that a rule between them takes."""
MAX_CHANCE = 0.2
"""How likely so many baskets with both may be if the two had nothing to do with each other, by Poisson's distribution.
Of 200 orders, two with tents and sneakers are likely by chance, two with belts and dress shoes are not."""
MIN_CONFIDENCE = 0.1
"""A rule below it holds too seldom to be a reason."""
MIN_LIFT = 1.0
"""A rule at or below it says nothing: the one is bought as often without the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule(Generic[T]):
    """Who takes the one takes the other."""

    given: T
    then: T
    baskets: int
    """That hold both."""
    support: float
    confidence: float
    lift: float


class KindRules:
    """The rules between the kinds of products of one shop."""

    def __init__(self, baskets: Iterable[Iterable[ProductId]], kind_of: Callable[[ProductId], str | None]) -> None:
        """Fit to baskets; `kind_of` returns a product's narrowest category, None for what is left out."""
        kinds = ((kind_of(product) for product in basket) for basket in baskets)
        known = [frozenset(kind for kind in basket if kind) for basket in kinds]
        self._rules = rules(known, at_least=MIN_BASKETS, chance=MAX_CHANCE)

    def beside(self, kind: str) -> Sequence[Rule[str]]:
        """Return the kinds of products that are often bought with those of a kind, the surest first."""
        return self._rules.get(kind, ())


def rules(baskets: Sequence[frozenset[T]], *, at_least: int, chance: float = 1.0) -> Mapping[T, Sequence[Rule[T]]]:
    """Return the rules that enough baskets bear out, by what is given; the surest first, then by name.

    `chance` is how likely it may be that chance alone makes so many baskets hold both.
    """
    alone = Counter(item for basket in baskets for item in basket)
    together = Counter(pair for basket in baskets for pair in permutations(sorted(basket, key=str), 2))
    found: dict[T, list[Rule[T]]] = {}
    for (given, then), count in together.items():
        confidence = count / alone[given]
        lift = confidence * len(baskets) / alone[then]
        is_sure = by_chance(count, count / lift) <= chance
        if count >= at_least and confidence >= MIN_CONFIDENCE and lift > MIN_LIFT and is_sure:
            rule = Rule(
                given=given,
                then=then,
                baskets=count,
                support=count / len(baskets),
                confidence=confidence,
                lift=lift,
            )
            found.setdefault(given, []).append(rule)
    return {given: sorted(each, key=_surest) for given, each in found.items()}


def by_chance(count: int, mean: float) -> float:
    """Return how likely a count or a greater one is, of what happens so often on average (Poisson)."""
    return 1 - sum(exp(each * log(mean) - mean - lgamma(each + 1)) for each in range(count))


def _surest(rule: Rule[T]) -> tuple[float, float, str]:
    return -rule.confidence, -rule.lift, str(rule.then)
