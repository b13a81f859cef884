"""What the team knows: pages and corrections in memory, made anew a moment after they have changed anywhere."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from anyio import Event, Lock, create_task_group, move_on_after, to_thread

from shopfloor.kernel.errors import StorageError
from shopfloor.knowledge.contract import Knowledge
from shopfloor.knowledge.corrections import CorrectionIndex
from shopfloor.language.detection import detect, is_loaded
from shopfloor.language.gloss import gloss
from shopfloor.language.languages import DEFAULT
from shopfloor.search.by_language import PagesByLanguage, together
from shopfloor.search.contract import Document, Retrieved, TopicEmbedder

logger = logging.getLogger(__name__)
T = TypeVar("T")

SHORT = 500
"""Letters whose language is told so soon that no other turn feels it."""
FRESH_S = 0.5
"""How long an index is gone by before it is asked whether another process has changed what it is made of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Made(Generic[T]):
    """Something that is searched, as it was at one moment."""

    of: T
    version: int
    """Of what it was made of."""


class KnowledgeBase:
    """A `KnowledgeRetriever` over all that is kept."""

    def __init__(
        self, knowledge: Knowledge, *, home: str, embedder: TopicEmbedder | None = None, fresh_s: float = FRESH_S
    ) -> None:
        """Take where it is kept, home country and embedder as for `PageRetriever`, and how fresh it has to be."""
        self._knowledge = knowledge
        self._home = home
        self._embedder = embedder
        self._fresh_s = fresh_s
        self._pages: _Made[PagesByLanguage] | None = None
        self._corrections: _Made[CorrectionIndex] | None = None
        self._making_pages, self._making_corrections = Lock(), Lock()
        self._is_followed = self._is_failing = False
        self._stale_at = 0.0
        self._changed = Event()

    async def retrieve(self, text: str, *, limit: int = 3) -> Retrieved:
        """Return the passages nearest to a question; what the staff answered to it comes first.

        Raises:
            StorageError: there is no index yet, and the database fails.
        """
        pages, corrected = await self.current()
        readings = await _readings(text)
        found = [await pages.retrieve(reading, limit=limit) for reading in readings]
        corrections = [passage for reading in readings if (passage := corrected.find(reading))]
        best = together(found, limit)
        if not corrections:
            return best
        return Retrieved(passages=(corrections[0], *best.passages)[:limit], is_answerable=True)

    async def read_document(self, document_id: str) -> Document | None:
        """Return a whole page, or None."""
        pages, corrected = await self.current()
        return corrected.document(document_id) or await pages.read_document(document_id)

    async def current(self) -> tuple[PagesByLanguage, CorrectionIndex]:
        """Return what is searched now. Where nothing follows the changes, whoever asks first looks for them.

        Raises:
            StorageError: there is no index yet, and the database fails.
        """
        while self._pages is None or self._corrections is None:
            await self._take_corrections()
            await self._take_pages()
        if not self._is_followed and monotonic() >= self._stale_at and not self._making_pages.locked():
            self._stale_at = monotonic() + self._fresh_s  # before the look: what is put meanwhile is looked for again
            await self._tried(self._take_corrections)
            await self._tried(self._take_pages)
        return self._pages.of, self._corrections.of

    async def run(self) -> None:
        """Follow the changes for ever: no question waits for them meanwhile."""
        self._is_followed = True
        try:
            async with create_task_group() as group:
                group.start_soon(self._follow, self._take_pages)
                group.start_soon(self._follow, self._take_corrections)
        finally:
            self._is_followed = False

    def look_again(self) -> None:
        """Look for changes now, or at the next question: something was changed here."""
        self._stale_at = 0.0
        self._changed.set()
        self._changed = Event()

    async def corrected(self) -> None:
        """Let what was corrected here hold at once, whatever becomes of the pages."""
        await self._tried(self._take_corrections)

    async def _follow(self, take: Callable[[], Awaitable[None]]) -> None:
        while True:
            changed = self._changed  # before the look: what is put meanwhile is looked for again
            await self._tried(take)
            with move_on_after(self._fresh_s):
                await changed.wait()

    async def _tried(self, take: Callable[[], Awaitable[None]]) -> None:
        """Make anew what has changed; what there was serves until then, and for as long as the database fails."""
        try:
            await take()
        except StorageError as error:
            if not self._is_failing:
                logger.warning("the knowledge stays as it was: %s", error)
            self._is_failing = True
        else:
            self._is_failing = False

    async def _take_pages(self) -> None:
        async with self._making_pages:
            version = (await self._knowledge.versions()).pages  # before what it counts: what is newer is read again
            if self._pages is None or self._pages.version != version:
                documents = await self._knowledge.documents()
                made = await to_thread.run_sync(
                    lambda: PagesByLanguage(documents, home=self._home, embedder=self._embedder)
                )
                self._pages = _Made(of=made, version=version)

    async def _take_corrections(self) -> None:
        async with self._making_corrections:
            version = (await self._knowledge.versions()).corrections
            if self._corrections is None or self._corrections.version != version:
                made = await to_thread.run_sync(CorrectionIndex, await self._knowledge.corrections())
                self._corrections = _Made(of=made, version=version)


async def _readings(text: str) -> list[str]:
    """Return a question as it was put, and in English where it was put in another language that the team reads."""
    is_quick = len(text) < SHORT and is_loaded()
    language = detect(text, DEFAULT) if is_quick else await to_thread.run_sync(detect, text, DEFAULT)
    if language is None or language == DEFAULT:
        return [text]
    return [text, await to_thread.run_sync(gloss, text, language)]
