"""`shopfloor eval upsell`: open baskets go in, what the engine would suggest beside them comes out."""

import statistics
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol, cast

import typer

from shopfloor.cli.evaluate import teller
from shopfloor.cli.extras import reading_parquet
from shopfloor.cli.output import Output
from shopfloor.evals.upsell import complete, write_additions
from shopfloor.kernel.errors import InvalidInput
from shopfloor.shop.models import Basket

STEP = 500
"""Baskets between two signs of life."""

History = Annotated[
    list[str],
    typer.Option("--history", metavar="T.parquet", help="Lines of invoices; give it again for each further file."),
]
Queries = Annotated[str, typer.Option("--queries", metavar="Q.parquet", help="Baskets of which something is hidden.")]
Out = Annotated[Path, typer.Option("--out", metavar="PRED.jsonl", help="Write five products for each basket here.")]


class Purchases(Protocol):
    """What reads Parquet files, once the extra is there."""

    def read_history(self, paths: list[str]) -> list[Basket]:
        """Return the baskets of invoices, oldest first."""
        ...

    def read_queries(self, path: str) -> list[Basket]:
        """Return open baskets."""
        ...


def upsell(history: History, queries: Queries, out: Out) -> None:
    """Complete baskets by what was bought before their month, with the engine that suggestions are made by."""
    output = Output(as_json=False)
    purchases = cast(Purchases, reading_parquet("shopfloor.evals.purchases"))
    write_additions(out, [], {})  # what cannot be written is told before the work, not after it
    open_baskets = purchases.read_queries(queries)
    if not open_baskets:
        raise InvalidInput(f"{queries} holds no baskets: each row is one")
    output.progress(f"Reading {', '.join(history)}...")
    bought = purchases.read_history(history)
    output.progress(f"{len(bought):,} baskets were bought, {len(open_baskets):,} are to be completed.")

    def told_fit(month: datetime, baskets: int) -> None:
        output.progress(f"Fitting to {baskets:,} baskets before {month:%Y-%m-%d}...")

    done = complete(
        bought, open_baskets, teller(output, len(open_baskets), what="baskets", step=STEP), told_fit=told_fit
    )
    write_additions(out, open_baskets, done.added)
    few = sum(1 for each in done.added.values() if not each)
    output.line(f"{len(open_baskets):,} baskets, {few:,} of them without a suggestion, are in {out}.")
    output.line(
        f"Fits took {statistics.median(done.fits_s):.1f} s each, a basket {statistics.median(done.took_ms):.2f} ms."
    )
