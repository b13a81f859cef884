"""Adding, refreshing and removing sources: a source gets its new pages all at once, or keeps those it has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Protocol

from anyio import to_thread

from shopfloor.journal.contract import Journal
from shopfloor.journal.record_events import RECORDS, KnowledgeChanged
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Rejected, Unavailable
from shopfloor.kernel.ids import StreamId
from shopfloor.knowledge.contract import DEMO, Knowledge, Page, Source, SourceKind
from shopfloor.knowledge.limits import DEFAULT_LIMITS, CrawlLimits, Tell, nobody
from shopfloor.knowledge.report import Report
from shopfloor.knowledge.urls import start_of


class Look(Protocol):
    """Looks at a source, and says in a report what became of each of its pages."""

    async def __call__(
        self,
        source: Source,
        before: Mapping[str, Page],
        report: Report,
        *,
        at: datetime,
        limits: CrawlLimits,
        tell: Tell,
    ) -> Sequence[Page]:
        """Return its pages as they are now."""
        ...


class Sources:
    """The sources of the shop's knowledge."""

    def __init__(
        self,
        knowledge: Knowledge,
        journal: Journal,
        clock: Clock,
        changed: Callable[[], None],
        *,
        limits: CrawlLimits = DEFAULT_LIMITS,
        look: Look | None = None,
    ) -> None:
        """Take where knowledge is kept, where changes are taken down, and how far a crawl goes.

        `changed` is called after each change; `look` looks at a source, as `looking` does unless it is given.
        """
        self.knowledge = knowledge
        self._journal = journal
        self._clock = clock
        self._changed = changed
        self._limits = limits
        self._look_at = look

    async def add(
        self,
        where: str,
        *,
        staff: str | None,
        most_pages: int | None = None,
        allow_private: bool = False,
        tell: Tell = nobody,
    ) -> Report:
        """Take the pages of a site, a file or a folder, and return what became of each; one that is there is refreshed.

        Raises:
            InvalidInput: it names nothing that can be taken.
            Conflict: another process is at it.
            NotFound: it was there, and was removed meanwhile.
            Unavailable: it could not be had this time.
            Rejected: it is not to be had.
        """
        now = self._clock.now()
        name, kind = await to_thread.run_sync(_named, where)
        known = await self.knowledge.find(name)
        source = Source(
            name=name,
            kind=kind,
            added_at=known.added_at if known else now,
            refreshed_at=now,
            most_pages=most_pages or (known.most_pages if known else self._limits.most_pages),
            allows_private=allow_private,
            report={},
        )
        return await self._look(source, staff, tell)

    async def refresh(self, name: str, *, staff: str | None, tell: Tell = nobody) -> Report:
        """Look at a source again; pages that are unchanged are not read again.

        Raises:
            NotFound: there is no such source.
            InvalidInput: it cannot be looked at, such as a folder that is not on this machine; it stays as it is.
            Conflict: another process is at it.
            Unavailable: it could not be had this time; it stays as it is.
            Rejected: it is not to be had any more; it stays as it is.
        """
        source = await self._found(name)
        if source.kind == DEMO:
            raise InvalidInput("the demo shop's pages come with the program, and are renewed with it")
        return await self._look(replace(source, refreshed_at=self._clock.now()), staff, tell)

    async def refresh_all(self, tell: Tell = nobody) -> Sequence[Report]:
        """Look at all sources again, one after the other; one that cannot be had stays as it is."""
        reports: list[Report] = []
        for source in await self.knowledge.sources():
            if source.kind == DEMO:
                continue
            try:
                reports.append(await self.refresh(source.name, staff=None, tell=tell))
            except NotFound:  # it was removed meanwhile
                continue
            except (InvalidInput, Conflict, Unavailable, Rejected) as error:
                report = Report(source=source.name, ended=str(error))
                await self.knowledge.note(replace(source, report=report.view()))
                reports.append(report)
        return reports

    async def show(self, where: str) -> tuple[Source, Sequence[Page]]:
        """Return a source with its pages.

        Raises:
            NotFound: there is no such source.
        """
        source = await self._found(where)
        return source, await self.knowledge.pages(source.name)

    async def remove(self, where: str, *, staff: str | None) -> None:
        """Remove a source with its pages.

        Raises:
            NotFound: there is no such source.
        """
        source = await self._found(where)
        await self.knowledge.remove(source.name)
        self._changed()
        told = KnowledgeChanged(what="removed", subject=source.name, staff=staff, pages=source.documents)
        await self._journal.append(RECORDS, [told])

    async def _found(self, where: str) -> Source:
        """Return a source by its name, or by what it was added as."""
        source = await self.knowledge.find(where)
        if source is None:
            name, _ = await to_thread.run_sync(_named, where)
            source = await self.knowledge.find(name)
        if source is None:
            raise NotFound(f"there is no source {where}: `shopfloor knowledge list` shows all")
        return source

    async def _look(self, source: Source, staff: str | None, tell: Tell) -> Report:
        async with self._journal.hold(StreamId(f"worker/knowledge/{source.name}"), wait=False) as is_held:
            if not is_held:
                raise Conflict(f"{source.name} is being looked at just now: try again in a moment")
            report, began = Report(source=source.name), monotonic()
            was_there = await self.knowledge.find(source.name) is not None
            before = {page.place: page for page in await self.knowledge.pages(source.name)}
            look = self._look_at or await to_thread.run_sync(_look)
            limits = replace(self._limits, most_pages=source.most_pages)
            pages = await look(source, before, report, at=source.refreshed_at, limits=limits, tell=tell)
            report.seconds = monotonic() - began
            if not pages:
                why = report.skipped[0].why if report.skipped else report.ended or "it is empty"
                raise InvalidInput(f"nothing can be taken from {source.name}: {why}")
            source = replace(source, report=report.view())
            if was_there and await self.knowledge.find(source.name) is None:
                raise NotFound(f"{source.name} was removed while it was looked at: add it again if it is wanted")
            if report.new or report.changed or report.removed:
                await self.knowledge.put(source, pages)
                self._changed()
                told = KnowledgeChanged(what="taken", subject=source.name, staff=staff, pages=len(pages))
                await self._journal.append(RECORDS, [told])
            else:
                await self.knowledge.note(source)
            return report


def _look() -> Look:
    # Imported here, since no other command should wait for an HTTP client and what reads files.
    look: Look = import_module("shopfloor.knowledge.looking").look
    return look


def _named(where: str) -> tuple[str, SourceKind]:
    """Return the name and the kind of what is to be added."""
    if where.startswith(("http://", "https://")):
        return str(start_of(where)), "site"
    if "://" in where:
        raise InvalidInput(f"{where} cannot be taken: give an address that begins with http:// or https://")
    if not where.strip():
        raise InvalidInput("name an address, a file or a folder")
    path = Path(where).expanduser().resolve()
    if path == path.parent:
        raise InvalidInput("this is the whole disk: name a file, or the folder with the shop's pages")
    return str(path), "folder" if path.is_dir() else "file"
