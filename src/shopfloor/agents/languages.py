"""A card's and the settings' texts in other languages: for each English text the one that is said in its place.

What is missing is said in English.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from shopfloor.agents.playbook import Data, Line, Name, TemplateText, Text
from shopfloor.agents.templates import names_in
from shopfloor.kernel.errors import FieldProblem

OtherLanguage = Literal["de", "es", "fr"]
"""One that texts are translated into."""
OTHERS: tuple[OtherLanguage, ...] = ("de", "es", "fr")
MAX_TEXTS = 1_000
"""Of a card or of the settings, in one language."""
WORDLESS = re.compile(r"\{\{[^{}'\"]*\}\}")
"""A template that has no words of its own: it is the same in all languages."""
SHOWN = 60
"""Letters of a text by which an error names it."""


class Translation(Data):
    """A card in one language."""

    texts: Annotated[
        dict[Text, Annotated[TemplateText, Field(min_length=1)]],
        Field(max_length=MAX_TEXTS),
    ] = Field(default_factory=dict[str, str])
    """By the English text, as the card has it; templates see the same names as those they stand for."""
    examples: dict[Name, Annotated[tuple[Line, ...], Field(max_length=200)]] = Field(
        default_factory=dict[str, tuple[str, ...]]
    )
    """Requests as customers write them in this language, by skill."""


class PlainTranslation(Data):
    """The settings in one language."""

    texts: Annotated[
        dict[Text, Annotated[Text, Field(min_length=1)]],
        Field(max_length=MAX_TEXTS),
    ] = Field(default_factory=dict[str, str])
    """By the English text, as the settings have it."""


def text_problems(
    where: str, texts: Mapping[str, str], known: Collection[str], names: Collection[str] | None
) -> Iterator[FieldProblem]:
    """Find texts that stand for none of those known, and names beyond those that the originals may read.

    `names` is None for texts that are no templates.
    """
    for source, text in texts.items():
        field = f"{where}.texts.{shortened(source)}"
        if source not in known:
            yield FieldProblem(
                field, "there is no such text: write it as it stands in English, letter by letter, or take it out"
            )
        elif names is not None and (strange := sorted(names_in(text) - set(names) - names_in(source))):
            yield FieldProblem(field, f"it reads {', '.join(strange)}, which the English text cannot: leave it out")


def shortened(text: str) -> str:
    """Return how an error names a text."""
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}..."
