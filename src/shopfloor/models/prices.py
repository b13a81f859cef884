"""What calls cost, in US dollars: from the settings, else from the list that `genai-prices` carries.

A cost is a whole number of billionths of a dollar, so that sums are exact and a single token is not rounded to nothing.
Where no price is known the cost is None, and whoever shows it says so; it is never taken for zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from genai_prices.data_snapshot import get_snapshot

from shopfloor.models.contract import Usage

NANOS = 1_000_000_000
"""Billionths in a dollar."""
MILLION = 1_000_000
LISTED = {"azure": "azure", "gemini": "google"}
"""Providers that the list calls otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What a million model tokens cost, in US dollars; zero for a model on one's own machine."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    """None where a cached token costs as much as any other."""

    def nanos(self, usage: Usage) -> int:
        """Return what a call costs."""
        cached = self.input if self.cached is None else self.cached
        fresh = max(usage.input_tokens - usage.cached_tokens, 0)
        dollars = (fresh * self.input + usage.cached_tokens * cached + usage.output_tokens * self.output) / MILLION
        return nanos_of(dollars)


class PriceList:
    """Prices by `provider:model`."""

    def __init__(self, known: Mapping[str, Price] | None = None) -> None:
        """Take what the settings say; it goes before the list."""
        self._known = dict(known or {})
        get_snapshot()  # read now, as it takes a moment, and the first call would block the loop

    def nanos(self, provider: str, model: str, usage: Usage) -> int | None:
        """Return what a call costs, in billionths of a dollar; None where no price is known."""
        price = self._known.get(f"{provider}:{model}")
        if price is not None:
            return price.nanos(usage)
        cached = min(usage.cached_tokens, usage.input_tokens)
        priced = PricedUsage(
            input_tokens=usage.input_tokens,
            cache_read_tokens=cached,
            cache_write_tokens=min(usage.cache_write_tokens, usage.input_tokens - cached),
            output_tokens=usage.output_tokens,
        )
        try:
            return nanos_of(calc_price(priced, model, provider_id=LISTED.get(provider, provider)).total_price)
        except (LookupError, ValueError):
            return None

    def knows(self, provider: str, model: str) -> bool:
        """Whether a model has a price."""
        return self.nanos(provider, model, Usage(input_tokens=1, output_tokens=1)) is not None


def nanos_of(dollars: Decimal) -> int:
    """Return dollars in whole billionths."""
    return int((dollars * NANOS).to_integral_value(ROUND_HALF_UP))


def dollars_of(nanos: int) -> str:
    """Write a cost for a reader: to the cent, and smaller ones to their second digit."""
    dollars = Decimal(nanos) / NANOS
    if nanos == 0 or abs(dollars) >= 1:
        return f"${dollars:,.2f}"
    places = max(2, 1 - dollars.adjusted())
    return f"${dollars.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
