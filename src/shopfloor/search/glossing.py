"""Products of a catalogue in another language that the team reads, in English too: conversations are read in English.

A name is glossed as a whole, so that its phrases are; a long text word by word, each word once.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import lru_cache

from shopfloor.language.detection import detect
from shopfloor.language.gloss import gloss
from shopfloor.language.languages import DEFAULT, LANGUAGES, Language
from shopfloor.language.lexicon import lexicon
from shopfloor.search.analysis import WORD
from shopfloor.shop.models import Product

KEPT = 1 << 16
"""Names and words whose English is kept."""


def query_in_english(text: str, language: str, known: AbstractSet[str]) -> str:
    """Return a customer's words in English, as far as they are known.

    Where they tell no language, and the catalogue's is another than English, it is taken for that of the words
    that are not `known`, in lower case: those of its texts and their English.
    """
    said, own = detect(text, DEFAULT) or DEFAULT, _own(language)
    if said != DEFAULT or own == DEFAULT:
        return gloss(text, said)
    return WORD.sub(lambda match: match[0] if match[0].lower() in known else _glossed(match[0], own), text)


def in_english(product: Product, language: str) -> Product:
    """Return a product with its texts in English, as far as their words are known; itself where they are or may be.

    `language` is the ISO 639-1 code of the catalogue's.
    """
    if (own := _own(language)) == DEFAULT:
        return product
    return replace(
        product,
        title=gloss(product.title, own),
        category=tuple(_glossed(name, own) for name in product.category),
        tags=tuple(_glossed(tag, own) for tag in product.tags),
        best_for=_word_by_word(product.best_for, own),
        material=_word_by_word(product.material, own),
        description=_word_by_word(product.description, own),
        attributes=tuple((_glossed(name, own), _word_by_word(value, own)) for name, value in product.attributes),
    )


def common_words(language: str) -> str:
    """Return the words of a language that say nothing of a thing; none where products are not glossed."""
    own = _own(language)
    return "" if own == DEFAULT else lexicon(own).data.common


def _word_by_word(text: str, language: Language) -> str:
    return WORD.sub(lambda match: _glossed(match[0], language), text)


def _own(language: str) -> Language:
    return language if language in LANGUAGES else DEFAULT


@lru_cache(maxsize=KEPT)
def _glossed(name: str, language: Language) -> str:
    return gloss(name, language)
