"""How each order of the demo shop goes: when it was placed, what became of it, and how long that took.

Numbers 152 to 299 came over from the shop's former system and are the oldest; its present system began again at 100.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.days import ZONE, Days
from shopfloor.shop.demo.people import Person

Fate = Literal["normal", "cancelled", "on_hold", "waiting", "labelled", "partial", "delayed", "lost"]

FIRST, LAST = 100, 299
ARCHIVE = 152
"""The first number of the former system."""
SAME_DAY_UNTIL = 13
"""The hour until which an order may leave on the day it was placed."""
BY_HOUR = 142
"""The first number whose time is told in hours before now."""
STAYS = 137
"""The first number too new to have left the shop."""

PLACED = {152: -92.0, 299: -21.0}
"""Days before today's midnight on the scale of `Days.on`, for the former system; the numbers between lie between."""
PLACED_LATER = {100: -20.5, 107: -17.2, 118: -12.5, 122: -5.0, 123: -2.6, 141: -1.1}
"""The same for the present system."""
HOURS_AGO = {142: 22.0, 150: 3.0, 151: 0.6}
"""Hours before now, for the newest orders."""

TRANSIT = {"US": (3, 6), "CA": (6, 10), "GB": (8, 12), "DE": (8, 12), "FR": (8, 12), "AU": (10, 16)}
"""The fewest and the most days a parcel takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How an order goes."""

    fate: Fate = "normal"
    handling: int = 1
    """Days until it leaves the shop."""
    transit: int = 4
    """Days from there to its door."""
    parcels: int = 1
    payment_failed: bool = False


FATES: dict[Fate, tuple[int, ...]] = {
    "cancelled": (103, 107, 110, 128, 133, 146, 160, 171, 183, 199, 214, 228, 241, 256, 270, 288),
    "on_hold": (136, 143),
    "waiting": (139, 148, 149, 151),
    "labelled": (138, 140),
    "partial": (120, 129, 132, 134),
    "delayed": (121, 125),
    "lost": (112, 119),
}
PAYMENT_FAILED = frozenset({139, 171, 228})
TRANSITS = {112: 3, 118: 3, 119: 4, 120: 4, 121: 4, 123: 3, 124: 2, 125: 2, 130: 2}
"""Days in transit of orders that have to stand at a certain point today."""
HANDLINGS = {112: 1, 118: 1, 119: 1, 120: 1, 121: 1, 123: 2, 124: 1, 125: 1, 130: 1}
NEAR = frozenset(TRANSITS)
"""Orders that stay in the country, since no other parcel is as fast."""


def placed_at(number: int, days: Days) -> datetime:
    """Return when an order was placed."""
    if BY_HOUR <= number < ARCHIVE:
        return days.now - timedelta(hours=_between(HOURS_AGO, number))
    return days.on(_between(PLACED if number >= ARCHIVE else PLACED_LATER, number))


def course(number: int, person: Person, placed: datetime) -> Course:
    """Return how an order goes."""
    throw = chance("course", number)
    is_early = placed.astimezone(ZONE).hour < SAME_DAY_UNTIL
    usual = Course(
        fate=_fate(number),
        handling=throw.choice((0, 1)) if is_early else throw.choice((1, 1, 1, 2)),
        transit=throw.randint(*TRANSIT[person.address.country]),
        parcels=2 if number in {127, 131} or number % 11 == 0 else 1,
        payment_failed=number in PAYMENT_FAILED,
    )
    if STAYS <= number < ARCHIVE:
        return replace(usual, handling=2)
    return replace(usual, handling=HANDLINGS.get(number, usual.handling), transit=TRANSITS.get(number, usual.transit))


def _fate(number: int) -> Fate:
    for fate, numbers in FATES.items():
        if number in numbers:
            return fate
    return "normal"


def _between(known: dict[int, float], number: int) -> float:
    """Return the value of a number between known ones, on the straight line from one to the next."""
    numbers = list(known)
    place = min(bisect_right(numbers, number), len(numbers) - 1)
    low, high = numbers[place - 1], numbers[place]
    return known[low] + (known[high] - known[low]) * (number - low) / (high - low)
