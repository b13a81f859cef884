"""The reductions of the demo shop: two for all, four for a category; some over, some running, one to come."""

from shopfloor.shop.demo.days import Days
from shopfloor.shop.models import Promotion

PLAN = (
    ("WELCOME10", "10% off with our newsletter", 10, None, 200, -165),
    ("SNEAKER20", "20% off all sneakers", 20, "Sneakers", 6, -8),
    ("RAINYDAY15", "15% off raincoats", 15, "Raincoats", 3, -11),
    ("HARBOUR25", "25% off everything for our anniversary", 25, None, 60, 53),
    ("COSY20", "20% off sweaters", 20, "Sweaters", 45, 24),
    ("CAMP15", "15% off tents", 15, "Tents", -10, -24),
)
"""Code, title, percent, category, and the days ago on which it begins and ends; a negative number lies ahead."""


def demo_promotions(days: Days) -> tuple[Promotion, ...]:
    """Return the promotions; each begins and ends at midnight in the shop's zone."""
    return tuple(
        Promotion(
            code=code,
            title=title,
            percent_off=percent,
            category=category,
            starts_at=days.at(begins, 0),
            ends_at=days.at(ends, 0),
        )
        for code, title, percent, category, begins, ends in PLAN
    )
