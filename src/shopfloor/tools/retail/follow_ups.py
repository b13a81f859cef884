"""Words that ask for more of what was just shown, for something cheaper, or for the cheapest of it."""

import re
from typing import Literal

from shopfloor.language.text import normalise

FollowUp = Literal["more", "cheaper", "cheapest"]

ASKED: dict[FollowUp, re.Pattern[str]] = {
    "cheapest": re.compile(r"\b(?:cheapest|least expensive|the cheaper)\b"),
    "cheaper": re.compile(r"(?<!the )\b(?:cheaper|less expensive)\b"),
    "more": re.compile(r"\b(?:more|else|others|another one|other ones|different ones?)\b"),
}
AROUND = re.compile(
    r"\W*(?:(?:ok|okay|and|do|you|have|got|show|me|any|some|is|are|there|which|the|one|ones|of|these|those|them|please|see|"
    r"can|could|options|i|something|anything|what|a|an|bit|more|else|other|others|another|different|even|still|all|they|cheaper|cheapest|less|least|"
    r"expensive|like|in|that|style|hmm|no|yes|s)\b\W*)+"
)
"""What may stand around such a word; with any other it names something to look for."""


def follow_up(text: str) -> FollowUp | None:
    """Return what a text asks for of the products just shown, or None where it says anything else."""
    plain = normalise(text)
    if not AROUND.fullmatch(plain):
        return None
    return next((kind for kind, pattern in ASKED.items() if pattern.search(plain)), None)


def times(kind: FollowUp, text: str) -> int:
    """Return how often it was asked for in follow-ups joined by commas."""
    return sum(follow_up(part) == kind for part in text.split(","))
