"""Text as the rest reads it: normalised, in words, in stems, in sentences."""

import re
import unicodedata
from functools import lru_cache

from shopfloor.language.english import ABBREVIATIONS, ABBREVIATIONS_AT_AN_END, STOP_WORDS
from shopfloor.language.stemming import stem_in

STRAIGHT = str.maketrans("‘’‚‛´`“”„‟‐‑‒–—−", "''''''\"\"\"\"------", "\u200b\u200c\u200d\u2060\ufeff\u00ad")
WORD = re.compile(r"#?[^\W_]+(?:'[^\W_]+|(?<=\d)[.,](?=\d)[^\W_]+)*")
END = re.compile(r"(?P<stop>(?<![.!?…])[.!?…]+)[\"')\]*_”’]*\s+(?=\S)|(?<!\s)[ \t]*\n\s*(?=\S)")
LIST_MARKER = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z])\.")
INITIALS = re.compile(r"(?:^|[\s(\"'])(?:[A-Za-z]\.)+$")


@lru_cache(maxsize=1_024)
def normalise(text: str) -> str:
    """Write text in lower case with straight quotes and plain hyphens, single blanks, and no invisible characters.

    What is normal stays as it is.
    """
    if text.isascii():
        return " ".join(text.replace("`", "'").lower().split())
    plain = unicodedata.normalize("NFKC", text.translate(STRAIGHT)).lower()
    return " ".join(unicodedata.normalize("NFKC", plain).translate(STRAIGHT).split())


def words(text: str) -> list[str]:
    """Return the words and numbers of a text, normalised: `don't`, `#123`, `9.5`; hyphens divide."""
    return WORD.findall(normalise(text))


def stem(word: str) -> str:
    """Return a normalised word's stem: `returned` and `returns` give `return`."""
    return stem_in("english", word)


def stems(text: str, *, keep_stop_words: bool = False) -> list[str]:
    """Return the stems of a text's words in their order."""
    return [stem(word) for word in words(text) if keep_stop_words or word not in STOP_WORDS]


def sentences(text: str) -> list[str]:
    """Divide a text into sentences and lines; the pieces joined are the text.

    A piece ends only once the next has begun, so all but the last piece of a stream's text so far are final.
    """
    pieces: list[str] = []
    start = 0
    for match in END.finditer(text):
        is_line_end = "\n" in match[0]
        if not is_line_end and not _ends(text[start : match.end("stop")], text[match.end() : match.end() + 1]):
            continue
        pieces.append(text[start : match.end()])
        start = match.end()
    return [*pieces, text[start:]] if start < len(text) else pieces


def _ends(piece: str, following: str) -> bool:
    """Tell whether a piece that comes to a full stop is a sentence."""
    if not piece.endswith("."):
        return True
    word = piece.split()[-1].lower().lstrip("(\"'")
    if word == "no.":
        return not following.isdigit()
    if word in ABBREVIATIONS_AT_AN_END:
        return following.isupper()
    return not (word in ABBREVIATIONS or INITIALS.search(piece) or LIST_MARKER.fullmatch(piece))
