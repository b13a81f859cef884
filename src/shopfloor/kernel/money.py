"""Money in minor units, with its currency; never a float."""

from dataclasses import dataclass
from decimal import Decimal
from functools import total_ordering

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
"""Signs written before the amount; other currencies are written with their ISO 4217 code."""
DECIMALS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "BHD": 3, "KWD": 3}
"""Decimals of the ISO 4217 currencies that do not have two."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency; adding or ordering amounts of two is an error."""

    currency: str
    """ISO 4217 code, such as `USD`."""
    minor: int
    """The amount in the currency's smallest unit: cents of a dollar, yen of a yen."""

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        return Money(self.currency, self.minor + self._same(other))

    def __sub__(self, other: "Money") -> "Money":
        """Take away an amount of the same currency."""
        return Money(self.currency, self.minor - self._same(other))

    def __lt__(self, other: "Money") -> bool:
        """Say whether it is less than an amount of the same currency."""
        return self.minor < self._same(other)

    def __mul__(self, count: int) -> "Money":
        """Multiply by a whole number."""
        return Money(self.currency, self.minor * count)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.minor

    def __str__(self) -> str:
        """Write the amount as a customer reads it: `$1,249.00`, `CHF 12.50`."""
        decimals = DECIMALS.get(self.currency, 2)
        sign = "-" if self.minor < 0 else ""
        whole, part = divmod(abs(self.minor), 10**decimals)
        digits = f"{whole:,}" + (f".{part:0{decimals}d}" if decimals else "")
        symbol = SYMBOLS.get(self.currency)
        return f"{sign}{symbol}{digits}" if symbol else f"{sign}{self.currency} {digits}"


def in_units(money: Money) -> Decimal:
    """Return an amount in whole units of its currency: 12.50 of 1,250 cents."""
    return Decimal(f"{money.minor}E-{DECIMALS.get(money.currency, 2)}")
