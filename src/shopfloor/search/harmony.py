"""Which colours go together, by rule of thumb: neutral ones with all, any with itself, and some pairs."""

from collections.abc import Iterable

from shopfloor.language.attributes import colour_families

NEUTRAL = frozenset({"black", "white", "grey", "beige", "brown", "silver", "gold"})
PAIRS = frozenset(
    frozenset(pair.split())
    for pair in (
        "blue orange",
        "blue red",
        "blue yellow",
        "blue green",
        "blue pink",
        "blue purple",
        "green orange",
        "green pink",
        "green yellow",
        "pink purple",
        "pink red",
        "orange yellow",
        "orange red",
        "purple yellow",
    )
)
SAME, NEUTRAL_ONE, PAIR, CLASH = 1.0, 0.8, 0.6, 0.0


def harmony(one: str | None, others: Iterable[str | None]) -> float:
    """Say how well a colour goes with others, from 0 for a clash to 1; a thing without a colour goes with all."""
    return min((_of_two(one, other) for other in others), default=NEUTRAL_ONE)


def _of_two(one: str | None, other: str | None) -> float:
    first, second = _families(one), _families(other)
    if not first or not second:
        return NEUTRAL_ONE
    if first & second:
        return SAME
    if first & NEUTRAL or second & NEUTRAL:
        return NEUTRAL_ONE
    return PAIR if any(frozenset({a, b}) in PAIRS for a in first for b in second) else CLASH


def _families(colour: str | None) -> frozenset[str]:
    return frozenset(colour_families(colour, is_colour=True)) if colour else frozenset()
