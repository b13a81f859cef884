"""From what a customer says of themselves to entries of a profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ConversationId
from shopfloor.language.preferences import Statement, statements
from shopfloor.language.text import words
from shopfloor.profiles.contract import Remembered
from shopfloor.profiles.vocabulary import FEATURES, LETTERS, VEGAN, checked
from shopfloor.shop.garments import garment_of

CLOTHES = frozenset({"clothes", "clothing", "cloth"})
FEET = frozenset({"foot", "feet"})
LARGEST_SHOE = 15
Use = Literal["shoes", "clothes"]
USES: dict[Use, tuple[str, ...]] = {"shoes": ("size.shoes",), "clothes": ("size.tops", "size.bottoms")}
"""What a size may be for, and the keys that hold it then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """What a text says."""

    entries: tuple[tuple[str, str], ...] = ()
    """Keys and values."""
    unclear: str | None = None
    """A size of which the text does not say what it is for."""


def stated(text: str, use: Use | None = None) -> Stated:
    """Read a customer's words; `use` says what a size is for that does not tell itself."""
    entries: list[tuple[str, str]] = []
    unclear: str | None = None
    for statement in statements(text):
        if statement.kind != "size":
            entries += _valid(_entries(statement))
            continue
        keys = _size_keys(statement, use)
        unclear = unclear if keys else statement.value
        entries += _valid([(key, statement.value) for key in keys])
    return Stated(entries=tuple(dict.fromkeys(entries)), unclear=unclear)


def remembered(
    entries: Sequence[tuple[str, str]], conversation_id: ConversationId | None, at: datetime
) -> tuple[Remembered, ...]:
    """Return keys and values as entries that were said."""
    return tuple(
        Remembered(key=key, value=value, origin="said", conversation_id=conversation_id, at=at)
        for key, value in entries
    )


def _entries(statement: Statement) -> list[tuple[str, str]]:
    match statement.kind:
        case "likes":
            return [("colour.likes", statement.value)]
        case "avoids":
            return [("avoids", known_form(statement.value))]
        case "vegan":
            return [("avoids", material) for material in VEGAN]
        case "wearer":
            return [("gender", statement.value)]
        case "fit":
            return [("fit", statement.value)]
        case "size":
            return []


def _size_keys(statement: Statement, use: Use | None) -> tuple[str, ...]:
    """Return the keys that a size belongs to: by what is said around it, else by how it is written."""
    said = words(statement.about)
    named = dict.fromkeys(f"size.{found}" for word in said if (found := garment_of([word])))
    if FEET & set(said):
        named["size.shoes"] = "size.shoes"
    if named:
        return tuple(named)
    if "x" in statement.value:
        return ("size.bottoms",)
    if statement.value in LETTERS.split("|") or CLOTHES & set(said):
        return USES["clothes"]
    if use:
        return USES[use]
    number = statement.value.split()[0]
    is_shoe = "." in statement.value or statement.value.endswith(("wide", "narrow"))
    return ("size.shoes",) if is_shoe or (number.isdigit() and _is_only_shoes(int(number))) else ()


def _is_only_shoes(number: int) -> bool:
    """Whether a number without more is a shoe's: dresses have even numbers, trousers larger ones."""
    return number <= LARGEST_SHOE and number % 2 == 1


def _valid(entries: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: list[tuple[str, str]] = []
    for key, value in entries:
        try:
            kept.append((key, checked(key, value)))
        except InvalidInput:  # what is no part of the vocabulary is not kept
            continue
    return kept


def known_form(word: str) -> str:
    """Return a word as the vocabulary has it: things are named in the plural."""
    return f"{word}s" if f"{word}s" in FEATURES else word
