"""The demo shop's own pages, as a source that is listed and can be removed like any other."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from anyio import to_thread

from shopfloor.database.marks import Marks
from shopfloor.kernel.clock import Clock
from shopfloor.knowledge.contract import DEMO, Knowledge, Page, Source
from shopfloor.search.contract import Document
from shopfloor.search.knowledge import parse_page
from shopfloor.shop.demo import demo_pages

SHIPPED = "knowledge/shipped"
"""Under which it is kept which pages the product brought last."""


@lru_cache(maxsize=1)
def _pages() -> tuple[tuple[Document, str], ...]:
    """Return the demo shop's pages, each with the digest of how it is written."""
    return tuple((parse_page(name, text), sha256(text.encode()).hexdigest()) for name, text in demo_pages().items())


def demo_source(at: datetime) -> tuple[Source, Sequence[Page]]:
    """Return the demo shop's source with its pages."""
    pages = [Page(document=one, place=one.id, digest=digest, fetched_at=at) for one, digest in _pages()]
    source = Source(
        name=DEMO,
        kind="demo",
        added_at=at,
        refreshed_at=at,
        most_pages=len(pages),
        documents=len(pages),
        report={},
    )
    return source, pages


async def ship_demo(knowledge: Knowledge, marks: Marks, clock: Clock) -> None:
    """Bring the demo shop's pages: the first time, and where the product has others and nobody removed them."""
    source, pages = await to_thread.run_sync(demo_source, clock.now())
    mark = sha256("".join(page.digest for page in pages).encode()).hexdigest()
    shipped = await marks.get(SHIPPED)
    if shipped == mark:
        return
    if shipped is None or await knowledge.find(DEMO):
        await knowledge.put(source, pages)
    await marks.put(SHIPPED, mark)
