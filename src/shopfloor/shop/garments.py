"""What is worn where: sizes are remembered and compared by it, since a shoe's 9 says nothing about trousers."""

from collections.abc import Sequence
from typing import Literal

from shopfloor.language.text import stem, words

Garment = Literal["shoes", "tops", "bottoms"]

KINDS: dict[Garment, str] = {
    "shoes": "shoes footwear sneakers trainers boots sandals loafers heels slippers pumps",
    "bottoms": "bottoms jeans trousers pants shorts skirts leggings chinos slacks",
    "tops": """tops shirts t-shirts tees tshirts hoodies sweatshirts sweaters pullovers jumpers cardigans knitwear
    jackets coats outerwear raincoats blouses polos dresses activewear""",
}
"""The words of a category's name that tell."""
_STEMS: dict[str, Garment] = {
    stem(word): garment for garment, names in KINDS.items() for name in names.split() for word in words(name)
}


def garment_of(category: Sequence[str]) -> Garment | None:
    """Return what a category's products are worn as, by its narrowest name that tells; None for a hat or a tent."""
    for name in reversed(category):
        for word in words(name):
            if found := _STEMS.get(stem(word)):
                return found
    return None
