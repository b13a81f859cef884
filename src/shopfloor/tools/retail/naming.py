"""Which positions of an order a customer's words mean: `the boots`, `both`, `the black one`, `all of it`."""

import re
from collections.abc import Sequence

from shopfloor.language.attributes import colour_families
from shopfloor.language.english import STOP_WORDS
from shopfloor.language.entities import entities
from shopfloor.language.text import normalise, stems
from shopfloor.shop.models import OrderLine, Product

EVERYTHING = re.compile(
    r"\b(?:all of (?:it|them|that|those|this)|everything|every (?:item|piece|thing)|both"
    r"|(?:the|my) (?:whole|entire|complete|full) (?:order|thing|lot|parcel|package|purchase)"
    r"|all (?:the |my |of the )?(?:items|things|pieces|goods|three|two)"
    r"|all (?:three|two|four)|send it all|return it all|the lot)\b|^all\W*$"
)
ONE_OF = re.compile(r"\b(?:only |just )?one of (?:them|the|those|these|my|it)\b|\b(?:only|just) one\b")
EXCEPT = re.compile(
    r"\b(?:but not|except(?: for)?|without|apart from|other than|keep(?:ing)?|rather than|instead of|not)\b"
)
"""What follows is not meant."""


def named_lines(text: str, lines: Sequence[OrderLine], products: Sequence[Product | None]) -> Sequence[int] | None:
    """Return the places of the positions that a text means, in their order; None where it names none of them.

    `products` are those of the lines. A word that several positions share, such as `shoes`, means all of them.
    """
    plain = normalise(text)
    meant, _, left_out = _parted(plain)
    out = set(_scored(left_out, lines, products) or ()) if left_out else set[int]()
    if EVERYTHING.search(meant):
        return [place for place in range(len(lines)) if place not in out]
    ordinals = [n - 1 if n > 0 else len(lines) + n for n in entities(meant).ordinals]
    found = _scored(meant, lines, products) or [place for place in ordinals if 0 <= place < len(lines)]
    return [place for place in found if place not in out] or None


def likeness(text: str, lines: Sequence[OrderLine], products: Sequence[Product | None]) -> float:
    """Return how much of the goods of an order a text names, by title, kind or colour; 0 where it names none."""
    said, colours = set(stems(normalise(text))), set(colour_families(text))
    scores = (_score(said, colours, line, product) for line, product in zip(lines, products, strict=True))
    return max((score for score in scores if score >= 1), default=0.0)


def wants_one(text: str) -> bool:
    """Whether a text means one piece of several alike."""
    return ONE_OF.search(normalise(text)) is not None


def _parted(plain: str) -> tuple[str, str, str]:
    match = EXCEPT.search(plain)
    # Words before an exception are what is meant: `all but not the socks`; at the start nothing is.
    return (plain[: match.start()], match[0], plain[match.end() :]) if match and match.start() > 0 else (plain, "", "")


def _scored(text: str, lines: Sequence[OrderLine], products: Sequence[Product | None]) -> Sequence[int] | None:
    """Return the positions of which a text names most: words of the title count more than the kind of goods."""
    said = set(stems(text))
    colours = set(colour_families(text))
    scores = [_score(said, colours, line, product) for line, product in zip(lines, products, strict=True)]
    best = max(scores, default=0)
    if best <= 0:
        return None
    # Several things may be named one after the other: `the jacket and the scarf`; each then stands out by itself.
    apart = [place for place, score in enumerate(scores) if score >= 1 and _own(said, place, lines, products)]
    return apart if len(apart) > 1 else [place for place, score in enumerate(scores) if score == best]


def _score(said: set[str], colours: set[str], line: OrderLine, product: Product | None) -> float:
    title = 1.0 * len(said & _title(line))
    kind = 1.0 * len(said & _kinds(product))
    colour = 0.5 * len(colours & set(colour_families(line.colour or "")))
    return title + kind + colour


def _own(said: set[str], place: int, lines: Sequence[OrderLine], products: Sequence[Product | None]) -> set[str]:
    """Return the words said that name this position and no other."""
    words = [_title(line) | _kinds(product) for line, product in zip(lines, products, strict=True)]
    others = set[str]().union(*(found for other, found in enumerate(words) if other != place))
    return said & words[place] - others


def _title(line: OrderLine) -> set[str]:
    return {word for word in stems(line.title) if word not in STOP_WORDS}


def _kinds(product: Product | None) -> set[str]:
    """Return what goods of a kind are called: the words of its categories, and a few everyday ones."""
    if product is None:
        return set()
    named = {word for category in product.category for word in stems(category)}
    return named | {word for category in product.category for word in stems(CALLED.get(category, ""))}


CALLED = {
    "Boots": "boot wellies", "Sneakers": "sneaker trainer kicks shoe", "Running Shoes": "runner trainer shoe",
    "Sandals": "sandal flip flop", "Dress Shoes": "shoe brogue loafer", "Shoes": "shoe pair",
    "Jackets": "jacket coat parka", "Raincoats": "raincoat coat jacket mac poncho",
    "Hoodies": "hoodie hoody sweatshirt",
    "Sweaters": "sweater jumper cardigan pullover", "T-Shirts": "tshirt tee shirt top", "Shirts": "shirt blouse",
    "Jeans": "jeans denim pants", "Trousers": "trousers pants chinos", "Shorts": "shorts", "Skirts": "skirt",
    "Dresses": "dress", "Socks": "socks", "Underwear": "underwear boxers briefs bra pants",
    "Activewear": "leggings tank tights", "Backpacks": "backpack rucksack bag pack", "Totes": "tote bag",
    "Wallets": "wallet purse", "Scarves": "scarf shawl", "Hats": "hat cap beanie", "Gloves": "gloves mittens",
    "Belts": "belt", "Watches": "watch", "Sunglasses": "sunglasses shades glasses", "Mugs": "mug cup bowl",
    "Candles": "candle", "Blankets": "blanket throw", "Towels": "towel", "Tents": "tent", "Bottles": "bottle flask",
    "Lamps": "lamp lantern headlamp light", "Sleeping Bags": "sleeping bag",
}  # fmt: skip
"""Everyday words for the categories that shops use; a category that is not here is known by its own words."""
