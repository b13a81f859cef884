"""The stems of words in many languages, by the rules of Snowball.

Porter, "Snowball: a language for stemming algorithms" (2001).
"""

from functools import lru_cache
from typing import Any, cast

import Stemmer

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish",
    "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
    "tr": "turkish",
}  # fmt: skip
"""Snowball's names of the languages that shops write in, by ISO 639-1 code."""
KNOWN = 1 << 18
"""Words whose stems are kept: a catalogue of tens of thousands of products writes about so many."""


@lru_cache(maxsize=KNOWN)
def stem_in(language: str, word: str) -> str:
    """Return the stem of a word in lower case; `language` is Snowball's name for it, such as `english`."""
    # A stemmer keeps the word in itself, so threads must not share one. The package brings no types.
    return str(cast(Any, Stemmer).Stemmer(language, 0).stemWord(word))
