"""What was bought in a shop's orders, kept so compactly that no order has to be read twice.

A million orders of five products take 40 MB: numbers in place of products' ids, one behind the other, and of each
order when it was, where it ends, and a number that tells its customer from others. Who the customer is cannot be told
from that number.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shopfloor.kernel.ids import ProductId
from shopfloor.shop.models import Basket

NOBODY = 0
"""The number of whoever bought as a guest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Baskets at one moment, as arrays; the items of basket `n` are `items[ends[n - 1] : ends[n]]`."""

    products: tuple[ProductId, ...]
    """By number."""
    items: NDArray[np.int32]
    """Numbers of products, each once in a basket."""
    ends: NDArray[np.int64]
    times: NDArray[np.float64]
    """Seconds since 1970, ascending."""
    customers: NDArray[np.int64]
    """`NOBODY` for guests."""


class Baskets:
    """The baskets of one shop, oldest first."""

    def __init__(self, baskets: Iterable[Basket] = ()) -> None:
        """Take baskets, oldest first."""
        self._numbers: dict[ProductId, int] = {}
        self._items = array("i")
        self._ends = array("q")
        self._times = array("d")
        self._customers = array("q")
        self.add(baskets)

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, baskets: Iterable[Basket]) -> None:
        """Take more baskets in, oldest first, none of them older than the newest one here."""
        for basket in baskets:
            for product in sorted(basket.products):
                self._items.append(self._numbers.setdefault(product, len(self._numbers)))
            self._ends.append(len(self._items))
            self._times.append(basket.at.timestamp())
            self._customers.append(NOBODY if basket.customer_id is None else hash(basket.customer_id) or 1)

    def drop_from(self, at: datetime) -> None:
        """Leave out what was bought at an instant or later."""
        self._keep(0, bisect_left(self._times, at.timestamp()))

    def drop_oldest(self, keep: int) -> None:
        """Leave out all but so many of the newest baskets."""
        self._keep(max(0, len(self) - keep), len(self))

    def table(self) -> Table:
        """Return the baskets as they are now; what is added later does not change it."""
        return Table(
            products=tuple(self._numbers),
            items=np.array(self._items, np.int32),
            ends=np.array(self._ends, np.int64),
            times=np.array(self._times, np.float64),
            customers=np.array(self._customers, np.int64),
        )

    def newest(self, count: int) -> Sequence[Sequence[ProductId]]:
        """Return the products of the newest baskets, the oldest of these first."""
        products = tuple(self._numbers)
        ends = self._ends[-count - 1 :] if len(self) > count else array("q", [0, *self._ends])
        return [[products[number] for number in self._items[begin:end]] for begin, end in pairwise(ends)]

    def _keep(self, first: int, end: int) -> None:
        """Keep the baskets from one to another."""
        begins = self._ends[first - 1] if first else 0
        self._items = self._items[begins : self._ends[end - 1] if end else 0]
        self._ends = array("q", (each - begins for each in self._ends[first:end]))
        self._times, self._customers = self._times[first:end], self._customers[first:end]
