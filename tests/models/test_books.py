"""What every ledger and every store of a day's spending keeps to, in memory and in a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.kernel.errors import StorageError
from shopfloor.models.contract import Usage
from shopfloor.models.ledger import GatheringLedger, Ledger, MemoryLedger, ModelCall
from shopfloor.models.report import report_of, sum_of
from shopfloor.models.spending import MemorySpending, Spending, Spent
from shopfloor.models.sql_ledger import SqlLedger, SqlSpending
from shopfloor.models.tiers import CLASSES, TIERS

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DAY = date(2026, 5, 4)
CALL = ModelCall(
    at=NOW,
    task_class="support_reply",
    asked_tier="fast",
    tier="balanced",
    provider="openai",
    model="gpt-5-mini",
    answered_by="gpt-5-mini-2025-08-07",
    rung=1,
    outcome="stop",
    first_text_s=0.25,
    total_s=1.5,
    usage=Usage(input_tokens=1000, output_tokens=100, cached_tokens=200, cache_write_tokens=10),
    nanos=405_000,
    power_nanos=6_000_000,
)
FAILED = ModelCall(
    at=NOW + timedelta(seconds=1),
    task_class="planning",
    asked_tier="power",
    tier="power",
    provider="anthropic",
    model="claude-opus-4-8",
    outcome="failed",
    error="Unavailable",
    total_s=3.0,
)


@pytest.fixture(params=["memory", "sqlite", "postgresql", "gathering"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "memory":
        return MemoryLedger()
    kept = SqlLedger(request.getfixturevalue("database"))
    return kept if request.param != "gathering" else GatheringLedger(kept)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def spending(request: pytest.FixtureRequest) -> Spending:
    return MemorySpending() if request.param == "memory" else SqlSpending(request.getfixturevalue("database"))


@pytest.mark.anyio
async def test_calls_come_back_as_they_were_in_the_order_of_their_time(ledger: Ledger) -> None:
    await ledger.record(FAILED)
    await ledger.record(CALL)
    assert list(await ledger.calls(NOW, NOW + timedelta(days=1))) == [CALL, FAILED]


@pytest.mark.anyio
async def test_calls_are_found_by_their_time(ledger: Ledger) -> None:
    await ledger.record(CALL)
    await ledger.record(FAILED)
    assert list(await ledger.calls(NOW, NOW + timedelta(seconds=1))) == [CALL]
    assert list(await ledger.calls(NOW + timedelta(microseconds=1), NOW + timedelta(days=1))) == [FAILED]
    assert list(await ledger.calls(NOW - timedelta(days=1), NOW)) == []


@pytest.mark.anyio
async def test_old_calls_are_counted_and_removed_some_at_a_time(ledger: Ledger) -> None:
    await ledger.record(CALL, replace(CALL, model="other"), FAILED)
    assert [await ledger.count(NOW), await ledger.count(FAILED.at)] == [0, 2]
    assert [await ledger.remove(FAILED.at, limit=1) for _ in range(3)] == [1, 1, 0]
    assert list(await ledger.calls(NOW, NOW + timedelta(days=1))) == [FAILED]


class FailingLedger(MemoryLedger):
    is_full = True

    async def record(self, *calls: ModelCall) -> None:
        if self.is_full:
            raise StorageError("the disk is full")
        await super().record(*calls)


@pytest.mark.anyio
async def test_calls_are_gathered_until_they_are_many_or_old_and_a_full_disk_loses_none() -> None:
    kept = FailingLedger()
    gathering = GatheringLedger(kept, most=3)
    await gathering.record(CALL)
    await gathering.record(FAILED)
    with pytest.raises(StorageError):
        await gathering.record(CALL)
    kept.is_full = False
    await gathering.record(CALL)
    assert len(await kept.calls(NOW, NOW + timedelta(days=1))) == 4
    await gathering.record(CALL, replace(CALL, at=NOW + timedelta(seconds=2)))
    assert len(await kept.calls(NOW, NOW + timedelta(days=1))) == 6


@pytest.mark.anyio
async def test_what_was_used_adds_up_for_each_payer_and_day(spending: Spending) -> None:
    assert await spending.spent("c1", DAY) == Spent()
    await spending.add("c1", DAY, Spent(tokens=10, nanos=7))
    await spending.add("c1", DAY, Spent(tokens=5, nanos=3_000_000_000_000))
    await spending.add("c2", DAY, Spent(tokens=1))
    await spending.add("c1", DAY + timedelta(days=1), Spent(tokens=2))
    assert await spending.spent("c1", DAY) == Spent(tokens=15, nanos=3_000_000_000_007)
    assert await spending.spent("c2", DAY) == Spent(tokens=1)
    assert await spending.spent("c1", DAY + timedelta(days=1)) == Spent(tokens=2)


@pytest.mark.anyio
async def test_what_is_used_at_once_is_all_counted(spending: Spending) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(spending.add, "c1", DAY, Spent(tokens=1, nanos=2))
    assert await spending.spent("c1", DAY) == Spent(tokens=20, nanos=40)


@pytest.mark.anyio
async def test_days_long_past_are_forgotten_and_a_payer_can_be(spending: Spending) -> None:
    await spending.add("c1", DAY, Spent(tokens=1))
    await spending.add("c2", DAY + timedelta(days=7), Spent(tokens=1))
    assert await spending.spent("c1", DAY) == Spent(tokens=1)
    await spending.add("c2", DAY + timedelta(days=8), Spent(tokens=1))
    assert await spending.spent("c1", DAY) == Spent()
    await spending.erase("c2")
    assert await spending.spent("c2", DAY + timedelta(days=8)) == Spent()


TOKENS = st.integers(min_value=0, max_value=10**6)
USAGES = st.builds(Usage, input_tokens=TOKENS, output_tokens=TOKENS, cached_tokens=TOKENS)
CALLS = st.builds(
    ModelCall,
    at=st.just(NOW),
    task_class=st.sampled_from(list(CLASSES)),
    asked_tier=st.sampled_from(TIERS),
    tier=st.sampled_from(TIERS),
    provider=st.just("p"),
    model=st.just("m"),
    outcome=st.sampled_from(["stop", "length", "failed", "cancelled"]),
    total_s=st.floats(min_value=0, max_value=99),
    usage=st.none() | USAGES,
    nanos=st.none() | TOKENS,
    power_nanos=st.none() | TOKENS,
)


@given(st.lists(CALLS, max_size=30))
def test_the_lines_of_a_report_add_up_to_its_total(calls: list[ModelCall]) -> None:
    report = report_of(calls)
    for figure in ("calls", "failed", "input_tokens", "cached_tokens", "output_tokens", "nanos", "unpriced"):
        assert sum(getattr(line.sum, figure) for line in report.lines) == getattr(report.total, figure)
    assert report.total.calls == len(calls)
    if report.shares:
        assert sum(report.shares.values()) == pytest.approx(1)


@given(st.lists(CALLS, max_size=9), st.lists(CALLS, max_size=9))
def test_sums_of_two_times_add_up(first: list[ModelCall], second: list[ModelCall]) -> None:
    both, one, other = sum_of(first + second), sum_of(first), sum_of(second)
    assert (both.nanos, both.output_tokens) == (one.nanos + other.nanos, one.output_tokens + other.output_tokens)


def test_an_unknown_price_is_told_and_never_taken_for_zero() -> None:
    unpriced = ModelCall(
        at=NOW,
        task_class="summary",
        asked_tier="fast",
        tier="fast",
        provider="ollama",
        model="m",
        outcome="stop",
        total_s=1,
        usage=Usage(input_tokens=5, output_tokens=5),
        power_nanos=999,
    )
    report = report_of([CALL, unpriced])
    assert report.total.unpriced == 1
    assert (report.compared_nanos, report.power_nanos) == (405_000, 6_000_000), "only what has both prices is compared"
    assert report.saved == pytest.approx(1 - 405 / 6000)
    assert report_of([unpriced]).saved is None


def test_a_call_is_told_under_the_names_of_the_conventions() -> None:
    named = CALL.attributes()
    assert named["gen_ai.provider.name"] == "openai"
    assert named["gen_ai.usage.cache_read.input_tokens"] == 200
    assert named["gen_ai.response.finish_reasons"] == ["stop"]
    assert "error.type" not in named
    assert FAILED.attributes()["error.type"] == "Unavailable"
