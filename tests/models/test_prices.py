"""What calls cost: exactly, and unknown where nobody knows."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.models.contract import Usage
from shopfloor.models.prices import Price, PriceList, dollars_of

USAGE = Usage(input_tokens=1000, output_tokens=100, cached_tokens=200, cache_write_tokens=100)


def test_known_models_have_the_prices_of_the_list() -> None:
    prices = PriceList()
    # $0.25 and $0.025 for a million read, $2 for a million written
    assert prices.nanos("openai", "gpt-5-mini", Usage(input_tokens=1000, output_tokens=100)) == 450_000
    assert (
        prices.nanos("openai", "gpt-5-mini", Usage(input_tokens=1000, output_tokens=100, cached_tokens=200)) == 405_000
    )
    assert prices.nanos("anthropic", "claude-opus-4-8", USAGE) is not None
    assert prices.knows("gemini", "gemini-2.5-flash")


@pytest.mark.parametrize(("provider", "model"), [("ollama", "llama3.2"), ("openai", "nonsense"), ("own", "gpt-5-mini")])
def test_an_unknown_price_is_unknown(provider: str, model: str) -> None:
    assert PriceList().nanos(provider, model, USAGE) is None
    assert not PriceList().knows(provider, model)


def test_the_settings_go_before_the_list_and_zero_is_a_price() -> None:
    free = Price(input=Decimal(0), output=Decimal(0))
    prices = PriceList({"ollama:llama3.2": free, "openai:gpt-5-mini": Price(input=Decimal(1), output=Decimal(2))})
    assert prices.nanos("ollama", "llama3.2", USAGE) == 0
    assert prices.nanos("openai", "gpt-5-mini", USAGE) == 1_200_000


TOKENS = st.integers(min_value=0, max_value=10**7)


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_no_usage_costs_less_than_nothing(read: int, written: int, cached: int, stored: int) -> None:
    usage = Usage(input_tokens=read, output_tokens=written, cached_tokens=cached, cache_write_tokens=stored)
    for provider, model in (("openai", "gpt-5-mini"), ("anthropic", "claude-opus-4-8")):
        nanos = PriceList().nanos(provider, model, usage)
        assert nanos is not None
        assert nanos >= 0
    assert Price(input=Decimal(3), output=Decimal(5), cached=Decimal("0.3")).nanos(usage) >= 0


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "$0.00"),
        (405_000, "$0.00041"),
        (12_345_678, "$0.012"),
        (450_000_000, "$0.45"),
        (1_234_567_890_123, "$1,234.57"),
        (1, "$0.0000000010"),
    ],
)
def test_a_cost_is_written_so_that_small_ones_can_be_read(nanos: int, text: str) -> None:
    assert dollars_of(nanos) == text
