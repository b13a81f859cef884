"""Measures product search: indexing a catalogue, what is then kept, and searching it with four filters.

Each size is measured in a process of its own, over a made-up catalogue: words drawn as in real texts, a few by far
more often than most (Zipf), six variants a product. Every query has two words and asks for a colour, a size, a price
and stock, as a customer would write it; half of the titles that such a query may mean exist. `python
benchmarks/product_search.py 1000000` measures another size.
"""

import asyncio
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate
from multiprocessing import get_context

from figures import Figures, record, spread

from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.search.contract import ProductQuery
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.models import Product, Variant

SIZES = (1_000, 10_000, 43_000)
WORDS = 30_000
COLOURS = ("red", "black", "navy", "white", "forest green", "beige")
SIZE_NAMES = ("S", "M", "L", "XL")
KINDS = 200
QUERIES = 300
WARM_UP = 20
SHOWN = 10
MEGABYTE = 1 << 20


def made_up(count: int) -> Iterator[Product]:
    """Yield the products of a catalogue."""
    throw = random.Random(1)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words = ["".join(throw.choices(syllables, k=throw.randrange(2, 5))) for _ in range(WORDS)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(WORDS)))

    def text(length: int) -> str:
        return " ".join(throw.choices(words, cum_weights=weights, k=length))

    for number in range(count):
        price = throw.randrange(5_00, 300_00)
        kind = throw.randrange(KINDS)
        variants = tuple(
            Variant(
                sku=Sku(f"{number}-{place}"),
                colour=throw.choice(COLOURS),
                size=throw.choice(SIZE_NAMES),
                price=Money("USD", price),
                stock=throw.randrange(4),
            )
            for place in range(6)
        )
        yield Product(
            id=ProductId(f"p{number:07}"),
            title=text(6),
            brand=words[throw.randrange(2_000)],
            category=(words[kind // 10], f"{words[kind // 10]} {words[kind]}"),
            description=text(60),
            best_for="",
            variants=variants,
        )


def memory_mb() -> float:
    """Return how much memory this process holds now."""
    pages = int(open("/proc/self/statm").read().split()[1])  # noqa: PTH123, SIM115
    return pages * resource.getpagesize() / MEGABYTE


def measured(count: int) -> Figures:
    """Return the figures of one size."""
    products = list(made_up(count))
    titles = [product.title.split() for product in products[:: max(1, count // 1_000)]]
    held = memory_mb()
    begun = time.perf_counter()
    search = CatalogueSearch(products)
    built_s = time.perf_counter() - begun
    kept = memory_mb() - held
    times: dict[str, list[float]] = {"understand": [], "filtered": [], "plain": []}
    throw = random.Random(2)

    async def ask() -> None:
        for number in range(WARM_UP + QUERIES):
            said = " ".join(throw.sample(throw.choice(titles), 2))
            text = f"{throw.choice(COLOURS)} {said} in size {throw.choice(SIZE_NAMES)} under $150"
            for name, query in (("filtered", text), ("plain", said)):
                started = time.perf_counter()
                understood: ProductQuery = search.understand(query)
                read = time.perf_counter()
                await search.search(understood, limit=SHOWN)
                if number >= WARM_UP:
                    times[name].append(time.perf_counter() - read)
                    if name == "filtered":
                        times["understand"].append(read - started)

    asyncio.run(ask())
    return {
        "build_s": round(built_s, 1),
        "kept_mb": round(kept),
        **{key: value for name, each in times.items() for key, value in spread(name, each).items()},
    }


def main() -> None:
    """Measure each size."""
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    figures: dict[str, Figures] = {}
    for count in map(int, sys.argv[1:]) if sys.argv[1:] else SIZES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
            figures[f"{count:,} products"] = processes.submit(measured, count).result()
    record("product_search", figures)


if __name__ == "__main__":
    main()
