"""What goes into a basket beside what lies in it: fitted from a shop's baskets by one inverted matrix.

EASE, after Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019): over the products most bought, G
holds what the baskets weigh that hold each two of them,

    G = X' W X        P = (G + RIDGE I)^-1        B = -P / diag(P), column by column, with an empty diagonal

and a product's score is the sum of its column of B over the products of a basket. Where two products only come together
since a third one brings them both, B leaves that to the third one; counts alone would not.

A basket weighs less by its age, and where it is as large as a reseller's. A customer's own earlier purchases count
beside that, where the product is one that people buy again.

Few baskets prove little: one product speaks for another where enough baskets hold both, the ridge keeps scores low that
few baskets bear out, and what scores too low is left out. What is known is then the matter of kinds of products
(`associations`) and of what they are.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shopfloor.kernel.ids import ProductId
from shopfloor.search.baskets import NOBODY, Table
from shopfloor.shop.models import Basket

ITEMS = 3_000
"""Products that are fitted, the most bought ones: more of them are too rarely bought to add to what is found (4,300
products of a real shop: 0.1 points), and time grows with their third power, memory with their second."""
HALF_LIFE_S = 180 * 86_400.0
"""A basket of so long ago counts half: what is bought together changes with the range and the seasons."""
WHOLE_BASKET = 40
"""Products from which on a basket weighs less, as its pairs grow with the square of its size: one of 400 a tenth."""
RIDGE = 7.0
"""How much weight of baskets it takes against chance."""
TOGETHER = 3
"""Baskets with both products that it takes for one to speak for the other."""
LEAST = 0.05
"""The score below which nothing is added: of 320 such additions to a real shop's baskets none was right, whether the
fit was to 100 baskets or to 23,000; of those above .3 one in thirteen was."""
EARLIER = 0.07
"""What an earlier purchase of the customer's counts, decayed as a basket is."""
MOST_EARLIER = 2.0
"""Decayed purchases beyond which more of them say no more."""
REBOUGHT = 0.05
"""The share of a product's customers who bought it again from which on an earlier purchase is a reason at all."""
CUSTOMERS = 5
"""Customers that a product's own share is worth as much as that of the whole shop."""
WIDE = 32
"""Baskets of more than one in so many of the products are added up as rows of a matrix, smaller ones pair by pair:
about there both take equally long."""
ROWS, PAIRS = 512, 1 << 17
"""What is added up by one call: some megabytes, and, as pairs hold all other threads up, some milliseconds."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """A product that goes into a basket, and what says so."""

    product: ProductId
    score: float
    """Higher is better; comparable for one basket only."""
    beside: ProductId | None
    """The product of the basket that speaks most for it; None where only the customer's own purchases do."""
    together: int = 0
    """Baskets that hold both."""
    of: int = 0
    """Baskets that hold `beside`."""
    earlier: int = 0
    """Of the customer's own earlier baskets, those that hold it."""


class BoughtTogether:
    """What is bought together in one shop, as of an instant; only read once it is fitted."""

    def __init__(self, table: Table, now: datetime, *, most: int = ITEMS) -> None:
        """Fit to baskets bought before an instant; it takes seconds where there are thousands of products."""
        self._now = now.timestamp()
        sizes = np.diff(table.ends, prepend=0)
        weights = _decay(self._now - table.times) * np.minimum(1, WHOLE_BASKET / np.maximum(sizes, 1))
        kept = _most_bought(table, np.repeat(weights, sizes), most)
        places = np.full(len(table.products), -1, np.int64)
        places[kept] = np.arange(len(kept))
        inside = places[table.items] >= 0
        items, owners = places[table.items][inside], np.repeat(np.arange(len(sizes)), sizes)[inside]
        numbers: list[int] = kept.tolist()
        self._products = tuple(table.products[number] for number in numbers)
        self._places = {product: place for place, product in enumerate(self._products)}
        self._together, weighed = _pairs(items, owners, weights, len(kept))
        self._speaks = _speaks(weighed, self._together)
        self._is_rebought = _rebought(items, table.customers[owners], len(kept))

    @property
    def nbytes(self) -> int:
        """Return how many bytes are kept of it, beside the products' ids."""
        return self._together.nbytes + self._speaks.nbytes

    def additions(
        self,
        basket: Collection[ProductId],
        earlier: Sequence[Basket] = (),
        *,
        beside: ProductId | None = None,
        limit: int,
    ) -> Sequence[Addition]:
        """Return what goes into a basket, the best first, then what is bought most; nothing that lies in it.

        `earlier` are baskets of the very customer's. With `beside`, each addition is one that this product of the
        basket speaks for.
        """
        rows = [self._places[product] for product in sorted(set(basket)) if product in self._places]
        speaks = self._speaks[rows]
        scores = speaks.sum(axis=0)
        counts = Counter[int]()
        for place, decayed in self._own(earlier, counts).items():
            scores[place] += EARLIER * min(decayed, MOST_EARLIER)
        scores[rows] = 0
        if beside is not None:
            only = self._places.get(beside)
            rows = [] if only is None else [only]
            speaks = self._speaks[rows]
            scores[speaks.sum(axis=0) <= 0] = 0
        return [
            self._addition(place, float(scores[place]), rows, speaks[:, place], counts[place])
            for place in _best(scores, limit)
        ]

    def _own(self, earlier: Iterable[Basket], counts: Counter[int]) -> Mapping[int, float]:
        """Return what a customer's purchases of each product that people buy again amount to; count them too."""
        decayed: dict[int, float] = {}
        for basket in earlier:
            weight = float(_decay(self._now - basket.at.timestamp()))
            for place in (self._places[product] for product in basket.products if product in self._places):
                if self._is_rebought[place]:
                    counts[place] += 1
                    decayed[place] = decayed.get(place, 0.0) + weight
        return decayed

    def _addition(self, place: int, score: float, rows: Sequence[int], speaks: Matrix, earlier: int) -> Addition:
        best = int(np.argmax(speaks)) if rows else None
        product = self._products[place]
        if best is None or speaks[best] <= 0:
            return Addition(product=product, score=score, beside=None, earlier=earlier)
        row = rows[best]
        return Addition(
            product=product,
            score=score,
            beside=self._products[row],
            together=int(self._together[row, place]),
            of=int(self._together[row, row]),
            earlier=earlier,
        )


def _decay(age_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is left of the weight of what was bought so long ago."""
    return 0.5 ** (np.maximum(age_s, 0) / HALF_LIFE_S)


def _most_bought(table: Table, weights: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return the numbers of the products that are fitted, those bought most first, then by id.

    What too few baskets hold is left out, since nothing can be held together with it by more.
    """
    count = len(table.products)
    bought = np.bincount(table.items, minlength=count)
    weighed = np.bincount(table.items, weights=weights, minlength=count)
    order = np.lexsort((np.array(table.products, np.str_), -weighed))
    return order[bought[order] >= TOGETHER][:most]


def _pairs(
    items: NDArray[np.int64], owners: NDArray[np.int64], weights: NDArray[np.float64], count: int
) -> tuple[Matrix, Matrix]:
    """Return how many baskets hold each two products, and what these weigh, both of shape (count, count).

    `items` are products by place, and `owners` the baskets that they lie in, ascending.
    """
    together, weighed = np.zeros((count, count), np.float32), np.zeros((count, count), np.float32)
    baskets, begins, sizes = np.unique(owners, return_index=True, return_counts=True)
    of_weight = weights[baskets].astype(np.float32)
    wide = np.flatnonzero(sizes * WIDE > count)
    for some in (wide[first : first + ROWS] for first in range(0, len(wide), ROWS)):
        rows = np.zeros((len(some), count), np.float32)
        for row, (begin, size) in enumerate(zip(begins[some], sizes[some], strict=True)):
            rows[row, items[begin : begin + size]] = 1
        together += rows.T @ rows
        weighed += rows.T @ (rows * of_weight[some, None])
    for size in np.unique(sizes[sizes * WIDE <= count]):
        alike = np.flatnonzero(sizes == size)
        step = max(1, PAIRS // int(size) ** 2)
        for some in (alike[first : first + step] for first in range(0, len(alike), step)):
            held = items[begins[some, None] + np.arange(size)]
            pairs = (held[:, :, None] * count + held[:, None, :]).ravel()
            np.add.at(together.reshape(-1), pairs, np.float32(1))
            np.add.at(weighed.reshape(-1), pairs, np.repeat(of_weight[some], size * size))
    return together, weighed


def _speaks(weighed: Matrix, together: Matrix) -> Matrix:
    """Return how much each product (by row) speaks for each other one, of shape (count, count): B of EASE.

    Nothing speaks for what too few baskets hold with it; against it, it may.
    """
    diagonal = np.arange(len(weighed))
    weighed[diagonal, diagonal] += RIDGE
    inverse: Matrix = np.linalg.inv(weighed)
    inverse /= -inverse[diagonal, diagonal]
    inverse[(together < TOGETHER) & (inverse > 0)] = 0
    inverse[diagonal, diagonal] = 0
    return inverse


def _rebought(items: NDArray[np.int64], customers: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Return which products enough of their customers bought again."""
    known = customers != NOBODY
    _, numbers = np.unique(customers[known], return_inverse=True)
    each, times = np.unique(numbers * count + items[known], return_counts=True)
    buyers = np.bincount(each % count, minlength=count) if count else np.zeros(0)
    again = np.bincount(each[times > 1] % count, minlength=count) if count else np.zeros(0)
    overall = again.sum() / max(1, buyers.sum())
    return (again + CUSTOMERS * overall) / (buyers + CUSTOMERS) >= REBOUGHT


def _best(scores: Matrix, limit: int) -> list[int]:
    """Return the places of the highest scores that say something, the highest first; of equals what is bought most."""
    order = np.argsort(-scores, kind="stable")[:limit]
    return [int(place) for place in order if scores[place] >= LEAST]
