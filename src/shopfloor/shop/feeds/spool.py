"""A feed's rows, laid aside on the disk by product, since the variants of one may stand anywhere in it.

It is a file of SQLite's own that goes with its process; nothing of the shop's database is in it. It is used by one
thread at a time.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from shopfloor.shop.feeds.parts import Problem, ProductPart, Row, VariantPart

TABLES = """
CREATE TABLE variants (
    seq INTEGER PRIMARY KEY, line INTEGER, product TEXT, sku TEXT UNIQUE, product_part TEXT, variant_part TEXT
);
CREATE TABLE named (product TEXT, sku TEXT, PRIMARY KEY (product, sku)) WITHOUT ROWID;
CREATE TABLE problems (line INTEGER, id TEXT, why TEXT);
"""
MOST_VARIANTS = 2_000
"""How many variants a product may have."""


class Group(NamedTuple):
    """All that the rows say of one product."""

    product: str
    line: int
    """Its first."""
    parts: Sequence[tuple[ProductPart, VariantPart]]
    is_whole: bool
    """Whether it has no more variants than a product may have."""


class Spool:
    """Rows and problems of one feed."""

    def __init__(self) -> None:
        """Begin with none."""
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(TABLES)
        self.is_named = True
        """Whether of each row it can be told what it is about."""
        self.rows = 0
        """How many rows were read."""

    def close(self) -> None:
        """Throw it away."""
        self._database.close()

    def take(self, rows: Iterable[Row | Problem], count: int) -> bool:
        """Lay rows aside, so many at most; say whether there may be more."""
        before = self.rows
        self._database.execute("BEGIN")
        for row in islice(rows, count):
            self.rows += 1
            if isinstance(row, Row):
                self._add(row)
            else:
                self.leave_out(row)
                self._database.executemany("INSERT OR IGNORE INTO named VALUES (?, ?)", row.names)
                self.is_named = self.is_named and bool(row.names)
        self._database.execute("COMMIT")
        return self.rows == before + count

    def _add(self, row: Row) -> None:
        product = row.product.model_dump_json(exclude_unset=True)
        for variant in row.variants:
            values = (row.line, row.product.id, variant.sku, product, variant.model_dump_json(exclude_unset=True))
            added = self._database.execute("INSERT OR IGNORE INTO variants VALUES (NULL, ?, ?, ?, ?, ?)", values)
            self._database.execute("INSERT OR IGNORE INTO named VALUES (?, ?)", (row.product.id, variant.sku))
            if not added.rowcount:
                of_sku = "SELECT line FROM variants WHERE sku = ?"
                [first] = self._database.execute(of_sku, (variant.sku,)).fetchone()
                self.leave_out(Problem(row.line, variant.sku, f"the same id stands in line {first}, which is taken"))

    def groups(self) -> Iterator[Group]:
        """Return what is said of each product, in the order of their ids."""
        self._database.execute("CREATE INDEX IF NOT EXISTS by_product ON variants (product, seq)")
        found = self._database.execute(
            "SELECT product, line, product_part, variant_part FROM variants ORDER BY product, seq"
        )
        for product, rows in groupby(found, key=lambda row: row[0]):
            yield _group(product, rows)

    def group(self, product: str) -> Group:
        """Return what is said of a product that is among the rows."""
        of_product = "SELECT product, line, product_part, variant_part FROM variants WHERE product = ? ORDER BY seq"
        return _group(product, self._database.execute(of_product, (product,)))

    def leave_out(self, *problems: Problem) -> None:
        """Note that something is not taken."""
        self._database.executemany("INSERT INTO problems VALUES (?, ?, ?)", (problem[:3] for problem in problems))

    def problems(self) -> Sequence[Problem]:
        """Return what is not taken, in the order of the lines."""
        found = self._database.execute("SELECT line, id, why FROM problems ORDER BY line, rowid")
        return [Problem(*row) for row in found]

    def names(self, product: str, sku: str) -> bool:
        """Say whether a row is about a variant of a product, be it taken or not."""
        pair = self._database.execute("SELECT 1 FROM named WHERE product = ? AND sku = ?", (product, sku))
        return pair.fetchone() is not None


def _group(product: str, rows: Iterable[tuple[str, int, str, str]]) -> Group:
    held = list(islice(rows, MOST_VARIANTS + 1))
    parts = [
        (ProductPart.model_validate_json(part), VariantPart.model_validate_json(variant))
        for _, _, part, variant in held[:MOST_VARIANTS]
    ]
    return Group(product, held[0][1], parts, len(held) <= MOST_VARIANTS)
