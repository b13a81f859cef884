import re
from importlib import resources

import pytest
from questions import ANSWERABLE, UNANSWERABLE

from shopfloor.kernel.errors import InvalidInput
from shopfloor.search.knowledge import PageRetriever, parse_page
from shopfloor.topics.topics import shipped_topics

pytestmark = pytest.mark.anyio

RETURNS = """---
title: Returns
topic: returns
updated: 2026-01-02
---
Bring things back when you like.

## How long do I have to return something?

You have 30 days.

## What does a return from Canada cost?

A label costs $9.
"""
SHIPPING = """---
title: Shipping costs
topic: shipping
---
## How much is shipping?

Five dollars a parcel; free above $75.
"""


@pytest.fixture(scope="module")
def pages() -> PageRetriever:
    return PageRetriever([parse_page("returns", RETURNS), parse_page("shipping", SHIPPING)])


@pytest.fixture(scope="module")
def demo() -> PageRetriever:
    folder = resources.files("shopfloor.shop.demo").joinpath("knowledge")
    files = sorted((file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".md"))
    return PageRetriever(
        (parse_page(name.removesuffix(".md"), text) for name, text in files), home="US", embedder=shipped_topics()
    )


def test_a_page_is_read_from_its_front_matter() -> None:
    page = parse_page("returns", RETURNS)
    assert (page.id, page.title, page.topic) == ("returns", "Returns", "returns")
    assert page.text.startswith("Bring things back")


@pytest.mark.parametrize("text", ["no front matter", "---\ntitle: only\n---\ntext", "---\n: [\n---\ntext"])
def test_a_page_without_title_and_topic_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="page broken"):
        parse_page("broken", text)


async def test_the_section_that_answers_comes_first(pages: PageRetriever) -> None:
    found = await pages.retrieve("how long do I have to return my shoes")
    assert found.passages[0].heading == "How long do I have to return something?"
    assert found.passages[0].text == "You have 30 days."


async def test_other_words_for_the_same_and_misspellings_find_it(pages: PageRetriever) -> None:
    found = await pages.retrieve("what is the fee for a package to be deliverd")
    assert found.is_answerable
    assert found.passages[0].document_id == "shipping"


async def test_what_no_page_covers_is_not_answerable(pages: PageRetriever) -> None:
    assert not (await pages.retrieve("who won the world cup")).is_answerable
    assert not (await pages.retrieve("")).is_answerable
    assert (await pages.retrieve("hello")).passages == ()


async def test_scores_lie_between_nothing_and_one(pages: PageRetriever) -> None:
    found = await pages.retrieve("shipping costs", limit=5)
    assert all(0 <= passage.score <= 1 for passage in found.passages)
    assert found.passages[0].score == 1


async def test_a_whole_page_can_be_read(pages: PageRetriever) -> None:
    page = await pages.read_document("shipping")
    assert page is not None
    assert page.title == "Shipping costs"
    assert await pages.read_document("nowhere") is None


@pytest.mark.parametrize(("question", "page"), ANSWERABLE.items())
async def test_the_demo_shops_pages_answer_what_customers_ask(demo: PageRetriever, question: str, page: str) -> None:
    found = await demo.retrieve(question)
    assert found.is_answerable
    assert re.search(page, found.passages[0].document_id)


@pytest.mark.parametrize("question", UNANSWERABLE)
async def test_the_demo_shops_pages_do_not_answer_anything_else(demo: PageRetriever, question: str) -> None:
    assert not (await demo.retrieve(question)).is_answerable


async def test_the_home_countrys_page_comes_first_where_none_is_named(demo: PageRetriever) -> None:
    found = await demo.retrieve("how long do I have to return something")
    assert found.passages[0].document_id == "returns-us"
