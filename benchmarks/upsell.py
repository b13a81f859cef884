"""Measures what is bought together: fitting it, what is then kept, and suggesting by it.

Each size is measured in a process of its own, with one thread of numpy's: a made-up shop in which things of a group are
bought together more often than others, some things far more often than most. The tool is measured beside it, with the
demo shop on SQLite: cart, customer's own orders, stock and prices are read anew each time.
"""

import asyncio
import os
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path

from figures import Figures, record, spread

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.identity.identity import Identity
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, OrderNumber, ProductId, TurnId
from shopfloor.search.baskets import Baskets
from shopfloor.search.bought_together import BoughtTogether
from shopfloor.shop.models import Basket
from shopfloor.tools.contract import ToolContext

NOW = datetime(2026, 5, 4, tzinfo=UTC)
SIZES = ((1_000, 20_000), (3_000, 20_000), (3_000, 200_000), (20_000, 200_000))
"""Products and orders."""
GROUP = 12
LARGEST = 10
IN_GROUP = 0.6
"""How often the next thing of a basket is of the group of the first."""
SUGGESTIONS = 2_000
CALLS = 300
WARM_UP = 20
MEGABYTE = 1 << 20


def made_up(products: int, orders: int) -> list[Basket]:
    """Return the orders of a shop over two years."""
    throw = random.Random(1)
    weights = list(accumulate(1 / (rank + 20) for rank in range(products)))
    firsts = throw.choices(range(products), cum_weights=weights, k=orders)
    baskets: list[Basket] = []
    for number, first in enumerate(firsts):
        held = {first}
        for other in throw.choices(range(products), cum_weights=weights, k=throw.randrange(LARGEST)):
            begins = first - first % GROUP
            held.add(min(products - 1, begins + throw.randrange(GROUP)) if throw.random() < IN_GROUP else other)
        baskets.append(
            Basket(
                order=OrderNumber(str(number)),
                at=NOW - timedelta(days=730) * (1 - number / orders),
                customer_id=CustomerId(f"c{throw.randrange(orders // 4)}"),
                products=frozenset(ProductId(f"p{each}") for each in held),
            )
        )
    return baskets


def memory_mb() -> float:
    """Return the most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def measured(products: int, orders: int) -> Figures:
    """Return the figures of one size."""
    sold = made_up(products, orders)
    before = memory_mb()
    begun = time.perf_counter()
    held = Baskets(sold)
    taken_in = time.perf_counter()
    shop = BoughtTogether(held.table(), NOW)
    fitted = time.perf_counter()
    peak = memory_mb() - before
    times: list[float] = []
    throw = random.Random(2)
    for _ in range(SUGGESTIONS):
        basket, earlier = throw.choice(sold).products, throw.sample(sold, 5)
        started = time.perf_counter()
        shop.additions(basket, earlier, limit=12)
        times.append(time.perf_counter() - started)
    return {
        "take_in_s": round(taken_in - begun, 2),
        "fit_s": round(fitted - taken_in, 2),
        "peak_mb": round(peak),
        "kept_mb": round(shop.nbytes / MEGABYTE),
        **spread("suggest", times),
    }


class Visit:
    """A session that remembers nothing."""

    conversation_id = ConversationId("bench")
    identity = Identity(customer_id=CustomerId("c-001"))

    def earlier(self, *_tools: str) -> Sequence[object]:
        """Return no calls."""
        return ()


async def tool() -> Figures:
    """Return how long the tool takes, for a signed-in customer with a cart and orders."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_app(Config(data=Path(folder))) as app:
            times: list[float] = []
            for call in range(WARM_UP + CALLS):
                context = ToolContext(
                    session=Visit(),  # type: ignore[arg-type]
                    turn_id=TurnId("t"),
                    task_id="t1",
                    agent=AgentId("product_upsell"),
                    agent_name="Upsell",
                    origin=f"bench/{call}",
                    now=app.clock.now(),
                )
                started = time.perf_counter()
                await app.tools.call("suggest_products", {"is_asked": True}, context)
                times.append(time.perf_counter() - started)
            return spread("call", times[WARM_UP:])


def main() -> None:
    """Measure each size, then the tool."""
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    figures: dict[str, Figures] = {}
    for products, orders in SIZES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
            figures[f"{products:,} products, {orders:,} orders"] = processes.submit(measured, products, orders).result()
    figures["the tool, demo shop on SQLite"] = asyncio.run(tool())
    record("upsell", figures)


if __name__ == "__main__":
    main()
