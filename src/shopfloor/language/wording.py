"""The shop's own words for things: `package` instead of `parcel`, in whatever form the text has it."""

import re
from collections.abc import Mapping
from functools import lru_cache

Wording = tuple[tuple[str, str], ...]
"""Pairs of a word, in the singular, and the shop's word for it."""
VOWEL = re.compile(r"[aeio]|u(?!ni|se|su)", re.IGNORECASE)
"""How a word begins that takes `an`."""


def wording_of(words: Mapping[str, str]) -> Wording:
    """Return wording as something that a cache can tell apart."""
    return tuple(sorted(words.items()))


def reworded(text: str, wording: Wording) -> str:
    """Return a text with the shop's words, in the number and with the capitals of the words they stand for.

    Each word is replaced once; one inside an address, a link or a longer word is left alone.
    """
    if not wording:
        return text
    pattern, words = _compiled(wording)
    return pattern.sub(lambda match: _put(match, words), text)


@lru_cache(maxsize=64)
def _compiled(wording: Wording) -> tuple[re.Pattern[str], Mapping[str, str]]:
    words: dict[str, str] = {}
    for word, own in wording:
        words.setdefault(plural(word).lower(), plural(own))
    words |= {word.lower(): own for word, own in wording}
    longest_first = sorted(words, key=len, reverse=True)
    choice = "|".join(re.escape(word) for word in longest_first)
    source = rf"(?:(?<![\w@./-])(?P<article>an?)(?P<blank>\s+))?(?<![\w@./-])(?P<word>{choice})(?![\w@/-]|\.\w)"
    return re.compile(source, re.IGNORECASE), words


def _put(match: re.Match[str], words: Mapping[str, str]) -> str:
    found = match["word"]
    own = words[found.lower()]
    if found.isupper() and len(found) > 1:
        own = own.upper()
    elif found[0].isupper():
        own = own[0].upper() + own[1:]
    if not match["article"]:
        return own
    article = match["article"][0] + ("n" if VOWEL.match(own) else "")
    return f"{article}{match['blank']}{own}"


def plural(word: str) -> str:
    """Return the regular plural of an English word, or of the last of several."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(?:s|x|z|ch|sh)$", word) else f"{word}s"
