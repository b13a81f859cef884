"""An import that is killed leaves whole products, and done again it ends as if it had not been."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import anyio
from cut_imports import bring_in, cut
from dying import outcome
from test_changes_contract import CONTENTS, product

from shopfloor.database.engine import Database
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.models import Product
from shopfloor.shop.sql import load, sql_shop

PRODUCTS = 400
"""Of three variants each, so that there are three batches."""


def feed(path: Path) -> Path:
    """Write a feed in which the variants of one product stand far from each other; `a` goes on, the others go."""
    rows = [
        f"p{place}-{size},p{place},Title {place},{place + 1}.00 USD,5,{size}"
        for size in "SML"
        for place in range(PRODUCTS)
    ]
    path.write_text("\n".join(["id,item_group_id,title,price,stock,size", *rows, "a-1,a,A,5.00 USD,1,", ""]))
    return path


def products(path: Path) -> Sequence[Product]:
    database = Database.sqlite(path)

    async def read() -> Sequence[Product]:
        return await sql_shop(database).catalogue.list_products(limit=1_000)

    found = anyio.run(read)
    database.close()
    return found


def test_an_import_that_is_killed_leaves_whole_products_and_is_ended_by_the_next(
    tmp_path: Path, migrated: Path
) -> None:
    file = feed(tmp_path / "feed.csv")
    start = tmp_path / "start.db"
    shutil.copy(migrated, start)
    database = Database.sqlite(start)
    anyio.run(load, database, ShopContents(products=CONTENTS.products))
    database.close()
    whole = tmp_path / "whole.db"
    shutil.copy(start, whole)
    anyio.run(bring_in, whole, file)
    wanted = products(whole)
    assert len(wanted) == PRODUCTS + 1
    earlier = {each.id: each for each in CONTENTS.products}
    seen = set[int]()
    for number in range(1, 20):
        path = tmp_path / f"{number}.db"
        shutil.copy(start, path)
        ended = outcome(cut, path, file, number)
        left = products(path)
        seen.add(len(left))
        for each in left:
            assert each in wanted or each == earlier.get(each.id) or each.id == product("a").id
        anyio.run(bring_in, path, file)
        assert products(path) == wanted
        if ended == 0:
            break
        assert ended == -9
    else:
        raise AssertionError("it never came to its end")
    assert len(seen) >= 4
