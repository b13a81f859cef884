"""Feeds: what their rows become in the catalogue, what is left out of them and why, and that nothing is lost."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from anyio import to_thread
from test_changes_contract import product

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.feeds.importing import Imported, import_feed
from shopfloor.shop.feeds.reading import opened
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import Product, Variant

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
GOOD = "good,Good,5.00 USD,in_stock\n"


def usd(minor: int) -> Money:
    return Money("USD", minor)


@pytest.fixture
def catalogue() -> Catalogue:
    """Return one with the products `a` and `b`, of which the latter has all that a feed may not say."""
    full = replace(
        product("b"),
        best_for="Great for b",
        care="by hand",
        tags=("new",),
        rating=4.5,
        review_count=7,
        variants=tuple(replace(each, cost=usd(400), size="9") for each in product("b").variants),
    )
    return memory_shop(ShopContents(products=(product("a"), full))).catalogue


async def taken(
    catalogue: Catalogue,
    path: Path,
    text: str | bytes,
    *,
    encoding: str | None = None,
    removes_missing: bool = False,
    is_trial: bool = False,
) -> Imported:
    """Import what a file holds."""
    await to_thread.run_sync(path.write_bytes, text.encode() if isinstance(text, str) else text)
    with ExitStack() as stack:
        feed = await to_thread.run_sync(stack.enter_context, opened(path, None, encoding, NOW))
        return await import_feed(
            catalogue, feed, removes_missing=removes_missing, is_trial=is_trial, tell=lambda _what, _done, _whole: None
        )


async def got(catalogue: Catalogue, id_: str) -> Product:
    found = await catalogue.get_product(ProductId(id_))
    assert found is not None
    return found


async def ids(catalogue: Catalogue) -> str:
    return " ".join(each.id for each in await catalogue.list_products())


def why(done: Imported) -> dict[int, str]:
    """Return why rows are left out, by their lines."""
    return {one.line: one.why for one in done.left_out}


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "feed.csv"


@pytest.fixture
def jsonl(tmp_path: Path) -> Path:
    return tmp_path / "feed.jsonl"


pytestmark = pytest.mark.anyio

RUNNER = """\
id\tg:Title\tdescription\tlink\tprice\tsale_price\tsale price effective date\tavailability\tquantity\tcolor\tsize\
\tgender\tage_group\tmaterial\titem_group_id\tproduct_type\tcost_of_goods_sold\tpattern\tproduct_detail\tproduct_detail
W-R-9\tRunner\tLight.\thttps://x\t90.00 USD\t80 USD\t2026-11-24T00:00Z/2026-11-30T23:59Z\tin_stock\t3\tred\t9\tmale\
\tadult\tmesh\tW\tShoes > Sneakers\t40.00 USD\tdots\tGeneral:Weight:240 g, light\tDrop:8 mm
LAMP\tLamp\tBright.\t\tEUR 12.50\t\t\tpreorder\t\t\t\t\t\t\t\t\t\t\t\t
W-R-10\tRunner, 10\t\t\t90.00 USD\t80 USD\t2026-01-01T00:00Z/2026-01-02T00:00Z\tout of stock\t5\tred\t10\tmale\
\tadult\tmesh\tW\tShoes > Sneakers\t\t\t\t
"""


async def test_codes_that_would_steer_a_terminal_are_left_out_of_texts(csv: Path, catalogue: Catalogue) -> None:
    await taken(catalogue, csv, "id,title,price,quantity\nA,\x1b[31mRed\x0b Coat\x07,1.00 USD,1\n")
    assert (await got(catalogue, "A")).title == "[31mRed Coat"


async def test_a_product_with_prices_in_two_currencies_is_left_out(csv: Path, catalogue: Catalogue) -> None:
    head = "id,item_group_id,title,price,quantity\n"
    done = await taken(catalogue, csv, f"{head}A,G,Coat,1.00 USD,1\nB,G,Coat,1.00 EUR,1\nC,,Hat,1.00 USD,1\n")
    assert (done.new, why(done)) == (1, {2: "product G has prices in EUR and USD: give all in one currency"})
    done = await taken(catalogue, csv, f"{head}D,C,Hat,1.00 EUR,1\n")
    assert (done.new, why(done)) == (0, {2: "product C has prices in EUR and USD: give all in one currency"})


async def test_variants_of_a_group_become_one_product_wherever_they_stand(tmp_path: Path, catalogue: Catalogue) -> None:
    done = await taken(catalogue, tmp_path / "feed.tsv", RUNNER)
    assert (done.rows, done.new, done.left_out, done.unused) == (3, 2, [], ("link",))
    assert await got(catalogue, "W") == Product(
        id=ProductId("W"),
        title="Runner",
        brand="",
        category=("Shoes", "Sneakers"),
        gender="men",
        description="Light.",
        best_for="",
        material="mesh",
        attributes=(("Weight", "240 g, light"), ("Drop", "8 mm")),
        variants=(
            Variant(
                sku=Sku("W-R-9"),
                colour="red",
                size="9",
                options=(("pattern", "dots"),),
                price=usd(8_000),
                compare_at=usd(9_000),
                cost=usd(4_000),
                stock=3,
            ),
            Variant(sku=Sku("W-R-10"), colour="red", size="10", price=usd(9_000), stock=0),
        ),
    )
    lamp = await got(catalogue, "LAMP")
    assert (lamp.category, lamp.gender) == ((), None)
    assert lamp.variants == (Variant(sku=Sku("LAMP"), price=Money("EUR", 1_250), stock=0, tracks_stock=False),)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("bad,Bad,,in_stock", "it has no price: write it like 15.00 USD"),
        ("bad,Bad,15.00,in_stock", "no amount with a currency"),
        ("bad,Bad,15.00 XYZ,in_stock", "'XYZ' is no currency that is known"),
        ("bad,Bad,-1.00 USD,in_stock", "cannot be paid"),
        ("bad,Bad,1.005 USD,in_stock", "cannot be paid"),
        ("bad,Bad,USD NaN,in_stock", "cannot be paid"),
        ('bad,Bad,"1,500.00 USD",in_stock', "is no amount"),
        ("bad,,5.00 USD,in_stock", "it has no title"),
        ("bad,Bad,5.00 USD,-3", "a stock of -3 is negative: 0 means sold out"),
        ("bad,Bad,5.00 USD,maybe", "availability 'maybe' is not known"),
        ("bad,Bad,5.00 USD,", "neither how many there are nor whether there are any"),
        (",Bad,5.00 USD,in_stock", "it has no id"),
        ("bad,Bad", "it has 2 cells, where the first line names 4 columns"),
        ("bad,Ba\0d,5.00 USD,in_stock", "a character without a meaning"),
        ("good,Twice,6.00 USD,in_stock", "the same id stands in line 2, which is taken"),
        ("a-1,Thief,5.00 USD,in_stock", "variant a-1 is one of product a in the shop: remove it there first"),
        ('bad,"Ba"d,5.00 USD,in_stock', 'close each "'),
    ],
)
async def test_a_row_that_cannot_be_used_is_told_and_the_rest_taken(
    csv: Path, catalogue: Catalogue, row: str, said: str
) -> None:
    column = "quantity" if ",-" in row and "-1.00" not in row else "availability"
    last = "last,Last,7.00 USD," + ("1" if column == "quantity" else "in_stock") + "\n"
    good = GOOD.replace("in_stock", "1") if column == "quantity" else GOOD
    done = await taken(catalogue, csv, f"id,title,price,{column}\n{good}{row}\n{last}")
    assert list(why(done)) == [3]
    assert said in why(done)[3]
    assert await ids(catalogue) == "a b good last"
    assert (await got(catalogue, "good")).title == "Good"


async def test_a_row_in_another_encoding_than_the_file_is_told_and_read_once_that_is_named(
    csv: Path, catalogue: Catalogue
) -> None:
    text = f"id,title,price,availability\n{GOOD}cafe,Café,5.00 USD,in_stock\n"
    done = await taken(catalogue, csv, text.encode("cp1252"))
    assert list(why(done)) == [3]
    assert "--encoding" in why(done)[3]
    assert (await taken(catalogue, csv, text.encode("cp1252"), encoding="cp1252")).left_out == []
    assert (await got(catalogue, "cafe")).title == "Café"
    assert (await taken(catalogue, csv, text.encode("utf-16"))).unchanged == 2
    with pytest.raises(InvalidInput, match="not written in the encoding"):
        await taken(catalogue, csv, text.encode("utf-16") + b"\x00")
    with pytest.raises(InvalidInput, match="no encoding"):
        await taken(catalogue, csv, text, encoding="cp9999")


async def test_a_quote_that_is_never_closed_takes_no_more_with_it_than_is_told(csv: Path, catalogue: Catalogue) -> None:
    rows = "".join(f"x{number},Title,5.00 USD,in_stock\n" for number in range(10_000))
    done = await taken(catalogue, csv, f'id,title,price,availability\n{GOOD}bad,"Bad,5.00 USD,in_stock\n{rows}')
    [problem] = done.left_out
    first, last = (int(word.replace(",", "")) for word in problem.why.split()[1:4:2])
    assert first == 3
    assert done.new == 1 + (10_003 - last)


async def test_what_a_feed_does_not_say_stays_as_it_is(csv: Path, catalogue: Catalogue) -> None:
    before = await got(catalogue, "b")
    feed = "sku,item group id,title,price,stock\nb-2,b,New,12.00 USD,0\n"
    done = await taken(catalogue, csv, feed)
    assert (done.changed, done.new) == (1, 0)
    first, second = before.variants
    changed = replace(second, price=usd(1_200), stock=0)
    assert await got(catalogue, "b") == replace(before, title="New", variants=(changed, first))
    assert (await taken(catalogue, csv, feed)).unchanged == 1


async def test_only_stock_or_only_prices_may_be_told(csv: Path, catalogue: Catalogue) -> None:
    before = await got(catalogue, "a")
    done = await taken(catalogue, csv, "id,item_group_id,quantity\na-1,a,2\nnew,,3\n")
    assert why(done) == {3: "it has no title"}
    assert await got(catalogue, "a") == replace(
        before, variants=(replace(before.variants[0], stock=2), before.variants[1])
    )


async def test_what_is_not_named_goes_only_where_that_is_asked_for(csv: Path, catalogue: Catalogue) -> None:
    feed = "id,item_group_id,title,price,availability\nb-1,b,B,5.00 USD,in_stock\nb-2,b,B,,in_stock\n"
    assert (await taken(catalogue, csv, feed)).removed == []
    trial = await taken(catalogue, csv, feed, removes_missing=True, is_trial=True)
    assert await ids(catalogue) == "a b"
    done = await taken(catalogue, csv, feed, removes_missing=True)
    assert done.removed == trial.removed == ["a-1", "a-2"]
    assert await ids(catalogue) == "b"
    # What is named and left out is no more missing than what is taken.
    assert [each.sku for each in (await got(catalogue, "b")).variants] == ["b-1", "b-2"]


async def test_a_variant_moves_to_another_product_where_the_feed_says_so(csv: Path, catalogue: Catalogue) -> None:
    feed = "id,item_group_id,title,price,availability\na-1,c,C,5.00 USD,in_stock\na-2,a,A,5.00 USD,in_stock\n"
    assert list(why(await taken(catalogue, csv, feed))) == [2]
    trial = await taken(catalogue, csv, feed, removes_missing=True, is_trial=True)
    assert (trial.new, trial.left_out) == (1, [])
    done = await taken(catalogue, csv, feed, removes_missing=True)
    assert (done.new, done.left_out, await ids(catalogue)) == (1, [], "a c")
    assert (await taken(catalogue, csv, feed, removes_missing=True)).unchanged == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "all would be gone"),
        ("bad,,,\n", "all would be gone"),
        (f"{GOOD}bad\n", "of some rows it cannot be told what they are about"),
    ],
)
async def test_nothing_is_removed_where_the_feed_may_lack_what_it_should_have(
    csv: Path, catalogue: Catalogue, rows: str, said: str
) -> None:
    done = await taken(catalogue, csv, f"id,title,price,availability\n{rows}", removes_missing=True)
    assert said in done.not_removed
    assert done.removed == []
    assert (await ids(catalogue)).startswith("a b")


async def test_products_of_our_own_form_are_taken_with_all_that_they_say(jsonl: Path, catalogue: Catalogue) -> None:
    line = (
        '{"id": "j", "title": "J", "brand": "B", "category": ["X", "Y"], "gender": "kids", "description": "D", '
        '"best_for": "Best", "material": "wool", "care": "by hand", "tags": ["t"], "attributes": {"n": "v"}, '
        '"rating": 4.5, "review_count": 2, "variants": [{"sku": "j-1", "colour": "red", "size": "M", "options": '
        '{"o": "p"}, "price": "10.00 USD", "compare_at": "12.00 USD", "cost": "4.00 USD", "stock": 3, '
        '"tracks_stock": false}]}'
    )
    wrong = '{"id": "a", "titel": "A", "variants": [{"sku": "a-1", "price": "1 USD"}]}'
    stock = '{"id": "b", "variants": [{"sku": "b-1", "stock": 1}]}'
    done = await taken(catalogue, jsonl, f"{line}\n{wrong}\n\nnone\n{stock}\n")
    assert list(why(done)) == [2, 4]
    assert why(done)[2].startswith("titel: there is no field of this name: there are id, title")
    assert await got(catalogue, "j") == Product(
        id=ProductId("j"),
        title="J",
        brand="B",
        category=("X", "Y"),
        gender="kids",
        description="D",
        best_for="Best",
        material="wool",
        care="by hand",
        tags=("t",),
        attributes=(("n", "v"),),
        rating=4.5,
        review_count=2,
        variants=(
            Variant(
                sku=Sku("j-1"),
                colour="red",
                size="M",
                options=(("o", "p"),),
                price=usd(1_000),
                compare_at=usd(1_200),
                cost=usd(400),
                stock=3,
                tracks_stock=False,
            ),
        ),
    )
    assert [each.stock for each in (await got(catalogue, "b")).variants] == [1, 5]


async def test_a_file_that_is_no_feed_is_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput, match="has no column id"):
        await taken(catalogue, tmp_path / "feed.csv", "name;price\nx;1\n")
    with pytest.raises(InvalidInput, match="say by --format"):
        await taken(catalogue, tmp_path / "feed.xml", "<feed/>")
