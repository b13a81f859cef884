"""Shoe sizes as a catalogue writes them, whatever system is counted in; about, since makers differ by half a size.

It goes by the charts that shoe shops print for adults: a man's US size is his EU size less 33, and his UK size and 1; a
woman's is her EU size less 30.5, and her UK size and 2. ISO 19407 says how each system measures the foot.
"""

import re
from collections.abc import Mapping

from shopfloor.shop.models import Gender

SAID = re.compile(r"(?:(?P<system>eu|uk|us) ?)?(?P<number>\d{1,2}(?:\.5)?)", re.IGNORECASE)
TO_US = {
    "women": {"us": 0.0, "eu": -30.5, "uk": 2.0},
    "men": {"us": 0.0, "eu": -33.0, "uk": 1.0},
}
"""What is added to a size for that of the United States."""
SMALLEST_EU = 34
"""A plain number from here on is a size of Europe, for grown-ups; below it is one of the United States."""
SMALLEST_MENS_EU = 39
"""Whoever says no more than a smaller size of Europe means a woman's."""


def shoe_size(said: str, wearer: Gender | None, known: Mapping[str, str]) -> str | None:
    """Return the size that is about the one said, of those that a catalogue has by lower case; None where none is.

    A size of children is none: their charts differ too much.
    """
    match = SAID.fullmatch(said.strip())
    if match is None or wearer == "kids":
        return None
    number = float(match["number"])
    system = (match["system"] or ("eu" if number >= SMALLEST_EU else "us")).lower()
    if wearer not in TO_US:
        wearer = "women" if system == "eu" and number < SMALLEST_MENS_EU else "men"
    offsets = TO_US[wearer]
    in_us = number + offsets[system]
    for there in dict.fromkeys((system, *offsets)):
        size = f"{in_us - offsets[there]:g}"
        is_plain = there == ("eu" if float(size) >= SMALLEST_EU else "us")
        for written in (f"{there} {size}", f"{there}{size}", *((size,) if is_plain else ())):
            if written in known:
                return known[written]
    return None
