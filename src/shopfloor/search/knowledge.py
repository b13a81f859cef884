"""Finding passages in pages of knowledge, by what share of a question's words a section and its heading cover."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import nlargest

import yaml
from pydantic import BaseModel, ValidationError

from shopfloor.kernel.errors import InvalidInput
from shopfloor.language.text import stem, words
from shopfloor.search.bm25 import Bm25
from shopfloor.search.chunks import chunks
from shopfloor.search.contract import Document, Passage, Retrieved
from shopfloor.search.readings import Reading, stems_of
from shopfloor.search.spelling import Speller
from shopfloor.search.synonyms import CATEGORY_NAMES, KNOWLEDGE_NAMES
from shopfloor.search.synonyms import KINDS as PRODUCT_KINDS

WEIGHTS = {"heading": 2.5, "title": 2.0, "topic": 1.0, "text": 1.0}
"""What a word counts in each field."""
HEADLINE_SHARE = 0.3
"""How much of a passage's score is what its title and heading cover of the question; the rest, what all of it does."""
NEAR_HOME = 1.2
"""How much more a passage about the home country counts among equals."""
FIRST = 1.2
"""How much more the first section of a page counts among equals: it says what the page is for."""
ANSWERABLE = 0.5
"""The score from which a passage is given as an answer: the middle between the questions of tests/search that the demo
shop's pages answer and those that they do not."""
FRONT_MATTER = re.compile(r"---\n(?P<head>.*?)\n---\n(?P<body>.*)", re.DOTALL)
NUMBER = re.compile(r"#?\d{3,}")
"""Most likely an order's: no page has to hold it."""
DURATION = re.compile(r"\b\d+ (?:business |working )?(?:hours?|days?|weeks?|months?|years?)\b")
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
class Section:
    """A part of a page under one heading, and the stems in it."""

    document: Document
    heading: str
    text: str
    place: int
    """In its page, from 0."""
    title: frozenset[str]
    headline: frozenset[str]
    """Of its page's title, its topic and its heading."""
    all: frozenset[str]


class PageRetriever:
    """A `KnowledgeRetriever` over pages in memory."""

    def __init__(self, documents: Iterable[Document], *, home: str = "", reading: Reading | None = None) -> None:
        """Index the sections of pages, read as English unless another `reading` is given.

        `home` is how their titles and headings write the country most customers live in (`US`): of equal passages those
        that name it come first.
        """
        self._home = home
        self._read = reading or stems_of
        self._documents = {document.id: document for document in documents}
        self._sections = {
            f"{document.id}#{place}": section
            for document in self._documents.values()
            for place, section in enumerate(_sections(document, self._read))
        }
        self._index = Bm25(WEIGHTS)
        known = {word for document in self._documents.values() for word in words(f"{document.title} {document.text}")}
        self._correct = Speller(known | SHOP_WORDS).correct if reading is None else str
        self._saying: defaultdict[str, list[str]] = defaultdict(list)
        self._headed: defaultdict[str, list[str]] = defaultdict(list)
        self._nearness = {section_id: self._near(section) for section_id, section in self._sections.items()}
        for section_id, section in self._sections.items():
            for said, stems in ((self._saying, section.all), (self._headed, section.headline)):
                for one in stems:
                    said[one].append(section_id)
            document = section.document
            texts = {"heading": section.heading, "title": document.title, "topic": document.topic, "text": section.text}
            self._index.add(section_id, {name: self._read(text) for name, text in texts.items()})

    async def retrieve(self, text: str, *, limit: int = 3) -> Retrieved:
        """Return the passages nearest to a question; equals by BM25, then in the order of their pages."""
        found = self._read(" ".join(map(self._correct, words(text))))
        asked = dict.fromkeys(word for word in found if self._is_asked(word))
        weights = {word: self._index.idf(word) for word in asked}
        headed = _shares(weights, self._headed)
        scores = {
            section_id: self._score(section_id, weights, share, headed.get(section_id, 0.0))
            for section_id, share in _shares(weights, self._saying).items()
        }
        least = min(nlargest(limit, scores.values()), default=0.0)
        best = [section_id for section_id, score in scores.items() if score >= least]
        matches = self._index.scores(asked, among=best)
        near = {section_id: matches.get(section_id, 0.0) * self._nearness[section_id] for section_id in best}
        ranked = sorted(best, key=lambda one: (-scores[one], -near[one], one))
        passages = tuple(_passage(self._sections[one], scores[one]) for one in ranked[:limit])
        return Retrieved(passages=passages, is_answerable=bool(passages) and passages[0].score >= ANSWERABLE)

    async def read_document(self, document_id: str) -> Document | None:
        """Return a whole page, or None."""
        return self._documents.get(document_id)

    def _is_asked(self, word: str) -> bool:
        """Whether a page must hold a word of the question: not an order's number or a kind of product."""
        return not (NUMBER.fullmatch(word) or word in KINDS) or self._index.holds(word)

    def _score(self, section_id: str, weights: Mapping[str, float], whole: float, headed: float) -> float:
        # A page whose whole title is in the question is about it, whatever else is.
        title = self._sections[section_id].title
        headline = 1.0 if title and title <= weights.keys() else headed
        return round((1 - HEADLINE_SHARE) * whole + HEADLINE_SHARE * headline, 4)

    def _near(self, section: Section) -> float:
        named = f"{section.document.title} {section.heading}".split()
        is_near = bool(self._home) and self._home in (word.strip("?.,:") for word in named)
        return (NEAR_HOME if is_near else 1.0) * (FIRST if section.place == 0 else 1.0)


def _shares(weights: Mapping[str, float], holders: Mapping[str, Sequence[str]]) -> Mapping[str, float]:
    """Return which share of the question's weight each section holds, where it holds any."""
    held: defaultdict[str, float] = defaultdict(float)
    for word, weight in weights.items():
        for section_id in holders.get(word, ()):
            held[section_id] += weight
    total = sum(weights.values()) or 1.0
    return {section_id: weight / total for section_id, weight in held.items()}


def _sections(document: Document, read: Reading) -> list[Section]:
    """Divide a page; what stands before its first heading is a section under its title."""
    held = chunks(document.title, document.text)
    return [_section(document, place, chunk.heading, chunk.text, read) for place, chunk in enumerate(held)]


def _section(document: Document, place: int, heading: str, text: str, read: Reading) -> Section:
    headline = frozenset(read(f"{document.title} {document.topic} {heading}"))
    return Section(
        document=document,
        heading=heading,
        text=text,
        place=place,
        title=frozenset(read(document.title)),
        headline=headline,
        all=headline | frozenset(read(text)) | frozenset(read("how long") if DURATION.search(text) else ()),
    )


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
