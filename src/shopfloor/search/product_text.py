"""Answering a question about one product from its own text, sentence by sentence, or saying that it does not tell."""

import re
from dataclasses import dataclass
from typing import Literal

from shopfloor.language.detection import detect
from shopfloor.language.english import STOP_WORDS
from shopfloor.language.gloss import gloss
from shopfloor.language.languages import DEFAULT
from shopfloor.language.text import normalise, sentences, stems, words
from shopfloor.shop.models import Product

Kind = Literal["answered", "not_said", "whole"]
MOST = 3
"""Sentences of one answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """Something that people ask about products."""

    name: str
    asked: re.Pattern[str]
    told: re.Pattern[str]
    """How a sentence sounds that tells of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductAnswer:
    """What a product's text says to a question."""

    kind: Kind
    """`whole` where the question is about the product as such, its price or its reviews."""
    topic: str | None = None
    said: tuple[str, ...] = ()
    """Sentences of the text, word for word."""


def _topic(name: str, asked: str, told: str) -> Topic:
    return Topic(name=name, asked=re.compile(rf"\b(?:{asked})"), told=re.compile(rf"\b(?:{told})"))


TOPICS = (
    _topic(
        "size",
        r"runs? (?:small|large|big|short|wide|narrow|true)|true to size|siz(?:e|ing) (?:up|down)|(?:which|what) size"
        r"|sizing|(?:how (?:is|does|do) .*|the )fits?\b|how .* fit\b|too (?:tight|small|big|large|wide|narrow)"
        r"|size .*(?:should|take|order|need)|between (?:two )?sizes|wide feet",
        r"true to size|runs?\b.*\b(?:small|large|short|wide|narrow|boxy)|siz(?:e|ing) (?:up|down)"
        r"|order (?:up|your|by|the)|go up a size|(?:\w+ )?(?:fit|cut)s?\b|fits?\b|roomy|snug",
    ),
    _topic(
        "care",
        r"wash|clean|launder|dryer|tumble|iron|machine|shrink|care for|look after|bleach",
        r"wash|clean|dry(?:er|s)?\b|iron|shrink|wipe",
    ),
    _topic(
        "material",
        r"made (?:of|from|out)|material|fabric|leather|vegan|wool|cotton|polyester|filled|filling|lined|lining|real",
        r"leather|vegan|wool|cotton|polyester|fill|lin(?:ed|ing)|made (?:of|from)|spun|fabric|knit|jersey|fleece",
    ),
    _topic("rain", r"waterproof|water|rain|wet\b|splash", r"waterproof|water|rain|wet\b|splash|shower|downpour"),
    _topic(
        "warmth",
        r"warm|winter|cold|insulat|snow|summer|hot\b|breath",
        r"warm|winter|cold|insulat|snow|heat|summer|breath|airy|cool",
    ),
    _topic("weight", r"heavy|weigh|light(?:er|est|weight)?\b", r"weigh|grams?\b|ounces?\b|pounds?\b|light|heavy"),
)
WHOLE = re.compile(
    r"\b(?:how much|price|cost|expensive|reviews?|rating|stars|colou?rs?|sizes\b|tell me|more about|describe|details"
    r"|info)"
)


def answer_from(product: Product, question: str) -> ProductAnswer:
    """Return what a product's description, material and care say to a question in English.

    They may be in any of the team's languages; their sentences are given as they stand.
    """
    language = detect(product.description, DEFAULT) or DEFAULT
    plain = _bare(question, f"{product.title} {gloss(product.title, language)}")
    text = [(part.strip(), gloss(part, language)) for part in sentences(product.description) if part.strip()]
    topic = next((topic for topic in TOPICS if topic.asked.search(plain)), None)
    if topic:
        said = [part for part, english in text if topic.told.search(normalise(english))]
        said += [f"Material: {_closed(product.material)}"] if topic.name == "material" and product.material else []
        said += [f"Care: {_closed(product.care)}"] if topic.name == "care" and product.care else []
        marks = _marks(product, plain)
        said = [*marks, *said[len(marks) - MOST :]]
        return ProductAnswer(kind="answered" if said else "not_said", topic=topic.name, said=tuple(said))
    asked = {word for word in stems(plain) if word not in STOP_WORDS}
    if WHOLE.search(plain) or not asked:
        return ProductAnswer(kind="whole")
    said = [part for part, english in text if asked.intersection(stems(part) + stems(english))]
    return ProductAnswer(kind="answered" if said else "whole", said=tuple(said[:MOST]))


def _marks(product: Product, plain: str) -> list[str]:
    """Return what of the question the product is tagged with, as a sentence: `vegan`."""
    asked = set(words(plain))
    marks = [tag for tag in product.tags if asked.issuperset(words(tag))]
    return [f"It is marked as {', '.join(marks)}."] if marks else []


def _bare(question: str, title: str) -> str:
    """Leave the product's own name out: the `Warm Winter Boot` is not asked whether it is warm."""
    names = set(words(title))
    return " ".join(
        word for word in normalise(question).split() if not names.issuperset(words(word)) or not words(word)
    )


def _closed(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
