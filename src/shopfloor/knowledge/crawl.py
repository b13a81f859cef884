"""Crawling a site: from an address on, by its sitemap and its links, within its own rules and our limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from time import monotonic

import anyio
from anyio import CapacityLimiter, Lock, create_task_group, move_on_after, to_thread
from yarl import URL

from shopfloor.kernel.errors import InvalidInput, Rejected, Unavailable
from shopfloor.knowledge.contract import Page
from shopfloor.knowledge.extraction.contract import Raw
from shopfloor.knowledge.extraction.extracting import Extractor
from shopfloor.knowledge.fetching import Answer, Fetcher
from shopfloor.knowledge.limits import CrawlLimits, Tell
from shopfloor.knowledge.report import Place, Report
from shopfloor.knowledge.robots import Robots, robots_of
from shopfloor.knowledge.sitemaps import MOST_ADDRESSES, MOST_SITEMAPS, read_sitemap
from shopfloor.knowledge.sitemaps import MOST_BYTES as MOST_SITEMAP_BYTES
from shopfloor.knowledge.taking import Hidden, digest_of, same, steering, taken
from shopfloor.knowledge.urls import Scope, Traps, is_page, normalised

DEEPEST = 12
"""Links from the first page to the last that is taken: a chain without end, such as a calendar's, ends there."""
MOST_FOREIGN = 20
"""Addresses elsewhere in a sitemap that are named in the report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a look at an address came to."""

    page: Page | None
    links: tuple[str, ...]


class Crawl:
    """One look at a site."""

    def __init__(
        self,
        start: URL,
        before: Mapping[str, Page],
        report: Report,
        *,
        fetcher: Fetcher,
        extractor: Extractor,
        limits: CrawlLimits,
        at: datetime,
        tell: Tell,
    ) -> None:
        """Take where to begin, the pages that there were by their addresses, and where to say what became of each."""
        self._start = start
        self._scope = Scope.of(start)
        self._before = before
        self._report = report
        self._fetcher = fetcher
        self._extractor = extractor
        self._limits = limits
        self._at = at
        self._tell = tell
        self._robots = Robots("")
        self._traps = Traps()
        self._known: set[str] = set()
        """Addresses that were looked at, are to be, or are passed over."""
        self._looked_at: set[str] = set()
        self._asked = 1
        """How many pages were looked at, or are being."""
        self._pages: dict[str, Page] = {}
        self._texts: dict[str, str] = {}
        self._bytes = 0
        self._done = 0
        self._pace = Lock()
        self._next_at = 0.0
        self._slots = CapacityLimiter(limits.at_once)

    async def run(self) -> list[Page]:
        """Look at the site and return its pages.

        Raises:
            Unavailable: the first page, or what the site asks of us, could not be had.
            Rejected: the first page is not to be had.
            InvalidInput: there is no text in it, and it leads nowhere.
        """
        with move_on_after(self._limits.most_s) as within:
            self._robots = await robots_of(self._start, self._fetcher, self._may_move)
            await self._crawl()
        if within.cancelled_caught:
            self._end(f"it took longer than {self._limits.most_s:g} seconds")
        for place, page in self._before.items():
            if place in self._pages:
                continue
            if self._report.ended and place not in self._looked_at:
                self._pages[place] = page
                self._report.kept.append(Place(place=place, why=self._report.ended))
            else:
                self._report.removed.append(place)
        return list(self._pages.values())

    async def _crawl(self) -> None:
        first = await self._first()
        self._add(first)
        following = [*await self._listed(), *self._followed(first.links)]
        for _ in range(DEEPEST):
            wave = self._room(following)
            if not wave:
                return
            found: list[Seen | None] = [None] * len(wave)
            try:
                async with create_task_group() as group:
                    for place, url in enumerate(wave):
                        group.start_soon(self._visit, url, found, place)
            finally:  # what was seen counts, though the time is up
                seen = [one for one in found if one]
                for one in seen:
                    self._add(one)
            following = [url for one in seen for url in self._followed(one.links)]
        if following:
            self._end(f"more than {DEEPEST} links lead to what is left")

    async def _first(self) -> Seen:
        """Look at the page that was asked for; where it moved within its site, what is meant moves with it."""
        self._known.add(str(self._start))
        answer = await self._fetched(self._start)
        if not self._scope.holds(answer.url):
            self._scope = Scope.of(answer.url)
        self._known.add(str(answer.url))
        return await self._seen(answer, self._start)

    def _room(self, following: Iterable[URL]) -> list[URL]:
        """Return the addresses that are to be looked at next, as many as the limits leave."""
        wave: list[URL] = []
        for url in following:
            if str(url) in self._known:
                continue
            if self._asked >= self._limits.most_pages:
                self._end(f"more than {self._limits.most_pages:,} pages: take more with --pages")
                break
            self._asked += 1
            self._known.add(str(url))
            wave.append(url)
        return wave

    async def _visit(self, url: URL, found: list[Seen | None], place: int) -> None:
        async with self._slots:
            if self._bytes > self._limits.most_bytes:
                self._end(f"more than {self._limits.most_bytes // 1_000_000:,} MB")
                return
            found[place] = await self._look(url)
            self._looked_at.add(str(url))
            self._done += 1
            self._tell(self._done, self._asked, str(url))

    async def _look(self, url: URL) -> Seen | None:
        """Look at an address, and say in the report why nothing is taken where nothing is."""
        before = self._before.get(str(url))
        try:
            answer = await self._fetched(url)
            if str(answer.url) != str(url) and str(answer.url) in self._known:
                return None
            self._known.add(str(answer.url))
            return await self._seen(answer, url)
        except Hidden as error:
            self._skip(url, str(error))
            return Seen(page=None, links=await to_thread.run_sync(self._resolved, error.links, url, error.base))
        except (Unavailable, InvalidInput) as error:
            if before:
                self._report.kept.append(Place(place=str(url), why=str(error)))
                return Seen(page=before, links=before.links)
            self._skip(url, str(error))
        except Rejected as error:
            self._skip(url, str(error))
        return None

    async def _fetched(self, url: URL) -> Answer:
        async with self._pace:
            now = monotonic()
            await anyio.sleep(max(0.0, self._next_at - now))
            self._next_at = max(now, self._next_at) + max(self._limits.pause_s, self._robots.pause_s)
        before = self._before.get(str(url))
        answer = await self._fetcher.get(
            url,
            self._may_fetch,
            etag=before.etag if before else None,
            last_modified=before.last_modified if before else None,
        )
        self._bytes += len(answer.content)
        return answer

    async def _seen(self, answer: Answer, url: URL) -> Seen:
        place = str(answer.url)
        before = self._before.get(place)
        if before and (answer.is_unchanged or before.digest == digest_of(answer.content)):
            page = same(before, self._at, etag=answer.etag, last_modified=answer.last_modified)
            return Seen(page=page, links=page.links)
        if answer.is_unchanged:
            raise Unavailable("its server says that it is unchanged, which nobody asked")
        raw = Raw(content=answer.content, name=answer.url.path, declared=answer.content_type)
        page, withheld = await taken(self._extractor, raw, document_id=place, place=place, at=self._at)
        if "noindex" in answer.robots.lower() or "none" in answer.robots.lower().split(", "):
            raise Hidden(page.links, None)
        if withheld:
            self._report.withheld.append(Place(place=place, why=steering(withheld)))
        links = await to_thread.run_sync(self._resolved, page.links, answer.url, None)
        page = replace(page, links=links, etag=answer.etag, last_modified=answer.last_modified)
        return Seen(page=page, links=links)

    def _add(self, seen: Seen) -> None:
        """Take a page, unless its text stands under another address already."""
        page = seen.page
        if page is None or page.place in self._pages:
            return
        text = sha256(page.document.text.encode()).hexdigest()
        other = self._texts.setdefault(text, page.place)
        if other != page.place:
            self._report.skipped.append(Place(place=page.place, why=f"it says the same as {other}"))
            return
        self._pages[page.place] = page
        before = self._before.get(page.place)
        if before is None:
            self._report.new += 1
        elif before.digest != page.digest:
            self._report.changed += 1
        elif page is not before:  # one that stays since it could not be looked at is named elsewhere
            self._report.unchanged += 1

    def _resolved(self, links: Iterable[str], url: URL, base: str | None) -> tuple[str, ...]:
        """Return where a page leads within what is asked for, each address once."""
        start = normalised(base, url) if base else url
        found = (normalised(link, start) for link in links)
        return tuple(dict.fromkeys(str(one) for one in found if one is not None and self._is_wanted(one)))

    def _followed(self, links: Sequence[str]) -> list[URL]:
        """Return the addresses that links lead to, without those that a site makes without end."""
        new = [URL(link) for link in links if link not in self._known]
        followed: list[URL] = []
        for url in new:
            if why := self._traps.why_not(url):
                self._known.add(str(url))
                self._skip(url, why)
            else:
                followed.append(url)
        return followed

    def _is_wanted(self, url: URL) -> bool:
        return self._scope.holds(url) and is_page(url)

    async def _listed(self) -> list[URL]:
        """Return the addresses that the site's sitemaps list."""
        named = [normalised(one, self._start) for one in self._robots.sitemaps]
        following = [one for one in named if one] or [self._start.with_path("/sitemap.xml").with_query(None)]
        listed: list[URL] = []
        seen: set[str] = set()
        foreign = 0
        while following and len(seen) < MOST_SITEMAPS and len(listed) < MOST_ADDRESSES:
            url = following.pop(0)
            if str(url) in seen:
                continue
            seen.add(str(url))
            found, is_list = await self._sitemap(url)
            if is_list:
                following += [one for one in found if self._scope.is_same_site(one)]
                continue
            for one in found:
                if self._is_wanted(one):
                    listed.append(one)
                elif not self._scope.is_same_site(one):
                    foreign += 1
                    if foreign <= MOST_FOREIGN:
                        self._skip(one, "the sitemap names it, but it is on another site")
        return listed

    async def _sitemap(self, url: URL) -> tuple[list[URL], bool]:
        try:
            answer = await self._fetcher.get(url, self._may_move, most_bytes=MOST_SITEMAP_BYTES)
        except Rejected:
            return [], False
        except Unavailable as error:
            self._end(f"its sitemap could not be had: {error}")
            return [], False
        addresses, is_list = await to_thread.run_sync(read_sitemap, answer.content)
        found = await to_thread.run_sync(lambda: [normalised(address, url) for address in addresses])
        return [one for one in found if one], is_list

    def _may_move(self, url: URL) -> str | None:
        return None if self._scope.is_same_site(url) else f"it moved to another site, {url.host}: add that one"

    def _may_fetch(self, url: URL) -> str | None:
        return self._may_move(url) or (None if self._robots.allows(url) else "robots.txt asks us not to")

    def _skip(self, url: URL, why: str) -> None:
        self._report.skipped.append(Place(place=str(url), why=why))

    def _end(self, why: str) -> None:
        self._report.ended = self._report.ended or why
