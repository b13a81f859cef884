"""When things happened in the demo shop: told in the shop's own days, counted back from now."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
OPENS = 8
"""The hour at which the shop's day begins."""
HOURS = 14
"""How long the shop's day lasts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """The shop's calendar, seen from one instant."""

    now: datetime

    def date(self, ago: int) -> date:
        """Return the date some days ago, in the shop's zone; a negative number lies ahead."""
        return self.now.astimezone(ZONE).date() - timedelta(days=ago)

    def at(self, ago: int, minutes: int) -> datetime:
        """Return the instant some minutes after the midnight that began a day."""
        local = datetime.combine(self.date(ago), time(minutes // 60, minutes % 60), ZONE)
        return local.astimezone(UTC)

    def on(self, day: float) -> datetime:
        """Return the instant at a place on the scale of the shop's days: -1.5 is yesterday, half through the day."""
        ago = -math.floor(day)
        return self.at(ago, OPENS * 60 + int((day + ago) * HOURS * 60))

    def ago(self, at: datetime) -> int:
        """Return how many days ago an instant was, 0 for today."""
        return (self.date(0) - at.astimezone(ZONE).date()).days

    def before_now(self, at: datetime) -> datetime:
        """Return the instant, or a quarter of an hour ago where it lies ahead."""
        return min(at, self.now - timedelta(minutes=15))
