"""Where sources, pages and corrections are kept: in memory, or in the installation's database."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.database.rows import InstallationRow
from shopfloor.kernel.errors import NotFound
from shopfloor.knowledge.contract import Correction, Page, Source, Versions
from shopfloor.knowledge.rows import CorrectionRow, KnowledgePageRow, KnowledgeSourceRow
from shopfloor.search.contract import Document

PAGES, CORRECTIONS = "knowledge/pages", "knowledge/corrections"
"""Under which the changes are counted."""


class MemoryKnowledge:
    """Knowledge kept for the life of the process."""

    def __init__(self) -> None:
        """Start with none."""
        self._sources: dict[str, tuple[Source, tuple[Page, ...]]] = {}
        self._corrections: dict[str, Correction] = {}
        self._versions = Versions(0, 0)

    async def versions(self) -> Versions:
        """Return what counts the changes."""
        return self._versions

    async def sources(self) -> Sequence[Source]:
        """Return all sources, in the order of their names."""
        return [self._sources[name][0] for name in sorted(self._sources)]

    async def find(self, name: str) -> Source | None:
        """Return a source."""
        return self._sources[name][0] if name in self._sources else None

    async def pages(self, name: str) -> Sequence[Page]:
        """Return a source's pages, in the order of their places."""
        return self._sources[name][1] if name in self._sources else ()

    async def documents(self) -> Sequence[Document]:
        """Return the documents of all pages, in the order of their ids."""
        documents = [page.document for _, pages in self._sources.values() for page in pages]
        return sorted(documents, key=lambda one: one.id)

    async def put(self, source: Source, pages: Sequence[Page]) -> None:
        """Let a source have these pages in place of those that it has."""
        self.hold(source, pages)

    def hold(self, source: Source, pages: Sequence[Page]) -> None:
        """Do so at once."""
        others = {page.document.id for name, (_, held) in self._sources.items() if name != source.name for page in held}
        kept = _placed(source.name, pages, others)
        self._sources[source.name] = replace(source, documents=len(kept)), kept
        self._versions = self._versions._replace(pages=self._versions.pages + 1)

    async def note(self, source: Source) -> None:
        """Store what is known of a source whose pages stay as they are."""
        pages = await self.pages(source.name)
        self._sources[source.name] = replace(source, documents=len(pages)), tuple(pages)

    async def remove(self, name: str) -> None:
        """Remove a source with its pages."""
        if self._sources.pop(name, None) is None:
            raise _no_source(name)
        self._versions = self._versions._replace(pages=self._versions.pages + 1)

    async def corrections(self) -> Sequence[Correction]:
        """Return the corrections that hold, the newest first."""
        return sorted(self._corrections.values(), key=lambda one: (one.made_at, one.id), reverse=True)

    async def correct(self, correction: Correction) -> None:
        """Store a correction."""
        self._corrections[correction.id] = correction
        self._versions = self._versions._replace(corrections=self._versions.corrections + 1)

    async def withdraw(self, correction_id: str) -> None:
        """Remove a correction."""
        if self._corrections.pop(correction_id, None) is None:
            raise _no_correction(correction_id)
        self._versions = self._versions._replace(corrections=self._versions.corrections + 1)


class SqlKnowledge:
    """Knowledge kept in the database, over all processes."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    async def versions(self) -> Versions:
        """Return what counts the changes."""
        return await self._database.read(lambda session: Versions(_count(session, PAGES), _count(session, CORRECTIONS)))

    async def sources(self) -> Sequence[Source]:
        """Return all sources, in the order of their names."""
        return await self._database.read(_sources)

    async def find(self, name: str) -> Source | None:
        """Return a source."""
        return next((one for one in await self.sources() if one.name == name), None)

    async def pages(self, name: str) -> Sequence[Page]:
        """Return a source's pages, in the order of their places."""
        theirs = select(KnowledgePageRow).where(KnowledgePageRow.source == name).order_by(KnowledgePageRow.place)
        return await self._database.read(lambda session: [_page(row) for row in session.scalars(theirs)])

    async def documents(self) -> Sequence[Document]:
        """Return the documents of all pages, in the order of their ids."""
        every = select(KnowledgePageRow).order_by(KnowledgePageRow.id)
        return await self._database.read(lambda session: [_document(row) for row in session.scalars(every)])

    async def put(self, source: Source, pages: Sequence[Page]) -> None:
        """Let a source have these pages in place of those that it has, in one transaction."""
        await self._database.write(lambda session: put(session, source, pages))

    async def note(self, source: Source) -> None:
        """Store what is known of a source whose pages stay as they are."""
        await self._database.write(lambda session: session.merge(_source_row(source)))

    async def remove(self, name: str) -> None:
        """Remove a source with its pages."""

        def work(session: Session) -> None:
            row = session.get(KnowledgeSourceRow, name)
            if row is None:
                raise _no_source(name)
            session.execute(delete(KnowledgePageRow).where(KnowledgePageRow.source == name))
            session.delete(row)
            _changed(session, PAGES)

        await self._database.write(work)

    async def corrections(self) -> Sequence[Correction]:
        """Return the corrections that hold, the newest first."""
        every = select(CorrectionRow).order_by(CorrectionRow.made_at.desc(), CorrectionRow.id.desc())
        return await self._database.read(lambda session: [_correction(row) for row in session.scalars(every)])

    async def correct(self, correction: Correction) -> None:
        """Store a correction."""

        def work(session: Session) -> None:
            session.merge(CorrectionRow(**{name: getattr(correction, name) for name in CORRECTION_FIELDS}))
            _changed(session, CORRECTIONS)

        await self._database.write(work)

    async def withdraw(self, correction_id: str) -> None:
        """Remove a correction."""

        def work(session: Session) -> None:
            row = session.get(CorrectionRow, correction_id)
            if row is None:
                raise _no_correction(correction_id)
            session.delete(row)
            _changed(session, CORRECTIONS)

        await self._database.write(work)


CORRECTION_FIELDS = ("id", "question", "answer", "made_at", "made_by")


def put(session: Session, source: Source, pages: Sequence[Page]) -> None:
    """Let a source have these pages in place of those that it has, in the transaction of a session."""
    session.merge(_source_row(source))
    session.flush()
    session.execute(delete(KnowledgePageRow).where(KnowledgePageRow.source == source.name))
    others = set(session.scalars(select(KnowledgePageRow.id)))
    session.add_all(_page_row(source.name, page) for page in _placed(source.name, pages, others))
    _changed(session, PAGES)


def _placed(source: str, pages: Iterable[Page], taken: Iterable[str]) -> tuple[Page, ...]:
    """Return pages in the order of their places, each under an id that no page of another source has."""
    known = set(taken)
    kept: list[Page] = []
    for page in sorted(pages, key=lambda one: one.place):
        document = page.document
        if document.id in known:
            document = replace(document, id=f"{document.id} ({source})")
        kept.append(replace(page, document=document))
    return tuple(kept)


def _count(session: Session, name: str) -> int:
    row = session.get(InstallationRow, name)
    return int(row.value) if row else 0


def _changed(session: Session, name: str) -> None:
    session.merge(InstallationRow(name=name, value=str(_count(session, name) + 1)))


def _sources(session: Session) -> list[Source]:
    counted = session.execute(select(KnowledgePageRow.source, func.count()).group_by(KnowledgePageRow.source))
    counts: dict[str, int] = {name: count for name, count in counted}  # noqa: C416  (of its rows no type is known)
    rows = session.scalars(select(KnowledgeSourceRow).order_by(KnowledgeSourceRow.name))
    return [
        Source(
            name=row.name,
            kind=row.kind,
            added_at=row.added_at,
            refreshed_at=row.refreshed_at,
            most_pages=row.most_pages,
            allows_private=row.allows_private,
            documents=counts.get(row.name, 0),
            report=row.report,
        )
        for row in rows
    ]


def _source_row(source: Source) -> KnowledgeSourceRow:
    return KnowledgeSourceRow(
        name=source.name,
        kind=source.kind,
        added_at=source.added_at,
        refreshed_at=source.refreshed_at,
        most_pages=source.most_pages,
        allows_private=source.allows_private,
        report=source.report,
    )


def _page_row(source: str, page: Page) -> KnowledgePageRow:
    document = page.document
    return KnowledgePageRow(
        id=document.id,
        source=source,
        place=page.place,
        title=document.title,
        topic=document.topic,
        language=document.language,
        updated=document.updated,
        origin=document.source,
        text=document.text,
        digest=page.digest,
        etag=page.etag,
        last_modified=page.last_modified,
        links=list(page.links),
        fetched_at=page.fetched_at,
    )


def _document(row: KnowledgePageRow) -> Document:
    return Document(
        id=row.id,
        title=row.title,
        topic=row.topic,
        text=row.text,
        source=row.origin,
        language=row.language,
        updated=row.updated,
    )


def _page(row: KnowledgePageRow) -> Page:
    return Page(
        document=_document(row),
        place=row.place,
        digest=row.digest,
        fetched_at=row.fetched_at,
        etag=row.etag,
        last_modified=row.last_modified,
        links=tuple(row.links),
    )


def _correction(row: CorrectionRow) -> Correction:
    return Correction(id=row.id, question=row.question, answer=row.answer, made_at=row.made_at, made_by=row.made_by)


def _no_source(name: str) -> NotFound:
    return NotFound(f"there is no source {name}: `shopfloor knowledge list` shows all")


def _no_correction(correction_id: str) -> NotFound:
    return NotFound(f"there is no correction {correction_id}: `shopfloor knowledge corrections` shows all")
