"""`shopfloor search` and `shopfloor eval search`: words go in, products come out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from commands import run_command as shopfloor

SHOP = (
    {
        "product_id": "p1",
        "title": "Velvet Couch",
        "brand": "Oakum",
        "color": "green",
        "price": 300.0,
        "bullets": "Soft",
    },
    {"product_id": "p2", "title": "Oak Table", "brand": "Oakum", "color": None, "price": None, "bullets": "Seats six"},
    {"product_id": "p3", "title": "Desk Lamp", "brand": "Lumen", "color": "red", "price": 30.0, "bullets": "Bright"},
)


def catalogue(folder: Path, *rows: Mapping[str, Any]) -> str:
    path = folder / "p.parquet"
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return str(path)


def queries(folder: Path, *texts: str) -> str:
    path = folder / "q.csv"
    path.write_text("query_id,query\n" + "".join(f"q{place},{text}\n" for place, text in enumerate(texts)), "utf-8")
    return str(path)


def test_each_query_gets_the_products_that_hold_its_words(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked = queries(tmp_path, "sofa", "seats six", "red lamp under $50", "umbrella")
    files = ("--products", catalogue(tmp_path, *SHOP), "--queries", asked, "--out", str(out))
    result = shopfloor("eval", "search", *files, "--no-vectors", "--json")
    assert result.returncode == 0, result.stderr
    rows = {row["query_id"]: row["product_ids"] for row in map(json.loads, out.read_text("utf-8").splitlines())}
    assert rows == {"q0": ["p1"], "q1": ["p2"], "q2": ["p3"], "q3": []}
    assert json.loads(result.stdout) | {"index_s": 0, "median_ms": 0} == {
        "products": 3,
        "left_out": 0,
        "without_price": 1,
        "queries": 4,
        "has_vectors": False,
        "index_s": 0,
        "median_ms": 0,
    }


def test_what_a_catalogue_lacks_is_told_and_the_rest_is_searched(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    nameless, untitled = SHOP[2] | {"product_id": None}, SHOP[2] | {"title": None}
    held = catalogue(tmp_path, nameless, SHOP[0], SHOP[1] | {"product_id": "p1"}, untitled, SHOP[1])
    asked = queries(tmp_path, "couch", "table", "lamp")
    done = shopfloor("eval", "search", "--products", held, "--queries", asked, "--out", str(out), "--json")
    assert done.returncode == 0
    assert [json.loads(line)["product_ids"] for line in out.read_text("utf-8").splitlines()] == [["p1"], ["p2"], []]
    figures = json.loads(done.stdout)
    assert (figures["products"], figures["left_out"], figures["without_price"]) == (2, 3, 1)
    for said in (
        "row 1 is left out: it has no product_id or no title",
        "row 3 is left out: the product_id p1 is taken by an earlier row",
        "row 4 is left out: it has no product_id or no title",
        "1 products have no price",
    ):
        assert said in done.stderr


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    good, asked, out = catalogue(tmp_path, *SHOP), queries(tmp_path, "couch"), str(tmp_path / "run.jsonl")
    text = tmp_path / "text.parquet"
    text.write_text("no table", "utf-8")
    bare = tmp_path / "bare.parquet"
    pq.write_table(pa.table({"title": ["A"]}), bare)
    holes = tmp_path / "holes.parquet"
    pq.write_table(pa.table({"product_id": pa.array([None], pa.string()), "title": ["A"]}), holes)
    for products, questions, message in (
        (str(tmp_path / "none.parquet"), asked, "cannot be read"),
        (str(text), asked, "is no Parquet file"),
        (str(bare), asked, "lacks the columns product_id"),
        (str(holes), asked, "holds nothing that can be used"),
        (good, str(text), "lacks the columns query, query_id"),
    ):
        result = shopfloor("eval", "search", "--products", products, "--queries", questions, "--out", out)
        assert result.returncode == 2, result.stderr
        assert message in " ".join(result.stderr.split())


def test_a_search_says_what_was_understood_and_why_each_product_was_found(tmp_path: Path) -> None:
    said = "red sneakers in men's size 9 under $90"
    result = shopfloor("search", said, "--json", "--limit", "3", "--data", str(tmp_path))
    found = json.loads(result.stdout)
    assert found["understood"] == {
        "category": "Sneakers",
        "colours": "red",
        "size": "9",
        "gender": "men",
        "up_to": "$90.00",
    }
    first = found["products"][0]
    assert first["title"] == "Casual Crimson Loafer"
    assert first["reasons"] == ["crimson", "men's size 9 in stock", "$72.00, under $90"]
    shown = shopfloor("search", "zebra umbrella", "--data", str(tmp_path))
    assert "Nothing found." in shown.stdout


def test_a_page_of_results_is_narrowed_down_sorted_and_counted(tmp_path: Path) -> None:
    where = ("--json", "--limit", "5", "--data", str(tmp_path))
    found = json.loads(shopfloor("search", "boots", "--size", "9", "--sort", "price", "--facets", *where).stdout)
    prices = [product["variant"]["price"]["minor"] for product in found["products"]]
    assert prices == sorted(prices)
    assert {product["variant"]["size"] for product in found["products"]} == {"9"}
    assert {facet["name"] for facet in found["facets"]} >= {"category", "brand", "colour", "size"}
    first = found["products"][0]["product_id"]
    alike = json.loads(shopfloor("search", "--like", first, *where).stdout)["products"]
    assert alike[0]["category"][-1] == "Boots"
    assert first not in {product["product_id"] for product in alike}
    for given, message in (
        (("--like", "nothing"), "there is no product nothing"),
        ((), "say what to look for"),
        ((" ",), "say what to look for in 1 to 1,000 letters"),
        (("boots " * 200,), "say what to look for in 1 to 1,000 letters"),
    ):
        result = shopfloor("search", *given, *where)
        assert result.returncode == 2
        assert message in result.stderr
