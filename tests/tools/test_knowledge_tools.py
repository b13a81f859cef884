"""Answers from the shop's pages, and where there are none."""

from typing import Any

import pytest
from tools.visit import Visit

from shopfloor.tools.contract import Toolset

pytestmark = pytest.mark.anyio


async def test_a_question_that_a_page_answers_is_answered_from_that_page(demo_tools: Toolset) -> None:
    result = await demo_tools.call("search_knowledge", {"question": "do you ship to Canada"}, Visit().context())
    passages: Any = result.output["passages"]
    assert result.output["outcome"] == "answerable"
    assert passages[0]["document_id"] == "shipping-canada"
    assert passages[0]["text"]
    assert [(source.kind, source.id) for source in result.sources] == [("document", "shipping-canada")]


@pytest.mark.parametrize("question", ["what is the capital of Mongolia?", "", "qqqq", "write me a poem about the sea"])
async def test_a_question_that_no_page_answers_is_unknown_and_has_no_source(demo_tools: Toolset, question: str) -> None:
    result = await demo_tools.call("search_knowledge", {"question": question}, Visit().context())
    assert (result.output["outcome"], result.sources) == ("unknown", ())


async def test_a_whole_page_is_read_by_its_id(demo_tools: Toolset) -> None:
    result = await demo_tools.call("read_full_document", {"document_id": "shipping-canada"}, Visit().context())
    document: Any = result.output["document"]
    assert (result.output["outcome"], document["id"]) == ("found", "shipping-canada")
    assert "##" in document["text"]
    assert [source.id for source in result.sources] == ["shipping-canada"]


@pytest.mark.parametrize("document_id", ["no-such-page", "", "../shipping-canada", "shipping-canada.md"])
async def test_a_page_that_does_not_exist_is_not_found(demo_tools: Toolset, document_id: str) -> None:
    result = await demo_tools.call("read_full_document", {"document_id": document_id}, Visit().context())
    assert (result.output, result.sources) == ({"outcome": "not_found"}, ())
