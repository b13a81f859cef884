"""What is found and in which order, where a catalogue is not as tidy as one might wish."""

import pytest
from anyio import to_thread
from shelf import product

from shopfloor.kernel.ids import ProductId
from shopfloor.search.contract import Page, ProductResults, Sort, narrowed
from shopfloor.search.products import CatalogueSearch

pytestmark = pytest.mark.anyio

MUSIC = ("Music", "Guitars & Strings")
STALL = (
    product("Acoustic Guitar", category=("Music", "Acoustic"), gender=None, sizes=(None,)),
    product("Travel Guitar", category=("Music", "Acoustic"), gender=None, sizes=(None,)),
    product("Nylon Strings", category=MUSIC, gender=None, sizes=(None,), description="For any guitar."),
    product("Sneaker Cleaner Kit", category=("Care", "Cleaners"), gender=None, sizes=(None,), colours=(None,)),
    product("Comet Sneaker", colours=("red", "black"), description="A light shoe."),
    product("Vesta Sneaker", colours=("crimson",)),
    product("E-Cloth Duster", category=("Home", "Cloths"), gender=None, sizes=(None,), description="For dust."),
    product("E-Cloth Window", category=("Home", "Cloths"), gender=None, sizes=(None,), description="For glass."),
    product("Fire Stick Remote", category=("Home", "Remotes"), gender=None, sizes=(None,), colours=(None,)),
    product("Fire Stick Cover", category=("Home", "Remotes"), gender=None, sizes=(None,), colours=(None,)),
    product("Velvet Couch", category=("Home", "Seating"), gender=None, sizes=(None,), colours=("green",)),
    product("Oak Couch", category=("Home", "Seating"), gender=None, sizes=(None,), colours=("brown",)),
    product("Cutlery Box", category=("Home", "Boxes"), gender=None, sizes=(None,), description="Holds cutlery."),
    product("Wall Clock", category=("Home", "Clocks"), gender=None, sizes=(None,), description="Needs a battery."),
    product("Mantel Clock", category=("Home", "Clocks"), gender=None, sizes=(None,), description="Wind it up."),
    product("Loft Clock", category=("Home", "Clocks"), gender=None, sizes=(None,), description="Runs without battery."),
    product("Jürgen Müsli Bowl", category=("Home", "Bowls"), gender=None, sizes=(None,), colours=(None,)),
    product("青い陶器の茶碗", category=("Home", "Bowls"), gender=None, sizes=(None,), colours=(None,)),
    product("Mesh Short", category=("Swim", "Trunks"), gender="men", description="Mesh sides."),
    product("Lined Short", category=("Swim", "Trunks"), gender="men", description="Has a mesh liner."),
)


@pytest.fixture(scope="module")
def stall() -> CatalogueSearch:
    return CatalogueSearch(STALL)


async def found(search: CatalogueSearch, text: str, *, page: Page | None = None) -> list[str]:
    return titles(await search.search(search.understand(text), limit=10, page=page))


def titles(results: ProductResults) -> list[str]:
    return [hit.product.title for hit in results.hits]


async def test_a_category_that_most_of_what_bears_its_name_is_not_of_is_only_a_word(stall: CatalogueSearch) -> None:
    assert stall.understand("guitar").category == "Guitars & Strings"
    assert (await found(stall, "guitar"))[:2] == ["Acoustic Guitar", "Travel Guitar"]


async def test_what_holds_all_the_words_is_found_outside_the_category_that_one_of_them_names(
    stall: CatalogueSearch,
) -> None:
    assert (await found(stall, "sneaker cleaner"))[0] == "Sneaker Cleaner Kit"
    assert sorted(await found(stall, "sneakers")) == ["Comet Sneaker", "Vesta Sneaker"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("ecloth", "E-Cloth"),
        ("firestick", "Fire Stick"),
        ("sofa", "Couch"),
        ("muesli jurgen bowl", "Jürgen Müsli Bowl"),
        ("茶碗", "青い陶器の茶碗"),
    ],
)
async def test_a_word_is_found_written_apart_by_a_synonym_without_accents_and_in_cjk(
    stall: CatalogueSearch, text: str, title: str
) -> None:
    results = await found(stall, text)
    assert results
    assert results[0].endswith(title) or results[0].startswith(title)


async def test_what_is_not_wanted_is_named_by_all_its_words(stall: CatalogueSearch) -> None:
    query = stall.understand("men's trunks without mesh liner, please")
    assert query.without == {"mesh liner"}
    assert await found(stall, "trunks without battery or mesh liner for men") == ["Mesh Short"]


async def test_what_is_wanted_too_is_not_unwanted(stall: CatalogueSearch) -> None:
    assert stall.understand("cutlery box without cutlery").without == frozenset()
    assert await found(stall, "cutlery box without cutlery") == ["Cutlery Box"]


async def test_a_page_of_results_ends_with_what_holds_what_is_not_wanted(stall: CatalogueSearch) -> None:
    assert await found(stall, "clock without battery") == ["Loft Clock", "Mantel Clock"]
    assert await found(stall, "clock without battery", page=Page()) == ["Loft Clock", "Mantel Clock", "Wall Clock"]


async def test_a_page_of_results_goes_on_with_what_fits_less(stall: CatalogueSearch) -> None:
    wide = await found(stall, "red sneaker", page=Page())
    assert wide[:2] == ["Comet Sneaker", "Vesta Sneaker"]
    assert "Sneaker Cleaner Kit" in wide
    assert await found(stall, "red sneaker") == ["Comet Sneaker", "Vesta Sneaker"]


async def test_a_word_of_size_is_a_word_where_the_catalogue_has_no_such_size(stall: CatalogueSearch) -> None:
    assert stall.understand("medium guitar").size is None
    assert stall.understand("sneaker in size 14").size == "14"


async def test_what_a_product_lacks_is_read_in_its_own_words() -> None:
    bare = [product("Plain Boot", category=()), product("Side Boot", category=("",))]
    search = await to_thread.run_sync(CatalogueSearch, bare)
    assert sorted(await found(search, "boot")) == ["Plain Boot", "Side Boot"]


async def test_a_page_is_sorted_by_price_or_rating() -> None:
    shelf = [
        product("Low Boot", price=30_00, rating=3.0),
        product("Mid Boot", price=60_00, rating=5.0),
        product("High Boot", price=90_00, rating=4.0),
    ]
    search = await to_thread.run_sync(CatalogueSearch, shelf)
    query = search.understand("boot")
    orders: dict[Sort, list[str]] = {
        "price": ["Low Boot", "Mid Boot", "High Boot"],
        "price_down": ["High Boot", "Mid Boot", "Low Boot"],
        "rating": ["Mid Boot", "High Boot", "Low Boot"],
    }
    for sort, titled in orders.items():
        assert titles(await search.search(query, page=Page(sort=sort))) == titled


async def test_a_page_counts_what_can_be_had_of_what_was_found(stall: CatalogueSearch) -> None:
    results = await stall.search(stall.understand("sneaker"), limit=1, page=Page(has_facets=True))
    counted = {facet.name: dict(facet.counts) for facet in results.facets}
    assert counted["category"] == {"Sneakers": 2}
    assert counted["colour"] == {"red": 2, "black": 1}
    assert counted["size"] == {"9": 2}
    assert (await stall.search(stall.understand("sneaker"))).facets == ()


async def test_a_filter_holds_in_whatever_case_it_is_set(stall: CatalogueSearch) -> None:
    kind = STALL[0].category[-1]
    shown = []
    for written in (kind, kind.upper(), kind.lower()):
        query = narrowed(stall.understand(""), category=written, brand=None, size=None, has_sold_out=True)
        shown.append([hit.product.id for hit in (await stall.search(query, limit=50, page=Page())).hits])
    assert shown[0]
    assert shown[0] == shown[1] == shown[2]


async def test_what_is_like_a_product_is_of_its_kind_and_not_itself(stall: CatalogueSearch) -> None:
    clock = next(one for one in STALL if one.title == "Loft Clock")
    assert {hit.product.title for hit in await stall.similar(clock.id, limit=2)} == {"Wall Clock", "Mantel Clock"}
    assert await stall.similar(ProductId("nothing")) == ()


async def test_a_catalogue_is_read_by_the_rules_of_the_language_it_is_written_in() -> None:
    said = "Aus Holz und mit einem Dach, das man öffnen kann. Es ist für den Garten und hält bei jedem Wetter."
    names = ("Vogelhaus Birke", "Vogelhaus Eiche", "Gartenbank Eiche", "Gießkanne Zink")
    shelf = [
        product(name, category=("Garten", name.split()[0]), gender=None, sizes=(None,), description=said)
        for name in names
    ]
    search = await to_thread.run_sync(CatalogueSearch, shelf)
    assert sorted(await found(search, "vogelhäuser")) == ["Vogelhaus Birke", "Vogelhaus Eiche"]
