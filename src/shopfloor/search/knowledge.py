"""Finding passages in pages of knowledge: by what a section and its heading cover of a question, and by its matter."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import yaml
from anyio import to_thread
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from shopfloor.kernel.errors import InvalidInput
from shopfloor.language.text import normalise, stem, words
from shopfloor.search.by_words import ByWords
from shopfloor.search.contract import Document, Passage, Retrieved, TopicEmbedder
from shopfloor.search.meanings import Asked, asked_for
from shopfloor.search.readings import Reading, stems_of
from shopfloor.search.sections import Section, sections_of
from shopfloor.search.spelling import Speller
from shopfloor.search.synonyms import CATEGORY_NAMES, KNOWLEDGE_NAMES
from shopfloor.search.synonyms import KINDS as PRODUCT_KINDS

HEADLINE_SHARE = 0.5
"""How much of what a passage covers is what its title and heading cover; the rest, what all of it does."""
OTHERWISE = 0.9
"""What it counts that a passage calls by another name what the question asks for."""
COVERED_SHARE = 0.6
"""How much of a passage's score is what it covers of the question; the rest, how like it is to it in its matter."""
NEAR_HOME = 0.2
"""How much more a section about the home country counts among equals."""
FIRST = 0.2
"""How much more the first section of a page does: it says what the page is for."""
MILDER = 0.1
"""To which power they count where sections are compared by their matter, since hardly two are equals then."""
AGAIN = 0.06
"""How much less each further section of a page counts: three passages serve better from several pages."""
ANSWERABLE, ANSWERABLE_BY_WORDS = 1.2, 0.5
"""The trust from which a passage is given as an answer, and the score where only words are compared. Both lie between
the questions that the demo shop's pages answer and those that they do not: see docs/knowledge.md."""
ELSEWHERE, UNKNOWN, EVIDENCE = -1.8, -0.8, 1.2
"""What counts for trust beside a passage's score: how much its question is about the world outside, what share of it
no page holds, and the logarithm of how many parts of it the passage covers."""
WHOLLY = 0.9
"""What a passage must cover of a question to answer it whatever world it is about; by its very words, to go first."""
LESS = 0.001
"""How much less everything else counts then at least."""
NOWHERE = np.array([], dtype=np.int64)
MANY = 1_000
"""Sections from which on they are looked through in a thread: it takes so long that another turn would feel it."""
LIKE_UP_TO = 600
"""Letters of a passage by which its matter is told."""
FRONT_MATTER = re.compile(r"---\n(?P<head>.*?)\n---\n(?P<body>.*)", re.DOTALL)
NUMBER = re.compile(r"#?\d{3,}|[a-z]+\d+|\d+[a-z]+\d*")
"""Most likely an order's, a code or a size: no page has to hold it."""
KINDS = frozenset(
    stem(word)
    for names in (CATEGORY_NAMES, PRODUCT_KINDS)
    for name, others in names.items()
    for one in (name, *others)
    for word in words(one)
)
"""Kinds of products: what is said of all of them need not name them."""
SHOP_WORDS = frozenset(word for group in KNOWLEDGE_NAMES for word in group.split())


class PageHead(BaseModel):
    """The front matter of a page."""

    title: str
    topic: str
    updated: date | None = None


def parse_page(document_id: str, text: str) -> Document:
    """Read a page of Markdown that begins with its title and topic between lines of `---`.

    Raises:
        InvalidInput: the front matter is missing or incomplete.
    """
    match = FRONT_MATTER.match(text.replace("\r\n", "\n"))
    if not match:
        raise InvalidInput(f"page {document_id}: begin it with title and topic between lines of ---")
    try:
        head = PageHead.model_validate(yaml.safe_load(match["head"]))
    except (yaml.YAMLError, ValidationError) as error:
        raise InvalidInput(f"page {document_id}: its front matter needs title and topic: {error}") from error
    return Document(
        id=document_id,
        title=head.title,
        topic=head.topic,
        text=match["body"].strip(),
        source=document_id,
        updated=head.updated.isoformat() if head.updated else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Covered:
    """What sections cover of a question."""

    share: NDArray[np.float64]
    """How much of it each covers by itself and by its heading, from 0 to 1."""
    parts: NDArray[np.float64]
    """How many parts of it each covers."""
    unknown: float
    """What share of it no section covers."""


class PageRetriever:
    """A `KnowledgeRetriever` over pages in memory."""

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        home: str = "",
        reading: Reading | None = None,
        embedder: TopicEmbedder | None = None,
    ) -> None:
        """Index the sections of pages, read as English unless another `reading` is given.

        `home` is how their titles and headings write the country most customers live in (`US`): of equal passages those
        that name it come first. With an `embedder` passages are compared by their matter too, beside their words.
        """
        self._home = home
        self._reading = reading
        self._embedder = embedder
        read = reading or stems_of
        self._documents = {document.id: document for document in documents}
        self._sections = [one for document in self._documents.values() for one in sections_of(document, read)]
        known = {word for document in self._documents.values() for word in words(f"{document.title} {document.text}")}
        self._correct = Speller(known | SHOP_WORDS).correct
        self._saying: defaultdict[str, list[int]] = defaultdict(list)
        self._headed: defaultdict[str, list[int]] = defaultdict(list)
        for place, section in enumerate(self._sections):
            for said, stems in ((self._saying, section.all), (self._headed, section.headline)):
                for one in stems:
                    said[one].append(place)
        self._held = tuple(
            {stem: np.array(places) for stem, places in said.items()} for said in (self._saying, self._headed)
        )
        pages = {name: number for number, name in enumerate(self._documents)}
        self._page_of = np.array([pages[section.document.id] for section in self._sections], dtype=np.int64)
        nearness = [self._near(section) for section in self._sections]
        self._nearness = np.array(nearness) ** MILDER
        self._by_words = ByWords(self._sections, read, nearness)
        self._matters = _matters(self._sections, embedder) if embedder else None

    async def retrieve(self, text: str, *, limit: int = 3) -> Retrieved:
        """Return the passages nearest to a question; those that are as near in the order of their pages.

        What covers all of its very words goes first. The others are compared by what they cover of its words and of
        what these may stand for, and by their matter.
        """
        if len(self._sections) > MANY:
            return await to_thread.run_sync(self._find, text, limit)
        return self._find(text, limit)

    def _find(self, text: str, limit: int) -> Retrieved:
        if self._embedder is None or self._matters is None:
            best = self._by_words.best(self._plainly(text), limit)
            return self._retrieved(best, bool(best) and best[0][1] >= ANSWERABLE_BY_WORDS)
        matter = _placed(self._embedder, normalise(text[:LIKE_UP_TO]))
        covered = self._covered(self._asked(text))
        if not covered.parts.any():
            return Retrieved()
        scores = COVERED_SHARE * covered.share + (1 - COVERED_SHARE) * (self._matters @ _unit(matter))
        found = self._ranked(self._worded(text, scores * self._nearness), limit)
        place, score = found[0]
        is_whole = covered.share[place] >= WHOLLY
        elsewhere = 0.0 if is_whole else float(matter[self._embedder.ours :].max(initial=0.0))
        evidence = math.log1p(covered.parts[place])
        trust = score + ELSEWHERE * elsewhere + UNKNOWN * covered.unknown + EVIDENCE * evidence
        return self._retrieved(found, trust >= ANSWERABLE)

    def _ranked(self, scores: NDArray[np.float64], limit: int) -> list[tuple[int, float]]:
        """Return the places of the best sections with scores up to 1; equals in the order of their pages."""
        left = np.clip(np.round(scores, 4), 0.0, 1.0)
        ranked: list[tuple[int, float]] = []
        for _ in range(min(limit, len(left))):
            place = int(left.argmax())
            ranked.append((place, max(round(float(left[place]), 4), 0.0)))
            left[self._page_of == self._page_of[place]] -= AGAIN
            left[place] = -np.inf
        return ranked

    def _worded(self, text: str, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scores with the section first that covers a question by its very words, where one does."""
        for place, share in self._by_words.best(self._plainly(text), 1):
            if share >= WHOLLY:
                scores = np.minimum(scores, share - LESS)
                scores[place] = share
        return scores

    def _retrieved(self, found: Sequence[tuple[int, float]], is_answerable: bool) -> Retrieved:
        passages = tuple(_passage(self._sections[place], score) for place, score in found)
        return Retrieved(passages=passages, is_answerable=is_answerable)

    async def read_document(self, document_id: str) -> Document | None:
        """Return a whole page, or None."""
        return self._documents.get(document_id)

    def _plainly(self, text: str) -> list[str]:
        """Return the stems that a page must hold to answer a question: no order's number, and no kind of product."""
        if self._reading:
            return list(dict.fromkeys(self._reading(text)))
        found = stems_of(" ".join(map(self._correct, words(text))))
        return [one for one in dict.fromkeys(found) if one in self._saying or not _is_passing(one)]

    def _asked(self, text: str) -> list[Asked]:
        """Return the same with what else it may be called."""
        every = asked_for(text, self._correct)
        return [one for one in every if one.stem in self._saying or not _is_passing(one.stem)]

    def _covered(self, asked: Sequence[Asked]) -> _Covered:
        """Return how much of a question the sections cover."""
        whole, headed, parts = (np.zeros(len(self._sections)) for _ in range(3))
        total = unknown = 0.0
        for one in asked:
            others = [other for other in one.others if other in self._saying]
            if not one.stem and not others:
                continue
            is_held = bool(one.stem) and one.stem in self._saying
            weight = self._rarity(one.stem) if is_held or not others else max(map(self._rarity, others))
            total += weight
            unknown += 0.0 if is_held or others else weight
            for said, covered in zip(self._held, (whole, headed), strict=True):
                credit = np.zeros(len(self._sections))
                for other in others:
                    held = said.get(other, NOWHERE)
                    credit[held] = np.maximum(credit[held], OTHERWISE * min(self._rarity(other), weight))
                credit[said.get(one.stem, NOWHERE)] = weight
                covered += credit
                parts += (credit > 0) if covered is whole else 0
        share = ((1 - HEADLINE_SHARE) * whole + HEADLINE_SHARE * headed) / (total or 1.0)
        return _Covered(share=share, parts=parts, unknown=unknown / (total or 1.0))

    def _rarity(self, stem: str) -> float:
        """Return how much a stem tells sections apart, as BM25 has it; one that none holds tells most."""
        held = len(self._saying.get(stem, ()))
        return math.log(1 + (len(self._sections) - held + 0.5) / (held + 0.5))

    def _near(self, section: Section) -> float:
        named = f"{section.document.title} {section.heading}".split()
        is_near = bool(self._home) and self._home in (word.strip("?.,:") for word in named)
        return 1 + (NEAR_HOME if is_near else 0.0) + (FIRST if section.place == 0 else 0.0)


def _is_passing(stem: str) -> bool:
    return bool(NUMBER.fullmatch(stem)) or stem in KINDS


def _matters(sections: Sequence[Section], embedder: TopicEmbedder) -> NDArray[np.float64]:
    """Return what sections are about, by their headings and by their texts, of shape (sections, dimensions)."""
    found = np.zeros((len(sections), embedder.dimensions))
    for place, section in enumerate(sections):
        headed = _placed(embedder, normalise(f"{section.heading} . {section.document.title}"))
        whole = _placed(embedder, normalise(f"{section.heading} . {section.text[:LIKE_UP_TO]}"))
        found[place] = (_unit(headed) + _unit(whole)) / 2
    return found


@lru_cache(maxsize=16_384)
def _placed(embedder: TopicEmbedder, text: str) -> NDArray[np.float64]:
    """Return where a text lies: an index that is made anew holds mostly texts of the one before."""
    return np.maximum(embedder.vector(text), 0).astype(np.float64)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _passage(section: Section, score: float) -> Passage:
    document = section.document
    return Passage(
        document_id=document.id,
        title=document.title,
        heading=section.heading,
        text=section.text,
        score=score,
        source=document.source or document.id,
        updated=document.updated,
    )
