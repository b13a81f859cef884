"""Budgets: of a turn, and of a customer's day; what is counted, and what is refused."""

from contextlib import aclosing
from datetime import UTC, date, datetime, timedelta

import pytest
from models.asking import REQUEST, heard

from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Refused, StorageError, Unavailable
from shopfloor.models.answer import Answer
from shopfloor.models.budget import Allowance, Budgeted, DayBudget, TurnBudget
from shopfloor.models.contract import Finished, Model, ModelRequest, TextDelta, Usage
from shopfloor.models.scripted import ScriptedModel
from shopfloor.models.spending import MemorySpending, Spent

pytestmark = pytest.mark.anyio

USED = Usage(input_tokens=80, output_tokens=20)


def answering(times: int = 9) -> ScriptedModel:
    return ScriptedModel([Answer(text="Hi", finished=Finished(reason="stop", usage=USED))] * times)


def priced(usage: Usage, rung: int) -> int | None:
    return usage.input_tokens + usage.output_tokens + 1000 * rung


def turn_of(**allowed: float) -> TurnBudget:
    return TurnBudget(allowance=Allowance(**allowed))  # type: ignore[arg-type]


@pytest.mark.parametrize(("allowed", "rule"), [({"tokens": 150}, "turn_tokens"), ({"nanos": 150}, "turn_money")])
async def test_a_turn_that_has_used_its_budget_up_asks_no_model(allowed: dict[str, float], rule: str) -> None:
    turn = turn_of(**allowed)
    model = answering()
    for _ in range(2):
        await heard(Budgeted(model, priced, turn=turn))
    with pytest.raises(Refused) as refused:
        await heard(Budgeted(model, priced, turn=turn))
    assert refused.value.rule == f"budget.{rule}"
    assert len(model.requests) == 2
    assert turn.spent == Spent(tokens=200, nanos=200)


async def test_a_call_that_has_more_to_read_than_is_left_is_not_begun() -> None:
    model = answering()
    request = ModelRequest(system="word " * 800, messages=())
    with pytest.raises(Refused) as refused:
        await heard(Budgeted(model, priced, turn=turn_of(tokens=900)), request)
    assert refused.value.rule == "budget.turn_tokens"
    with pytest.raises(Refused) as refused:
        await heard(Budgeted(model, priced, turn=turn_of(nanos=900)), request)
    assert refused.value.rule == "budget.turn_money"
    assert model.requests == []


async def test_a_turn_has_its_seconds() -> None:
    at = 5.0
    turn = TurnBudget(allowance=Allowance(seconds=30), now=lambda: at)
    await heard(Budgeted(answering(), priced, turn=turn))
    at += 30
    with pytest.raises(Refused, match="time") as refused:
        await heard(Budgeted(answering(), priced, turn=turn))
    assert refused.value.rule == "budget.turn_seconds"


@pytest.mark.parametrize(("asked", "sent"), [(None, 150), (20, 20), (500, 150)])
async def test_an_answer_may_be_no_longer_than_what_is_left(asked: int | None, sent: int) -> None:
    model = answering()
    request = ModelRequest(system="", messages=(), max_output_tokens=asked)
    await heard(Budgeted(model, priced, turn=turn_of(tokens=150)), request)
    assert model.requests[0].max_output_tokens == sent


async def test_a_day_is_the_customers_and_ends_at_midnight() -> None:
    clock = FixedClock(datetime(2026, 5, 4, 23, 30, tzinfo=UTC))
    spending = MemorySpending()

    def model_for(payer: str) -> Model:
        day = DayBudget(allowance=Allowance(tokens=100), payer=payer, spending=spending, clock=clock)
        return Budgeted(answering(), priced, day=day)

    await heard(model_for("c1"))
    with pytest.raises(Refused) as refused:
        await heard(model_for("c1"))
    assert refused.value.rule == "budget.day_tokens"
    await heard(model_for("c2"))
    clock.at += timedelta(hours=1)
    await heard(model_for("c1"))


class FullDisk(MemorySpending):
    async def add(self, payer: str, day: date, spent: Spent) -> None:
        raise StorageError("the disk is full")


async def test_an_answer_is_given_though_what_it_used_cannot_be_noted() -> None:
    clock = FixedClock(datetime(2026, 5, 4, tzinfo=UTC))
    day = DayBudget(allowance=Allowance(tokens=100), payer="c1", spending=FullDisk(), clock=clock)
    assert (await heard(Budgeted(answering(), priced, day=day)))[0] == "Hi"


async def test_the_price_is_that_of_the_model_that_answered() -> None:
    model = ScriptedModel([Answer(text="Hi", finished=Finished(reason="stop", usage=USED, rung=2))])
    turn = turn_of()
    await heard(Budgeted(model, priced, turn=turn))
    assert turn.spent == Spent(tokens=100, nanos=2100)


async def test_an_answer_that_broke_off_or_was_left_is_counted_by_an_estimate() -> None:
    turn = turn_of()
    async with aclosing(Budgeted(answering(), priced, turn=turn).stream(REQUEST)) as pieces:
        assert await anext(pieces) == TextDelta("Hi")
    assert 0 < turn.spent.tokens < 100


async def test_an_answer_that_nobody_gave_costs_nothing() -> None:
    turn = turn_of()
    with pytest.raises(Unavailable):
        await heard(Budgeted(ScriptedModel([Unavailable("away")]), priced, turn=turn))
    assert turn.spent == Spent()


async def test_an_unknown_price_counts_its_tokens_all_the_same() -> None:
    turn = turn_of()
    await heard(Budgeted(answering(), lambda _usage, _rung: None, turn=turn))
    assert turn.spent == Spent(tokens=100, nanos=0)
