"""`shopfloor eval search`: queries go in, what the product search finds for them comes out."""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol, cast

import anyio
import typer
from anyio import to_thread

from shopfloor.cli.evaluate import teller
from shopfloor.cli.extras import reading_parquet
from shopfloor.cli.options import Json, read_file, write_file
from shopfloor.cli.output import Output
from shopfloor.kernel.errors import InvalidInput
from shopfloor.search.contract import Page
from shopfloor.search.products import CatalogueSearch
from shopfloor.search.vectors import load_vectors
from shopfloor.shop.models import Product

STEP = 10
"""Queries between two signs of life."""
NAMED = 20
"""Rows that are named of those that are left out."""
FOUND = 50
"""Products written for a query, at most."""

Products = Annotated[str, typer.Option("--products", metavar="P.parquet", help="The catalogue to search in.")]
Queries = Annotated[str, typer.Option("--queries", metavar="Q.csv", help="Columns query_id and query; - is stdin.")]
Out = Annotated[Path, typer.Option("--out", metavar="RUN.jsonl", help="Write what was found here, best first.")]
Vectors = Annotated[
    bool, typer.Option("--vectors/--no-vectors", help="Use what words mean, where the extra vectors is installed.")
]


class Held(Protocol):
    """What a catalogue's file holds."""

    @property
    def products(self) -> Sequence[Product]:
        """What is searched in."""
        ...

    @property
    def left_out(self) -> Sequence[tuple[int, str]]:
        """The rows that are not taken, each with the reason."""
        ...

    @property
    def without_price(self) -> int:
        """How many products have none."""
        ...


class Catalogues(Protocol):
    """What reads catalogues, once the extra is there."""

    def read_products(self, path: str) -> Held:
        """Return the products of a file."""
        ...

    def read_queries(self, text: str, where: str) -> list[tuple[str, str]]:
        """Return the ids and texts of queries."""
        ...


def search(products: Products, queries: Queries, out: Out, vectors: Vectors = True, as_json: Json = False) -> None:
    """Search a catalogue as a customer would on the shop's page, with the search that the agents use."""
    output = Output(as_json=as_json)
    catalogues = cast(Catalogues, reading_parquet("shopfloor.evals.catalogues"))
    write_file(out, "")  # what cannot be written is told before the work, not after it
    asked = catalogues.read_queries(read_file(queries), queries)
    output.progress(f"Reading {products}...")
    held = catalogues.read_products(products)
    if not held.products or not asked:
        raise InvalidInput(f"{queries if held.products else products} holds nothing that can be used")
    _tell(output, held)
    anyio.run(_search, held, asked, out, vectors, output)


def _tell(output: Output, held: Held) -> None:
    """Say what is not as it should be."""
    for number, why in held.left_out[:NAMED]:
        output.progress(f"row {number:,} is left out: {why}")
    if len(held.left_out) > NAMED:
        output.progress(f"and {len(held.left_out) - NAMED:,} more rows")
    if held.without_price:
        output.progress(f"{held.without_price:,} products have no price, and are found as if they cost nothing")


async def _search(held: Held, queries: list[tuple[str, str]], out: Path, has_vectors: bool, output: Output) -> None:
    products = held.products
    embedder = await to_thread.run_sync(load_vectors) if has_vectors else None
    output.progress(f"Indexing {len(products):,} products {'with' if embedder else 'without'} vectors...")
    started = time.perf_counter()
    index = await to_thread.run_sync(CatalogueSearch, products, embedder)
    built_s = time.perf_counter() - started
    tell = teller(output, len(queries), what="queries", step=STEP)
    lines: list[str] = []
    took_ms: list[float] = []
    for number, (query_id, text) in enumerate(queries, 1):
        started = time.perf_counter()
        results = await index.search(index.understand(text), limit=FOUND, page=Page())
        took_ms.append(1_000 * (time.perf_counter() - started))
        lines.append(json.dumps({"query_id": query_id, "product_ids": [hit.product.id for hit in results.hits]}))
        tell(number)
    await to_thread.run_sync(write_file, out, "".join(f"{line}\n" for line in lines))
    figures = {
        "products": len(products),
        "left_out": len(held.left_out),
        "without_price": held.without_price,
        "queries": len(queries),
        "has_vectors": embedder is not None,
        "index_s": round(built_s, 2),
        "median_ms": round(statistics.median(took_ms), 2),
    }
    if output.is_json:
        output.line(json.dumps(figures))
        return
    output.line(f"{len(queries):,} queries are answered in {out}, {'with' if embedder else 'without'} vectors.")
    output.line(f"Indexing took {built_s:.1f} s, a query {figures['median_ms']} ms (median).")
