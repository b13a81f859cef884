"""Which of the things that are remembered a customer means: `my shoe size`, `that I don't like pink`, `my sizes`."""

import re
from collections.abc import Sequence

from shopfloor.language.attributes import colour_families
from shopfloor.language.text import normalise, words
from shopfloor.profiles.contract import Remembered
from shopfloor.profiles.stated import known_form
from shopfloor.shop.garments import garment_of

SIZE = re.compile(r"\bsizes?\b|\bmeasurements?\b")
CLOTHES = re.compile(r"\b(?:clothes|clothing)\b")
KEYS = {
    "avoids": re.compile(r"\ballerg\w+|\bintoleran\w+|\bavoid\w*|\bdislik\w+|\bvegan\b|\bleave out\b"),
    "colour.likes": re.compile(r"\bcolou?rs?\b"),
    "brand.likes": re.compile(r"\bbrands?\b"),
    "fit": re.compile(r"\bfit\b|\bfeet\b"),
    "gender": re.compile(r"\bgender\b|\b(?:wo)?men'?s\b"),
}
"""What the keys that hold no size are called."""


def meant(text: str, entries: Sequence[Remembered]) -> tuple[Remembered, ...]:
    """Return the entries that a text names, by their values first, else by what they are called."""
    plain = normalise(text)
    said = {form for word in words(text) for form in (word, known_form(word), *colour_families(word, is_colour=True))}
    listed = tuple(entry for entry in entries if not entry.key.startswith("size.") and entry.value.lower() in said)
    sized = _sizes(plain, entries)
    return tuple(dict.fromkeys((*listed, *sized))) or tuple(
        entry for entry in entries if entry.key in KEYS and KEYS[entry.key].search(plain)
    )


def _sizes(plain: str, entries: Sequence[Remembered]) -> Sequence[Remembered]:
    if not SIZE.search(plain):
        return ()
    garments = {garment_of([word]) for word in words(plain)} - {None}
    if CLOTHES.search(plain):
        garments |= {"tops", "bottoms"}
    sizes = [entry for entry in entries if entry.key.startswith("size.")]
    return [entry for entry in sizes if not garments or entry.key.removeprefix("size.") in garments]
