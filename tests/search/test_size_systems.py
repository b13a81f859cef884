"""Shoe sizes of one system in a catalogue that counts in another."""

import pytest
from anyio import to_thread
from shelf import product

from shopfloor.search.contract import understood
from shopfloor.search.products import CatalogueSearch
from shopfloor.search.size_systems import shoe_size
from shopfloor.shop.models import Gender

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("said", "wearer", "there", "size"),
    [
        ("EU 42", "men", "9", "9"),
        ("UK 8", "men", "9", "9"),
        ("EU 38", "women", "7.5", "7.5"),
        ("UK 5.5", "women", "7.5", "7.5"),
        ("EU 38", None, "7.5", "7.5"),  # nobody says more than a small one for a man
        ("9", "men", "42", "42"),
        ("US 9", "men", "EU 42", "EU 42"),
        ("42", "men", "9", "9"),
        ("UK 8", "men", "42", "42"),
        ("EU 42", "men", "EU 42", "EU 42"),
        ("EU 30", "kids", "12", None),
        ("EU 42", "men", "9.5", None),
        ("XL", "men", "9", None),
        ("EU 42", "men", "uk 9", None),
    ],
)
def test_a_size_is_found_in_the_system_of_the_catalogue(
    said: str, wearer: Gender | None, there: str, size: str | None
) -> None:
    assert shoe_size(said, wearer, {there.lower(): there}) == size


async def test_a_search_says_which_size_it_took_another_for_and_only_with_shoes() -> None:
    shelf = [
        product("Comet Sneaker", sizes=("8", "9")),
        product("Tarn Jacket", category=("Outerwear", "Jackets"), sizes=("9",)),
    ]
    search = await to_thread.run_sync(CatalogueSearch, shelf)
    query = search.understand("men's sneakers in EU 42")
    assert understood(query)["size"] == "9 (about EU 42)"
    [hit] = (await search.search(query)).hits
    assert hit.reasons == ("men's size 9 (about EU 42) in stock",)
    assert (await search.search(search.understand("men's jackets in EU 42"))).relaxed == ("size",)
