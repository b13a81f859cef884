"""A catalogue in another language that the team reads is found by its own words, by English ones, and by a third's."""

import pytest
from german_shelf import GERMAN
from shelf import SHELF

from shopfloor.search.contract import understood
from shopfloor.search.glossing import in_english
from shopfloor.search.products import CatalogueSearch

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def german() -> CatalogueSearch:
    return CatalogueSearch(GERMAN)


async def first(search: CatalogueSearch, said: str) -> str | None:
    results = await search.search(search.understand(said))
    assert not results.relaxed
    return results.hits[0].product.title if results.hits else None


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("rote Laufschuhe", "Laufschuh Kiefer"),
        ("red running shoes", "Laufschuh Kiefer"),
        ("chaussures de course rouges", "Laufschuh Kiefer"),
        ("Damenjacke unter 120 €", "Jacke Nordsee"),
        ("a waterproof jacket for women", "Jacke Nordsee"),
        ("Jacke ohne Kapuze", "Jacke Harz"),
        ("jacket without a hood", "Jacke Harz"),
        ("hiking boots", "Wanderschuh Fels"),
        ("wool hat", "Mütze Schaf"),
        ("mütze", "Mütze Schaf"),
        ("sofa", None),
    ],
)
async def test_products_are_found_by_the_words_of_any_language(
    german: CatalogueSearch, said: str, title: str | None
) -> None:
    assert await first(german, said) == title


async def test_constraints_said_in_german_are_understood_against_the_catalogue(german: CatalogueSearch) -> None:
    said = "schwarze Damenjacke in M ohne Kapuze unter 200 €"
    query = german.understand(said)
    assert query.text == said
    assert understood(query) == {
        "category": "Jacken",
        "colours": "black",
        "size": "M",
        "gender": "women",
        "up_to": "€200.00",
        "without": "hood",
    }


async def test_why_a_product_was_found_is_said_in_the_catalogues_words(german: CatalogueSearch) -> None:
    [hit] = (await german.search(german.understand("red running shoes"))).hits
    assert hit.reasons == ("rot",)
    assert hit.product is GERMAN[0]


@pytest.mark.parametrize("said", ["is the rain jacket Nordsee in stock", "ist die Jacke Nordsee da", "jacket Nordsee"])
async def test_products_are_named_in_either_language(german: CatalogueSearch, said: str) -> None:
    assert german.named(said) == (GERMAN[2].id,)


async def test_german_words_find_what_an_english_catalogue_has() -> None:
    assert await first(CatalogueSearch(SHELF), "rote Turnschuhe") in {"Comet Flyer", "Vesta Court", "Ember Glide"}


async def test_nothing_is_read_twice_where_the_catalogue_is_english_or_of_no_language_of_the_teams() -> None:
    assert in_english(SHELF[0], "en") is SHELF[0]
    assert in_english(GERMAN[0], "it") is GERMAN[0]


async def test_what_changes_is_found_in_both_languages_too() -> None:
    search = CatalogueSearch(GERMAN[:4])
    assert await first(search, "wool hat") is None
    search.change([GERMAN[4]])
    assert await first(search, "wool hat") == await first(search, "wollmütze") == "Mütze Schaf"
