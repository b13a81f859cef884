"""The keys of a profile, and what each may hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shopfloor.kernel.errors import InvalidInput
from shopfloor.language.attributes import FAMILIES
from shopfloor.language.english import SIZES, word_set

LETTERS = "XXS|XS|S|M|L|XL|XXL|XXXL"
NUMBER = r"\d{1,2}(?:\.5)?"
COLOURS = frozenset(FAMILIES.values())
MATERIALS = word_set(
    """leather suede wool merino mohair alpaca cashmere silk fur down feathers cotton linen hemp polyester nylon viscose
    acrylic elastane latex rubber nickel lanolin plastic synthetics"""
)
FEATURES = word_set("laces zips buttons heels hoods logos patterns stripes pockets")
"""What one may not want on a thing, beside what it is made of."""
VEGAN = ("leather", "suede", "wool", "silk", "fur", "down", "feathers")
"""What somebody avoids who buys nothing that stems from animals."""
SIMILAR: Mapping[str, tuple[str, ...]] = {
    "wool": ("merino", "cashmere", "mohair", "alpaca", "lambswool"),
    "leather": ("suede", "nubuck"),
    "down": ("feathers",),
    "synthetics": ("polyester", "nylon", "acrylic", "polyamide"),
}
"""What is left out with a material, being of its kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of the vocabulary."""

    label: str
    """As the customer reads it."""
    pattern: re.Pattern[str]
    """What a value looks like, as it is stored."""
    is_list: bool = False
    """Whether it holds several values."""


def _one_of(values: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, values))))


KEYS: Mapping[str, Key] = {
    "size.shoes": Key(
        label="shoe size",
        pattern=re.compile(rf"{NUMBER}(?: (?:extra )?wide| narrow)?|(?:EU|UK) {NUMBER}|\d{{1,2}}[CY]"),
    ),
    "size.tops": Key(label="size in tops", pattern=re.compile(rf"{LETTERS}|(?:(?:EU|UK) )?\d{{1,2}}|\d[T]")),
    "size.bottoms": Key(
        label="size in trousers", pattern=re.compile(rf"{LETTERS}|\d{{2}}x\d{{2}}|(?:(?:EU|UK) )?\d{{1,2}}|\d[T]")
    ),
    "fit": Key(label="fit", pattern=re.compile("slim|regular|loose|wide|narrow")),
    "gender": Key(label="clothes for", pattern=re.compile("men|women|kids|unisex")),
    "colour.likes": Key(label="colours you like", pattern=_one_of(COLOURS), is_list=True),
    "brand.likes": Key(label="brands you like", pattern=re.compile(r"[^\W_](?:[\w&'.-]| (?! )){0,38}"), is_list=True),
    "avoids": Key(label="leave out", pattern=_one_of(MATERIALS | FEATURES | COLOURS), is_list=True),
}
MATTER = "matter."
"""What the keys of open matters begin with; those are read from the shop, never stored."""


def checked(key: str, value: str) -> str:
    """Return a value as it is stored.

    Raises:
        InvalidInput: no such key, or a value that it cannot hold.
    """
    known = KEYS.get(key)
    if known is None:
        raise InvalidInput(f"a profile has no key {key[:60]!r}: use one of {', '.join(KEYS)}")
    wanted = " ".join(value.split())
    spellings = (wanted, SIZES.get(wanted.lower(), wanted), wanted.upper(), wanted.lower())
    plain = next((spelling for spelling in spellings if known.pattern.fullmatch(spelling)), None)
    if plain is None or (key == "brand.likes" and not wanted.isprintable()):
        raise InvalidInput(f"{key} cannot be {wanted[:60]!r}")
    return plain
