"""The stems of words in many languages, by the rules of Snowball.

Porter, "Snowball: a language for stemming algorithms" (2001).
"""

from functools import lru_cache
from typing import Any, cast

import Stemmer

KNOWN = 1 << 18
"""Words whose stems are kept: a catalogue of tens of thousands of products writes about so many."""


@lru_cache(maxsize=KNOWN)
def stem_in(language: str, word: str) -> str:
    """Return the stem of a word in lower case; `language` is Snowball's name for it, such as `english`."""
    # A stemmer keeps the word in itself, so threads must not share one. The package brings no types.
    return str(cast(Any, Stemmer).Stemmer(language, 0).stemWord(word))
