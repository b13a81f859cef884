"""Looking at a source: what there is of it now, and in the report what became of each page."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from aiohttp.abc import AbstractResolver

from shopfloor.knowledge.contract import Page, Source
from shopfloor.knowledge.crawl import Crawl
from shopfloor.knowledge.extraction.extracting import Extractor
from shopfloor.knowledge.fetching import opened_fetcher
from shopfloor.knowledge.files import read_files
from shopfloor.knowledge.limits import CrawlLimits, Tell
from shopfloor.knowledge.report import Report
from shopfloor.knowledge.urls import start_of


async def look(
    source: Source,
    before: Mapping[str, Page],
    report: Report,
    *,
    at: datetime,
    limits: CrawlLimits,
    tell: Tell,
    resolver: AbstractResolver | None = None,
) -> list[Page]:
    """Return the pages of a source as they are now; `before` are those that there were, by their places.

    `resolver` is what looks names up, the system's unless one is given.

    Raises:
        InvalidInput: there is nothing that can be taken.
        Unavailable: it could not be had this time.
        Rejected: it is not to be had.
    """
    async with Extractor() as extractor:
        if source.kind != "site":
            pages = await read_files(Path(source.name), before, report, extractor, at, tell)
            report.removed += sorted(before.keys() - {page.place for page in pages})
            return pages
        fetching = opened_fetcher(allow_private=source.allows_private, resolver=resolver, page_s=limits.page_s)
        async with fetching as fetcher:
            crawl = Crawl(
                start_of(source.name),
                before,
                report,
                fetcher=fetcher,
                extractor=extractor,
                limits=limits,
                at=at,
                tell=tell,
            )
            return await crawl.run()
