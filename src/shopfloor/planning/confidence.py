"""How sure a planner may be of its plan: the chance that the right agents were chosen.

By how well the least sure part was matched, how far the best of the other agents was behind, and how long the message
is, since in more words more may be asked that was not heard; through a logistic curve (Platt 1999).
"""

from collections.abc import Sequence
from math import exp

from shopfloor.language.text import words
from shopfloor.planning.route import Route

RIVAL = 0.3
"""How much of the best score of another agent counts against a part."""
WORD, WORDS = 0.01, 40
"""What each word takes away, and how many at most."""
STEEPNESS, MIDDLE = 4.6, 0.03
"""Of the curve, and where it is one half."""


def confidence(routes: Sequence[Route], message: str) -> float:
    """Return the chance, from 0 to 1, that the routes of a message are the right ones; 1 where there are none."""
    if not routes:
        return 1.0
    least = min(min(route.score, 1.0) - RIVAL * max(route.rival, 0.0) for route in routes)
    evidence = least - WORD * min(len(words(message)), WORDS)
    return round(1 / (1 + exp(-STEEPNESS * (evidence - MIDDLE))), 4)
