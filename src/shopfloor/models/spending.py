"""What a customer's conversations used in a day: the day's side of a budget."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

KEPT = timedelta(days=7)
"""How long a day's sums are kept; no budget looks further back than the day itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What was used."""

    tokens: int = 0
    nanos: int = 0
    """US dollars in billionths; calls without a known price are not in it."""

    def __add__(self, other: "Spent") -> "Spent":
        """Add what else was used."""
        return Spent(tokens=self.tokens + other.tokens, nanos=self.nanos + other.nanos)


class Spending(Protocol):
    """Keeps what each payer used in a day. All methods may raise `StorageError`."""

    async def spent(self, payer: str, day: date) -> Spent:
        """Return what a payer used in a day so far; nothing for an unknown one."""
        ...

    async def add(self, payer: str, day: date, spent: Spent) -> None:
        """Add to what a payer used in a day; calls at once add up. Days long past are forgotten."""
        ...

    async def erase(self, payer: str) -> None:
        """Forget a payer."""
        ...


class MemorySpending:
    """Kept for the life of the process."""

    def __init__(self) -> None:
        """Start with nothing spent."""
        self._days: dict[tuple[str, date], Spent] = {}

    async def spent(self, payer: str, day: date) -> Spent:
        """Return what a payer used in a day so far."""
        return self._days.get((payer, day), Spent())

    async def add(self, payer: str, day: date, spent: Spent) -> None:
        """Add to what a payer used in a day."""
        self._days = {key: value for key, value in self._days.items() if key[1] >= day - KEPT}
        self._days[payer, day] = await self.spent(payer, day) + spent

    async def erase(self, payer: str) -> None:
        """Forget a payer."""
        self._days = {key: value for key, value in self._days.items() if key[0] != payer}
