"""What the upsell engine adds to open baskets, each by no more than was known before the month it was bought in."""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from time import perf_counter

from shopfloor.kernel.errors import StorageError
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId
from shopfloor.search.baskets import Baskets
from shopfloor.search.bought_together import BoughtTogether
from shopfloor.shop.models import Basket
from shopfloor.tools.retail.habits import EARLIER_ORDERS

ADDED = 5
"""Products for each basket."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Completed:
    """What was found for open baskets."""

    added: Mapping[OrderNumber, Sequence[ProductId]]
    """By basket, the best first."""
    fits_s: tuple[float, ...]
    """How long each month's fit took."""
    took_ms: tuple[float, ...]
    """How long each basket took."""


def complete(
    history: Sequence[Basket],
    queries: Sequence[Basket],
    tell: Callable[[int], None] = lambda _done: None,
    *,
    told_fit: Callable[[datetime, int], None] = lambda _month, _baskets: None,
) -> Completed:
    """Add products to open baskets by the engine that the tools use, fitted anew for each month.

    Of the history, which comes oldest first, a month takes the baskets before its first day, those of the basket's own
    customer among them. `tell` hears how many baskets are done, `told_fit` of each fit that begins.
    """
    known, theirs = Baskets(), defaultdict[CustomerId, deque[Basket]](lambda: deque(maxlen=EARLIER_ORDERS))
    added: dict[OrderNumber, Sequence[ProductId]] = {}
    fits_s: list[float] = []
    took_ms: list[float] = []
    taken = 0
    for month, open_baskets in groupby(sorted(queries, key=_month), key=_month):
        first = taken
        while taken < len(history) and history[taken].at < month:
            taken += 1
        known.add(history[first:taken])
        for basket in history[first:taken]:
            if basket.customer_id is not None:
                theirs[basket.customer_id].append(basket)
        told_fit(month, len(known))
        begun = perf_counter()
        engine = BoughtTogether(known.table(), month)
        fits_s.append(perf_counter() - begun)
        for basket in open_baskets:
            begun = perf_counter()
            earlier = theirs.get(basket.customer_id, ()) if basket.customer_id is not None else ()
            found = engine.additions(basket.products, tuple(earlier), limit=ADDED)
            took_ms.append((perf_counter() - begun) * 1000)
            added[basket.order] = [each.product for each in found]
            tell(len(took_ms))
    return Completed(added=added, fits_s=tuple(fits_s), took_ms=tuple(took_ms))


def _month(basket: Basket) -> datetime:
    """Return the first instant of the month of a basket."""
    return basket.at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def write_additions(path: Path, queries: Sequence[Basket], added: Mapping[OrderNumber, Sequence[ProductId]]) -> None:
    """Write what was added to each basket, one a line, in the order of the queries.

    Raises:
        StorageError: the file cannot be written.
    """
    lines = [json.dumps({"invoice": each.order, "recs": list(added[each.order])}) for each in queries]
    try:
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
