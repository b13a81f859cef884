"""Putting placeholders where a message names something, so that any order number is matched like every other."""

import re
from collections.abc import Callable
from functools import lru_cache

from shopfloor.agents.slots import address_parts, named_orders
from shopfloor.language.attributes import colour_families
from shopfloor.language.english import word_set
from shopfloor.language.entities import entities
from shopfloor.language.text import normalise, words

PLACEHOLDERS = {"{order}": "orderref", "{product}": "productref", "{address}": "addressref", "{kind}": "kindref"}
"""How a card's examples write what a message names."""
PLAIN = frozenset({"orderref", "productref", "addressref", "emailref"})
NAMED = PLAIN | word_set(
    """colourref numref size sizes the a an in of my for to or and please one order number about it its it's sorry mean
    meant was then no yes ok oh i xxs xs s m l xl xxl xxxl under over below above around max maximum wide narrow feet"""
)
"""Placeholders, and words beside them, that name something without asking for anything."""
PLACES = re.compile(r"\b(?:pin ?code|pin|zip|postcode|area|deliver\w*|ship\w*|available|ml|mg|kg|g|cm|x)\b")
"""Words beside which a number is the code of a place, or a measure, rather than an order's."""
NAMING = re.compile(r"[\d@#]")
"""What order numbers, addresses and e-mail addresses have in them."""
REPEATED = re.compile(r"\b(orderref|productref|kindref)(?: \1)+\b")


def mask(
    text: str,
    is_kind: Callable[[str], bool],
    product_words: frozenset[str] = frozenset(),
    *,
    has_products: bool = False,
) -> str:
    """Return a text with placeholders for order numbers, addresses, e-mails, colours, numbers, products and kinds.

    `is_kind` says whether a word names a kind of product; `product_words` are the words of the product names that the
    text mentions; `has_products` says that products were shown, so that `the second one` means one of them.
    """
    plain = normalise(text)
    for placeholder, word in PLACEHOLDERS.items():
        plain = plain.replace(placeholder, word)
    if has_products or NAMING.search(text):  # most texts name nothing, and looking costs
        plain = _without_names(plain, text, has_products)
    masked = " ".join(_word(word, is_kind, product_words) for word in words(plain))
    return REPEATED.sub(r"\1", masked)


def _without_names(plain: str, text: str, has_products: bool) -> str:
    found = entities(text)
    address = address_parts(text)
    if street := address.get("line1"):
        plain = plain.replace(normalise(street), " addressref ")
    loose = () if PLACES.search(plain) else named_orders(text, found, address)
    for number in dict.fromkeys((*found.order_numbers, *loose)):
        plain = re.sub(rf"(?:order )?(?:number |no\.? )?#? ?{re.escape(number.lower())}\b", " orderref ", plain)
    for email in found.emails:
        plain = plain.replace(email, " emailref ")
    if has_products and found.ordinals:
        plain = re.sub(r"\b(?:the )?(?:\w+) (?:one|pair|option)\b", " productref ", plain)
    return plain


def _word(word: str, is_kind: Callable[[str], bool], product_words: frozenset[str]) -> str:
    if word in product_words:
        return "productref"
    if any(letter.isdigit() for letter in word):
        return "numref"
    if word not in PLAIN and is_kind(word):
        return "kindref"
    return "colourref" if is_colour(word) else word


@lru_cache(maxsize=4_096)
def is_colour(word: str) -> bool:
    """Return whether a word names a colour."""
    return bool(colour_families(word))
