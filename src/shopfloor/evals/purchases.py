"""Purchases of a shop as a Parquet file of invoice lines, and the baskets to be completed: the extra `evals`.

The columns are those of Online Retail II (Chen, UCI, doi 10.24432/C5CG6D): a row is one line of an invoice. What tells
a purchase from the rest there is told here, and nowhere in the product: a line that was cancelled, or has no quantity
or price, is none, and a code that does not begin with five digits stands for postage, fees and gift vouchers. A line
without one of these, without its invoice or its instant is none either. Instants without a zone are taken as UTC.
"""

# pyarrow brings no types, and makes most of its functions when it is imported.
# pyright: reportAttributeAccessIssue=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shopfloor.evals.parquet import read_table
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import OrderNumber, ProductId
from shopfloor.shop.models import Basket

ARTICLE = r"^\d{5}"
HISTORY: dict[str, Any] = {
    "invoice": pa.string(),
    "stock_code": pa.string(),
    "quantity": pa.int64(),
    "timestamp": pa.timestamp("us"),
    "unit_price": pa.float64(),
    "customer_id": pa.string(),
    "is_cancellation": pa.bool_(),
}
QUERIES: dict[str, Any] = {
    "invoice": pa.string(),
    "timestamp": pa.timestamp("us"),
    "customer_id": pa.string(),
    "basket": pa.list_(pa.string()),
}


def read_history(paths: Sequence[str]) -> list[Basket]:
    """Return the baskets of invoices, oldest first; what an invoice holds of two months makes two of them.

    Raises:
        InvalidInput: naming the file and what is wrong with it.
    """
    lines = pa.concat_tables([_read(path, HISTORY) for path in paths])
    is_bought = pc.and_(pc.greater(lines["quantity"], 0), pc.greater(lines["unit_price"], 0))
    is_bought = pc.and_(is_bought, pc.invert(lines["is_cancellation"]))
    is_bought = pc.and_(is_bought, pc.match_substring_regex(lines["stock_code"], ARTICLE))
    is_dated = pc.and_(pc.is_valid(lines["invoice"]), pc.is_valid(lines["timestamp"]))
    bought = lines.filter(pc.and_(is_bought, is_dated))
    bought = bought.append_column("month", pc.floor_temporal(bought["timestamp"], unit="month"))
    wanted = [("timestamp", "min"), ("customer_id", "max"), ("stock_code", "distinct")]
    baskets = bought.group_by(["invoice", "month"]).aggregate(wanted)
    rows = sorted(baskets.to_pylist(), key=lambda row: (row["timestamp_min"], row["invoice"]))
    return [
        Basket(
            order=OrderNumber(row["invoice"]),
            at=row["timestamp_min"].replace(tzinfo=UTC),
            customer_id=row["customer_id_max"],
            products=frozenset(map(ProductId, row["stock_code_distinct"])),
        )
        for row in rows
    ]


def read_queries(path: str) -> list[Basket]:
    """Return the baskets of a file in the order of its rows.

    Raises:
        InvalidInput: naming the file and what is wrong with it.
    """
    queries = _read(path, QUERIES)
    for name in ("invoice", "timestamp", "basket"):
        if queries[name].null_count:
            raise InvalidInput(
                f"{path}: {name} is empty in {queries[name].null_count} rows: fill it in or leave them out"
            )
    return [
        Basket(
            order=OrderNumber(row["invoice"]),
            at=row["timestamp"].replace(tzinfo=UTC),
            customer_id=row["customer_id"],
            products=frozenset(ProductId(code) for code in row["basket"] if code),
        )
        for row in queries.to_pylist()
    ]


def _read(path: str, columns: dict[str, Any]) -> Any:
    """Return the columns of a Parquet file, in these types."""
    table = read_table(path, columns, has_only=True)
    return pa.table({name: _cast(table[name], to, f"{path}: {name}", name) for name, to in columns.items()})


def _cast(column: Any, to: Any, where: str, name: str) -> Any:
    """Return a column in a type; a customer's number is the same whether it is written `12346` or `12346.0`."""
    try:
        if pa.types.is_floating(column.type) and name == "customer_id":
            known = pc.if_else(pc.is_nan(column), None, column)
            column = pc.cast(known, pa.int64())
        return pc.cast(column, to)
    except pa.ArrowException as error:
        raise InvalidInput(f"{where} cannot be taken as {to}: {error}") from error
