"""Decoding text by what its bytes are, whatever they are said to be."""

import codecs
import re

from charset_normalizer import from_bytes

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
}
"""Encodings as programs mean them that name a narrower one, as the WHATWG's standard has it."""
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
MOST_CONTROLS = 0.01
"""Share of control characters from which on something is no text."""
LOOKED_AT = 100_000
"""Bytes by which an encoding is guessed."""


def decoded(content: bytes, declared: str | None = None) -> str | None:
    """Return a text; None where it is none.

    A byte order mark goes before all. What is valid UTF-8 is UTF-8, since no other text happens to be; then what was
    declared counts, unless the bytes cannot be that; then what they look like.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _text(content.removeprefix(mark).decode(encoding, "replace"))
    for encoding in ("utf-8", _meant(declared)):
        if encoding:
            try:
                return _text(content.decode(encoding))
            except (UnicodeDecodeError, LookupError):
                continue
    best = from_bytes(content[:LOOKED_AT]).best()
    return _text(content.decode(best.encoding, "replace")) if best else None


def _meant(declared: str | None) -> str | None:
    """Return the name of the encoding that is meant; None where there is none of that name."""
    try:
        name = codecs.lookup((declared or "").strip(" \"'").lower()).name
    except LookupError:
        return None
    return WIDER.get(name, name)


def _text(text: str) -> str | None:
    head = text[:LOOKED_AT]
    is_text = len(CONTROLS.findall(head)) <= MOST_CONTROLS * len(head)
    return CONTROLS.sub("", text) if is_text else None
