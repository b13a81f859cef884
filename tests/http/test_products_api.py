"""Products over HTTP: search with filters, pages and counts, and what is like a product."""

from typing import Any

import pytest
from serving import Served

pytestmark = pytest.mark.anyio


async def got(served: Served, path: str, **asked: object) -> dict[str, Any]:
    response = await served.client.get(f"/v1/products/{path}", params=asked, headers=await served.key("viewer"))
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_search_says_what_it_understood_and_why_each_product_was_found(served: Served) -> None:
    found = await got(served, "search", q="red sneakers size 9 under $90", limit=2)
    assert found["understood"] == {"category": "Sneakers", "colours": "red", "size": "9", "up_to": "$90.00"}
    assert len(found["products"]) == 2
    first = found["products"][0]
    assert first["category"][-1] == "Sneakers"
    assert first["price"]["minor"] <= 90_00
    assert first["stock"] > 0
    assert any(reason.endswith("under $90") for reason in first["reasons"])
    assert found["facets"] == {}


async def test_pages_follow_each_other_and_are_counted(served: Served) -> None:
    asked = {"q": "sneakers", "sort": "price", "limit": 3, "facets": True}
    first, second = [await got(served, "search", **asked, offset=offset) for offset in (0, 3)]
    prices = [one["price"]["minor"] for one in (*first["products"], *second["products"])]
    assert len(prices) == 6
    assert prices == sorted(prices)
    assert first["facets"]["category"]["Sneakers"] == first["total"]


async def test_a_filter_that_is_set_holds_whatever_the_words_say(served: Served) -> None:
    found = await got(served, "search", q="red sneakers", category="Boots", limit=100)
    assert len(found["products"]) > found["total"] > 0
    assert all("Boots" in one["category"] for one in found["products"])
    sized = await got(served, "search", q="red boots", brand="Varrowick", size="9", limit=100)
    assert {(one["brand"], one["size"]) for one in sized["products"]} == {("Varrowick", "9")}


@pytest.mark.parametrize("asked", [{"category": "No such"}, {"brand": "No such"}, {"size": "No such"}])
async def test_a_filter_that_nothing_meets_finds_nothing(served: Served, asked: dict[str, str]) -> None:
    found = await got(served, "search", q="sneakers under $50", **asked)
    assert (found["products"], found["total"], found["relaxed"]) == ([], 0, [])


async def test_a_filter_that_is_left_empty_is_none(served: Served) -> None:
    asked = {"q": "sneakers", "limit": 5}
    assert await got(served, "search", **asked, category="", brand=" ") == await got(served, "search", **asked)


async def test_an_amount_beyond_all_bounds_is_an_amount(served: Served) -> None:
    assert (await got(served, "search", q=f"sneakers under ${'9' * 40}"))["products"]
    assert (await got(served, "search", q=f"sneakers over ${'9' * 40}"))["relaxed"] == ["price"]


async def test_what_is_like_a_product_is_shown_and_an_unknown_product_is_a_problem(served: Served) -> None:
    [one] = (await got(served, "search", q="sneakers", limit=1))["products"]
    similar = (await got(served, f"{one['id']}/similar", limit=3))["products"]
    assert len(similar) == 3
    assert one["id"] not in [each["id"] for each in similar]
    unknown = await served.client.get("/v1/products/none/similar", headers=await served.key("viewer"))
    assert unknown.status_code == 404
    assert "there is no product none" in unknown.json()["detail"]


@pytest.mark.parametrize(
    "asked", [{}, {"q": ""}, {"q": "x", "limit": 0}, {"q": "x", "sort": "mood"}, {"q": "x" * 1_001}]
)
async def test_a_search_that_cannot_be_is_a_problem(served: Served, asked: dict[str, object]) -> None:
    refused = await served.client.get("/v1/products/search", params=asked, headers=await served.key("viewer"))
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
