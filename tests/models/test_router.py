"""ModelRouter: from settings to an answer, with the ledger, over servers on this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from models.asking import REQUEST, SECRET, heard
from models.model_server import ModelServer, Reply, chat_text, failure, message_text, model_server

from shopfloor.database.engine import Database
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import InvalidInput, Refused, StorageError, Unavailable
from shopfloor.models.building import build_router
from shopfloor.models.connections import Connections
from shopfloor.models.contract import TextDelta
from shopfloor.models.ledger import MemoryLedger, ModelCall
from shopfloor.models.router import Books, ModelRouter
from shopfloor.models.scripted import ScriptedModel
from shopfloor.models.settings import model_settings
from shopfloor.models.spending import MemorySpending
from shopfloor.models.sql_ledger import SqlLedger, SqlSpending
from shopfloor.models.tiers import Work
from shopfloor.models.traced import Rung

pytestmark = pytest.mark.anyio

CLOCK = FixedClock(datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
REPLY = Work(task_class="support_reply")
SETTINGS = """
providers:
  cheap: {{base_url: "{cheap}", key_variable: CHEAP_KEY}}
  strong: {{format: anthropic, base_url: "{strong}"}}
tiers:
  fast: [{{provider: cheap, model: small, price: {{input: 1, output: 2, cached: 0.5}}}}]
  power: [{{provider: strong, model: large, price: {{input: 10, output: 20}}}}]
budgets: {budgets}
"""


@pytest.fixture
async def servers() -> AsyncIterator[tuple[ModelServer, ModelServer]]:
    async with model_server(chat_text("Hello")) as cheap, model_server(message_text("Hello")) as strong:
        yield cheap, strong


def router_of(
    servers: tuple[ModelServer, ModelServer],
    connections: Connections,
    ledger: MemoryLedger | SqlLedger,
    budgets: str = "{}",
    spending: MemorySpending | SqlSpending | None = None,
) -> ModelRouter:
    text = SETTINGS.format(cheap=servers[0].url, strong=servers[1].url, budgets=budgets)
    return build_router(
        model_settings(text, {}),
        {"CHEAP_KEY": f" {SECRET}\n"},
        connections,
        ledger=ledger,
        spending=spending or MemorySpending(),
        clock=CLOCK,
    )


async def calls_of(ledger: MemoryLedger | SqlLedger) -> list[ModelCall]:
    return list(await ledger.calls(datetime.min.replace(year=2000, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)))


async def test_work_is_answered_by_its_tier_and_written_down_with_its_cost(
    servers: tuple[ModelServer, ModelServer], connections: Connections, database: Database
) -> None:
    ledger = SqlLedger(database)
    router = router_of(servers, connections, ledger)
    text, _ = await heard(router.model_for(REPLY))
    assert text == "Hello"
    assert servers[0].asked[0].headers["authorization"] == f"Bearer {SECRET}"
    (call,) = await calls_of(ledger)
    assert (call.tier, call.provider, call.model, call.answered_by) == ("fast", "cheap", "small", "m-1")
    assert (call.outcome, call.rung, call.task_class) == ("stop", 0, "support_reply")
    assert call.first_text_s is not None
    assert call.first_text_s <= call.total_s
    # 20 fresh, 100 cached, 40 written: 20 * 1 + 100 * 0.5 + 40 * 2 millionths of a dollar
    assert call.nanos == 150_000
    # 120 read, 40 written: 120 * 10 + 40 * 20
    assert call.power_nanos == 2_000_000


async def test_a_tier_that_is_down_is_stepped_in_for_and_the_ledger_says_which_rung_answered(
    connections: Connections,
) -> None:
    ledger = MemoryLedger()
    wrong_key = failure(401, {"message": "no"})
    async with model_server(wrong_key) as cheap, model_server(message_text("Hello")) as strong:
        router = router_of((cheap, strong), connections, ledger)
        for _ in range(4):
            assert (await heard(router.model_for(REPLY)))[0] == "Hello"
    calls = await calls_of(ledger)
    assert {(call.asked_tier, call.tier, call.provider, call.rung) for call in calls} == {
        ("fast", "power", "strong", 1)
    }
    assert len(cheap.asked) == 3, "the fourth did not wait for a model whose circuit is open"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(failure(429, {"message": "slow"}, retry_after="30"), id="asked to wait too long"),
        pytest.param(failure(529, {"message": "full"}, retry_after="30"), id="overloaded"),
        pytest.param(failure(401, {"message": "no"}), id="a wrong key"),
        pytest.param(Reply(ending="silent"), id="silence"),
        pytest.param(Reply(pieces=[b"data: {no json\n\n"]), id="no json"),
        pytest.param(Reply(ending="cut"), id="cut before the first text"),
    ],
)
async def test_whatever_one_model_does_wrong_the_next_answers(connections: Connections, fault: Reply) -> None:
    ledger = MemoryLedger()
    async with model_server(fault) as cheap, model_server(message_text("Hello")) as strong:
        text = SETTINGS.format(cheap=cheap.url, strong=strong.url, budgets="{}")
        settings = model_settings(text.replace("CHEAP_KEY}", "CHEAP_KEY, deadlines: {first_byte_s: 0.2}}"), {})
        environ = {"CHEAP_KEY": SECRET}
        router = build_router(settings, environ, connections, ledger=ledger, spending=MemorySpending(), clock=CLOCK)
        assert (await heard(router.model_for(REPLY)))[0] == "Hello"
    (call,) = await calls_of(ledger)
    assert (call.tier, call.rung) == ("power", 1)


async def test_where_every_tier_is_down_the_error_tells_of_each(connections: Connections) -> None:
    ledger = MemoryLedger()
    down = failure(404, {"message": "gone"})
    async with model_server(down) as cheap, model_server(down) as strong:
        with pytest.raises(Exception, match=r"cheap:small.*strong:large"):
            await heard(router_of((cheap, strong), connections, ledger).model_for(REPLY))
    (call,) = await calls_of(ledger)
    assert (call.outcome, call.error, call.usage, call.nanos) == ("failed", "Rejected", None, None)


async def test_work_whose_check_failed_goes_to_the_next_tier_and_no_further_than_the_last(
    servers: tuple[ModelServer, ModelServer], connections: Connections
) -> None:
    ledger = MemoryLedger()
    router = router_of(servers, connections, ledger)
    again = router.escalated(REPLY)
    assert again is not None
    assert router.tier_of(again) == "balanced"
    await heard(router.model_for(again))
    assert (await calls_of(ledger))[0].tier == "power", "no balanced model is set up, so the dearer one steps in"
    last = router.escalated(again)
    assert last is not None
    assert router.escalated(last) is None


async def test_budgets_of_turn_and_day_are_kept_over_calls_and_processes(
    servers: tuple[ModelServer, ModelServer], connections: Connections, database: Database
) -> None:
    ledger, spending = SqlLedger(database), SqlSpending(database)
    budgets = "{turn: {tokens: 200}, customer_day: {dollars: 0.0004}}"
    router = router_of(servers, connections, ledger, budgets, spending)
    turn = router.turn_budget()
    for _ in range(2):
        await heard(router.model_for(REPLY, turn=turn, payer="c1"))
    with pytest.raises(Refused) as refused:
        await heard(router.model_for(REPLY, turn=turn, payer="c1"))
    assert refused.value.rule == "budget.turn_tokens"
    again = router_of(servers, connections, ledger, budgets, SqlSpending(database))
    await heard(again.model_for(REPLY, payer="c1"))
    with pytest.raises(Refused) as refused:
        await heard(again.model_for(REPLY, payer="c1"))
    assert refused.value.rule == "budget.day_money"
    assert [call.outcome for call in await calls_of(ledger)].count("over_budget") == 2


async def test_a_call_that_is_left_or_cancelled_is_written_down_too(connections: Connections) -> None:
    ledger = MemoryLedger()
    silent = Reply(pieces=chat_text("Hel").pieces[:2], ending="silent")
    async with model_server(silent) as cheap, model_server(silent) as strong:
        router = router_of((cheap, strong), connections, ledger)
        async with aclosing(router.model_for(REPLY).stream(REQUEST)) as pieces:
            assert await anext(pieces) == TextDelta("Hel")
        began = asyncio.Event()

        async def listen() -> None:
            async for _ in router.model_for(REPLY).stream(REQUEST):
                began.set()

        task = asyncio.create_task(listen())
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    calls = await calls_of(ledger)
    assert [(call.outcome, call.is_estimated) for call in calls] == [("cancelled", True)] * 2


async def test_whoever_wants_to_hears_of_a_call_beside_the_ledger(
    servers: tuple[ModelServer, ModelServer], connections: Connections
) -> None:
    heard_of: list[ModelCall] = []

    async def hear(call: ModelCall) -> None:
        heard_of.append(call)

    await heard(router_of(servers, connections, MemoryLedger()).model_for(REPLY, hear=hear))
    assert [call.outcome for call in heard_of] == ["stop"]


class FullDisk(MemoryLedger):
    async def record(self, *calls: ModelCall) -> None:
        raise StorageError("the disk is full")


async def test_an_answer_is_given_though_it_cannot_be_written_down() -> None:
    model = ScriptedModel(["Hi"])
    rung = Rung(tier="fast", provider="p", model="m")
    books = Books(ledger=FullDisk(), spending=MemorySpending(), cost=lambda *_: None, clock=CLOCK)
    assert (await heard(ModelRouter({"fast": [(rung, model)]}, books).model_for(REPLY)))[0] == "Hi"


async def test_a_model_that_stands_in_two_tiers_is_asked_once() -> None:
    model = ScriptedModel([Unavailable("away")])
    books = Books(ledger=MemoryLedger(), spending=MemorySpending(), cost=lambda *_: None, clock=CLOCK)
    rungs = {tier: [(Rung(tier=tier, provider="p", model="m"), model)] for tier in ("fast", "power")}
    with pytest.raises(Unavailable, match="away"):
        await heard(ModelRouter(rungs, books).model_for(REPLY))  # type: ignore[arg-type]
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("settings", "environ", "remedy"),
    [
        ("tiers: {fast: ['openai:gpt-5-mini']}", {}, "set the environment variable OPENAI_API_KEY"),
        ("tiers: {fast: ['openai:gpt-5-mini']}", {"OPENAI_API_KEY": "sk-a b"}, "OPENAI_API_KEY cannot be a key"),
        ("tiers: {fast: ['openai:gpt-5-mini']}", {"OPENAI_API_KEY": "sk-ü"}, "OPENAI_API_KEY cannot be a key"),
        (
            "{tiers: {fast: ['ollama:llama3.2:3b']}, budgets: {turn: {dollars: 1}}}",
            {},
            "give each its price",
        ),
    ],
)
async def test_what_cannot_work_is_refused_at_the_start_with_the_remedy(
    connections: Connections, settings: str, environ: dict[str, str], remedy: str
) -> None:
    with pytest.raises(InvalidInput, match=remedy) as refused:
        build_router(
            model_settings(settings, {}),
            environ,
            connections,
            ledger=MemoryLedger(),
            spending=MemorySpending(),
            clock=CLOCK,
        )
    assert "sk-" not in str(refused.value)
