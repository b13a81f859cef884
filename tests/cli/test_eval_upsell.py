"""`shopfloor eval upsell`: invoices and open baskets go in, what would be suggested comes out."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import run_command as shopfloor

TEA, CUP, LAMP, POT = "10001", "10002", "10003", "10004A"


def on(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return an instant as the files have them, without a zone."""
    return datetime(2011, month, day, hour, minute)  # noqa: DTZ001


APRIL, MAY = on(4, 20, 9), on(5, 20, 9)
Rows = Sequence[dict[str, Any]]


def lines(invoice: str, *codes: str, at: datetime = APRIL, customer: float | None = None, **details: Any) -> Rows:
    row = {"invoice": invoice, "description": "A thing", "quantity": 2, "timestamp": at, "unit_price": 1.5}
    row |= {"customer_id": customer, "country": "France", "is_cancellation": False}
    return [{**row, "stock_code": code, **details} for code in codes]


def bought(count: int, *codes: str, first: int = 1, **details: Any) -> Rows:
    return [row for place in range(count) for row in lines(f"{first + place}", *codes, **details)]


def query(invoice: str, *codes: str, at: datetime = MAY, customer: float | None = None) -> dict[str, Any]:
    return {"invoice": invoice, "timestamp": at, "customer_id": customer, "country": "France", "basket": list(codes)}


def file(folder: Path, name: str, rows: Rows) -> str:
    path = folder / name
    pq.write_table(pa.Table.from_pylist(list(rows)), path)
    return str(path)


def completed(folder: Path, queries: Rows, *histories: Rows) -> dict[str, list[str]]:
    out = folder / "pred.jsonl"
    given = [part for n, each in enumerate(histories) for part in ("--history", file(folder, f"h{n}.parquet", each))]
    result = shopfloor("eval", "upsell", *given, "--queries", file(folder, "q.parquet", queries), "--out", str(out))
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["invoice"] for row in rows] == [each["invoice"] for each in queries]
    return {row["invoice"]: row["recs"] for row in rows}


def test_each_basket_gets_what_was_bought_with_it(tmp_path: Path) -> None:
    history = [*bought(20, TEA, CUP), *bought(9, TEA, POT, first=100), *bought(30, LAMP, first=200)]
    found = completed(tmp_path, [query("b", TEA), query("a", TEA, CUP), query("c", "unknown")], history)
    assert found == {"b": [CUP, POT], "a": [POT], "c": []}


def test_what_was_bought_in_the_month_of_a_basket_is_not_known(tmp_path: Path) -> None:
    history = [*bought(20, TEA, CUP), *bought(30, TEA, LAMP, first=100, at=on(5, 1))]
    before_midnight = bought(30, TEA, POT, first=200, at=on(4, 30, 23, 59))
    found = completed(tmp_path, [query("may", TEA), query("june", TEA, at=on(6, 1))], [*history, *before_midnight])
    assert set(found["may"]) == {CUP, POT}
    assert set(found["june"]) == {CUP, POT, LAMP}


def test_an_invoice_over_the_end_of_a_month_is_known_up_to_it(tmp_path: Path) -> None:
    history = [*bought(20, TEA, CUP, at=on(4, 30, 23)), *bought(20, LAMP, at=on(5, 1))]
    assert completed(tmp_path, [query("may", TEA), query("lamp", LAMP)], history) == {"may": [CUP], "lamp": []}


def test_instants_with_a_zone_are_taken_as_the_same_in_utc(tmp_path: Path) -> None:
    zone = timezone(timedelta(hours=-4))
    history = [
        *bought(20, TEA, CUP, at=on(4, 30, 19).replace(tzinfo=zone)),
        *bought(20, LAMP, first=100, at=APRIL.replace(tzinfo=UTC)),
    ]
    late = bought(20, TEA, POT, first=50, at=on(4, 30, 21).replace(tzinfo=zone))
    assert completed(tmp_path, [query("may", TEA)], [*history, *late]) == {"may": [CUP]}


def test_several_files_are_one_history(tmp_path: Path) -> None:
    parts = bought(2, TEA, CUP), bought(2, TEA, CUP, first=10), bought(20, LAMP, first=20)
    assert completed(tmp_path, [query("a", TEA)], *parts) == {"a": [CUP]}


@pytest.mark.parametrize(
    "details",
    [{"quantity": -2}, {"unit_price": 0.0}, {"is_cancellation": True}, {"stock_code": "POST"}]
    + [{name: None} for name in ("quantity", "unit_price", "is_cancellation", "stock_code", "invoice", "timestamp")],
    ids=lambda details: "-".join(map(str, *details.items())),
)
def test_what_is_no_purchase_does_not_count(tmp_path: Path, details: dict[str, Any]) -> None:
    others = [{**row, **details} for row in bought(20, CUP)]
    history = [*bought(20, TEA), *others, *bought(20, LAMP, first=100)]
    assert completed(tmp_path, [query("a", TEA)], history) == {"a": []}


def test_a_customers_own_purchases_count_for_their_baskets(tmp_path: Path) -> None:
    days = [on(4, day) for day in (3, 9, 16)]
    history = [row for n in range(12) for day in days for row in lines(f"{n} {day}", TEA, at=day, customer=100.0 + n)]
    found = completed(tmp_path, [query("own", LAMP, customer=101.0), query("other", LAMP, customer=900.0)], history)
    assert found == {"own": [TEA], "other": []}


def refused(folder: Path, history: str, queries: str, *, out: str = "pred.jsonl") -> str:
    args = ["--history", history, "--queries", queries, "--out", str(folder / out)]
    result = shopfloor("eval", "upsell", *args)
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


def test_bad_files_are_told_by_name_and_reason(tmp_path: Path) -> None:
    history, queries = file(tmp_path, "h.parquet", bought(3, TEA)), file(tmp_path, "q.parquet", [query("a", TEA)])
    broken = tmp_path / "broken.parquet"
    broken.write_text("no Parquet at all", "utf-8")
    assert "none.parquet cannot be read: No such file" in refused(tmp_path, str(tmp_path / "none.parquet"), queries)
    assert "broken.parquet is no Parquet file" in refused(tmp_path, str(broken), queries)
    assert f"{queries} lacks the columns stock_code, quantity, unit_price" in refused(tmp_path, queries, queries)
    assert f"{history} lacks the columns basket" in refused(tmp_path, history, history)
    odd = file(tmp_path, "odd.parquet", [{**row, "timestamp": "yesterday"} for row in bought(3, TEA)])
    assert "odd.parquet: timestamp cannot be taken as timestamp" in refused(tmp_path, odd, queries)
    empty = file(tmp_path, "empty.parquet", [{**query("a", TEA), "invoice": None}, query("b", TEA)])
    assert "empty.parquet: invoice is empty in 1 rows" in refused(tmp_path, history, empty)
    assert "cannot be written" in refused(tmp_path, history, queries, out="no such folder/pred.jsonl")


def test_a_history_without_purchases_gives_no_suggestions(tmp_path: Path) -> None:
    assert completed(tmp_path, [query("a", TEA)], bought(3, "POST")) == {"a": []}


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "shopfloor.evals.purchases", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'shopfloor[evals]'" in refused(tmp_path, "h.parquet", "q.parquet")
