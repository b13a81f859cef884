"""What the planner has found texts to be holds only as long as the catalogue does."""

from datetime import UTC, datetime

import pytest
from anyio import to_thread

from shopfloor.agents.registry import shipped_cards
from shopfloor.planning.background import shipped_background
from shopfloor.planning.recognition import Recogniser
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.demo import demo_contents

pytestmark = pytest.mark.anyio


async def test_a_text_that_was_read_before_its_product_came_is_read_anew() -> None:
    contents = await to_thread.run_sync(demo_contents, datetime(2026, 11, 21, 15, tzinfo=UTC))
    search = CatalogueSearch([product for product in contents.products if "Speedster" not in product.title])
    cards = [card for card in await to_thread.run_sync(shipped_cards) if card.half == "conversation"]
    recogniser = await to_thread.run_sync(lambda: Recogniser(cards, shipped_background(), search))
    assert not recogniser.is_fragment("speedster")
    await to_thread.run_sync(search.replace, contents.products)
    recogniser.keep_up()
    assert recogniser.is_fragment("speedster")
