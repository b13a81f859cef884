"""The only chance in the demo shop: it falls the same in every run, and for one thing independently of all others."""

import random


def chance(*of: object) -> random.Random:
    """Return the source of chance of one thing, such as an order, named by its parts."""
    return random.Random("/".join(map(str, ("harbour-lane", *of))))  # noqa: S311  (repeatable on purpose)
