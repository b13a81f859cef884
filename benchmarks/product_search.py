"""Measures product search: indexing a catalogue, what is then kept, searching it with four filters, and following it.

Each size is measured in a process of its own, over a made-up catalogue: words drawn as in real texts, a few by far
more often than most (Zipf), six variants a product. Every query has two words and asks for a colour, a size, a price
and stock, as a customer would write it; half of the titles that such a query may mean exist. A change is new stock of
three products; it takes until all searches see it.

`python benchmarks/product_search.py 1000 10000 43000 1000000` measures these sizes, draws them, and writes them down.
"""

import asyncio
import gc
import math
import os
import random
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path

from drawing import label, picture_of
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
CHANGES = 100
WARM_UP = 20
SHOWN = 10
MEGABYTE = 1 << 20
ENGLISH = "This is what you have been looking for, and with it you can do all that you would like to."
"""By which the catalogue is taken for an English one, whatever the made-up words are like."""
PICTURE = Path(__file__).parents[1] / "docs" / "search.svg"


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
            description=f"{ENGLISH} {text(60)}",
            best_for="",
            variants=variants,
        )


def restocked(product: Product, throw: random.Random) -> Product:
    """Return a product with other stock."""
    return replace(product, variants=tuple(replace(one, stock=throw.randrange(4)) for one in product.variants))


def memory_mb() -> float:
    """Return how much memory this process holds now."""
    pages = int(open("/proc/self/statm").read().split()[1])  # noqa: PTH123, SIM115
    return pages * resource.getpagesize() / MEGABYTE


def measured(count: int) -> Figures:
    """Return the figures of one size."""
    held = memory_mb()
    products = list(made_up(count))
    titles = [product.title.split() for product in products[:: max(1, count // 1_000)]]
    begun = time.perf_counter()
    search = CatalogueSearch(products)
    built_s = time.perf_counter() - begun
    gc.collect()
    kept = memory_mb() - held
    times: dict[str, list[float]] = {"understand": [], "filtered": [], "plain": [], "change": []}
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
    for _ in range(CHANGES):
        changed = [restocked(throw.choice(products), throw) for _ in range(3)]
        started = time.perf_counter()
        search.change(changed)
        times["change"].append(time.perf_counter() - started)
    return {
        "build_s": round(built_s, 1),
        "kept_mb": round(kept),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
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
    PICTURE.write_text(growth(figures), "utf-8")


WIDTH, HEIGHT, MARGIN, GAP = 960, 330, 28, 64
TOP, BOTTOM = 112, 272


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One thing that grows with the catalogue."""

    head: str
    note: str
    lines: Mapping[str, str]
    """The figures that are drawn, with what each is called."""


PANELS = (
    Panel(head="A search with four filters", note="ms", lines={"filtered_p50_ms": "median", "filtered_p99_ms": "99th"}),
    Panel(head="Indexing all of it", note="s", lines={"build_s": ""}),
    Panel(head="Memory with all products", note="MB", lines={"kept_mb": ""}),
)


def growth(figures: Mapping[str, Figures]) -> str:
    """Return a picture of how the figures grow with the catalogue; both axes are logarithmic."""
    counts = [int(name.split()[0].replace(",", "")) for name in figures]
    drawn = [
        label(MARGIN, 40, "title", "Product search as the catalogue grows"),
        label(MARGIN, 61, "note", "Six variants a product; one process, two cores. Both axes are logarithmic."),
    ]
    width = (WIDTH - 2 * MARGIN - GAP * (len(PANELS) - 1)) / len(PANELS)
    for number, panel in enumerate(PANELS):
        drawn += _panel(panel, MARGIN + number * (width + GAP), width, counts, list(figures.values()))
    return picture_of(drawn, WIDTH, HEIGHT, "Time of a search, time of indexing and memory by products")


def _panel(panel: Panel, left: float, width: float, counts: Sequence[int], figures: Sequence[Figures]) -> list[str]:
    values = [one[name] for one in figures for name in panel.lines]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(counts[0]), math.log10(counts[-1])

    def x(count: int) -> float:
        return left + 52 + (width - 70) * (math.log10(count) - first) / max(last - first, 1e-9)

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (math.log10(value) - low) / max(high - low, 1)

    drawn = [label(left, TOP - 26, "head", panel.head), label(left + width, TOP - 26, "note", panel.note, "end")]
    for power in range(low, high + 1):
        drawn.append(f'<path d="M{left + 34:.1f} {y(10.0**power):.1f}H{left + width:.1f}" class="line"/>')
        drawn.append(label(left + 28, y(10.0**power) + 4, "note", f"{10.0**power:,g}", "end"))
    drawn += [label(x(count), BOTTOM + 20, "note", _short(count), "middle") for count in counts]
    for kind, (name, told) in zip(("drawn", "beside"), panel.lines.items(), strict=False):
        points = [(x(count), y(one[name])) for count, one in zip(counts, figures, strict=True)]
        drawn.append(f'<path d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in points)}" class="{kind}"/>')
        for (a, b), one in zip(points, figures, strict=True):
            drawn.append(label(a, b - 8, "figure", f"{one[name]:,.3g}", "middle"))
        drawn.append(label(points[-1][0], points[-1][1] + 18, "note", told, "middle"))
    return drawn


def _short(count: int) -> str:
    return f"{count // 1_000_000} M" if count >= 1_000_000 else f"{count // 1_000} k"


if __name__ == "__main__":
    main()
