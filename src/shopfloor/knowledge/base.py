"""What the team knows: pages and corrections in memory, made anew a moment after they have changed anywhere."""

import logging
from dataclasses import dataclass
from time import monotonic

from anyio import Lock, to_thread

from shopfloor.kernel.errors import StorageError
from shopfloor.knowledge.contract import Knowledge, Versions
from shopfloor.knowledge.corrections import CorrectionIndex
from shopfloor.language.detection import detect, is_loaded
from shopfloor.language.gloss import gloss
from shopfloor.language.languages import DEFAULT
from shopfloor.search.by_language import PagesByLanguage, together
from shopfloor.search.contract import Document, Retrieved, TopicEmbedder

logger = logging.getLogger(__name__)

SHORT = 500
"""Letters whose language is told so soon that no other turn feels it."""
FRESH_S = 0.5
"""How long an index is gone by before it is asked whether another process has changed what it is made of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Index:
    """What is searched, as it was at one moment."""

    versions: Versions
    pages: PagesByLanguage
    corrections: CorrectionIndex


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
        self._index: _Index | None = None
        self._stale_at = 0.0
        self._making = Lock()

    async def retrieve(self, text: str, *, limit: int = 3) -> Retrieved:
        """Return the passages nearest to a question; what the staff answered to it comes first."""
        index = await self.current()
        readings = await _readings(text)
        found = [await index.pages.retrieve(reading, limit=limit) for reading in readings]
        corrections = [passage for reading in readings if (passage := index.corrections.find(reading))]
        best = together(found, limit)
        if not corrections:
            return best
        return Retrieved(passages=(corrections[0], *best.passages)[:limit], is_answerable=True)

    async def read_document(self, document_id: str) -> Document | None:
        """Return a whole page, or None."""
        index = await self.current()
        return index.corrections.document(document_id) or await index.pages.read_document(document_id)

    async def current(self) -> _Index:
        """Return the index as it is to be now; it is made beside the loop, and put in place as a whole.

        While another makes it, the one before serves; so it does where the database fails.

        Raises:
            StorageError: there is none yet, and the database fails.
        """
        now = monotonic()
        if self._index and (now < self._stale_at or self._making.locked()):
            return self._index
        async with self._making:
            known = self._index
            if known and monotonic() < self._stale_at:
                return known
            self._stale_at = now + self._fresh_s  # before the look: what is put meanwhile is looked for again
            try:
                self._index = await self._made(known)
            except StorageError as error:
                if known is None:
                    raise
                logger.warning("the knowledge stays as it was: %s", error)
                return known
            return self._index

    def forget(self) -> None:
        """Look again at the next question: something was changed here."""
        self._stale_at = 0.0

    async def _made(self, known: _Index | None) -> _Index:
        versions = await self._knowledge.versions()  # before what they count: what is newer is read again
        if known and known.versions == versions:
            return known
        if known and known.versions.pages == versions.pages:
            pages = known.pages
        else:
            documents = await self._knowledge.documents()
            pages = await to_thread.run_sync(
                lambda: PagesByLanguage(documents, home=self._home, embedder=self._embedder)
            )
        corrections = await to_thread.run_sync(CorrectionIndex, await self._knowledge.corrections())
        return _Index(versions=versions, pages=pages, corrections=corrections)


async def _readings(text: str) -> list[str]:
    """Return a question as it was put, and in English where it was put in another language that the team reads."""
    is_quick = len(text) < SHORT and is_loaded()
    language = detect(text, DEFAULT) if is_quick else await to_thread.run_sync(detect, text, DEFAULT)
    if language is None or language == DEFAULT:
        return [text]
    return [text, await to_thread.run_sync(gloss, text, language)]
