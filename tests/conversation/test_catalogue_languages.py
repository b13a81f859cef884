"""A shop whose catalogue is German sells in each of the team's languages."""

import pytest
from anyio import to_thread
from demo_app import NOW, begin, say
from german_shelf import GERMAN

from shopfloor.app import memory_app
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import SeededIds
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("Habt ihr rote Laufschuhe?", "Laufschuh Kiefer"),
        ("do you have red running shoes", "Laufschuh Kiefer"),
        ("Je cherche une veste imperméable pour femme", "Jacke Nordsee"),
        ("Ist die Jacke Nordsee in gelb da?", "Ja, Jacke Nordsee ist vorrätig in gelb"),
        ("is the Jacke Nordsee in red?", "is not made in red"),
        ("is the Jacke Nordsee waterproof?", "Eine wasserdichte Jacke mit Kapuze"),
        ("Hat die Jacke Harz eine Kapuze?", "ohne Kapuze"),
        ("Ist die Jacke Harz wasserdicht?", "steht das nicht"),
    ],
)
async def test_its_products_are_found_whatever_language_is_spoken(said: str, heard: str) -> None:
    search = await to_thread.run_sync(CatalogueSearch, GERMAN)
    app = await memory_app(ShopContents(products=GERMAN), search=search, clock=FixedClock(NOW), ids=SeededIds())
    assert heard in await say(app, await begin(app), said)
