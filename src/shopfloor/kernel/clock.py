"""What time it is. All instants are aware UTC datetimes; a place's zone is applied only where a person reads."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for replays and tests."""

    def __init__(self, at: datetime) -> None:
        """Stand at an aware instant."""
        self.at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self.at
