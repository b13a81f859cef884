"""The wrappers around a model: another model, another try, the circuit, deadlines and limits."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest
from models.asking import REQUEST, heard, pieces_of
from pydantic import BaseModel

from shopfloor.kernel.errors import BadAnswer, RateLimited, Refused, Rejected, Unavailable, WorldError
from shopfloor.models.breaker import Breaker, Circuit
from shopfloor.models.contract import Finished, Model, ModelRequest, Piece, TextDelta
from shopfloor.models.deadline import Patience, WithDeadline
from shopfloor.models.fallback import Fallback
from shopfloor.models.limits import Limited, ProviderLimit
from shopfloor.models.output_schema import output_schema
from shopfloor.models.retry import Retrying
from shopfloor.models.scripted import ScriptedModel

pytestmark = pytest.mark.anyio


class Form(BaseModel):
    agent: str


IN_A_FORM = ModelRequest(system="", messages=(), output=output_schema(Form))
AWAY = Unavailable("away")


class Breaking:
    """A model that says something and breaks off, and is well after so many times."""

    def __init__(self, times: int = 1, error: WorldError = AWAY) -> None:
        self.times = times
        self.error = error
        self.asked = 0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        self.asked += 1
        yield TextDelta("Once ")
        if self.asked <= self.times:
            raise self.error
        yield TextDelta("upon")
        yield Finished(reason="stop")


class Waiting:
    """A model that says something and is silent until it is released."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.began = asyncio.Event()
        self.closed = 0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        try:
            yield TextDelta("a")
            self.began.set()
            await self.release.wait()
            yield Finished(reason="stop")
        finally:
            self.closed += 1


class Naps:
    """A clock and a sleep that takes no time but on it."""

    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def naps() -> Naps:
    return Naps()


def retrying(model: Model, naps: Naps, *, chance: float = 1.0, **limits: float) -> Retrying:
    return Retrying(model, sleep=naps.sleep, now=naps.now, chance=lambda: chance, **limits)  # type: ignore[arg-type]


async def test_the_next_model_answers_where_the_first_does_not() -> None:
    ladder = Fallback([ScriptedModel([AWAY]), ScriptedModel([Rejected("no key")]), ScriptedModel(["Hi"], name="third")])
    text, end = await heard(ladder)
    assert (text, end.model, end.rung) == ("Hi", "third", 2)


async def test_ladders_within_ladders_count_their_rungs() -> None:
    inner = Fallback([ScriptedModel([AWAY]), ScriptedModel(["Hi"])])
    assert (await heard(Fallback([ScriptedModel([AWAY]), inner])))[1].rung == 2


async def test_after_the_first_text_no_other_model_says_it_again() -> None:
    second = ScriptedModel(["Once more"])
    model = Fallback([Breaking(), second])
    said: list[Piece] = []
    with pytest.raises(Unavailable, match="away"):  # noqa: PT012
        async for piece in model.stream(REQUEST):
            said.append(piece)  # noqa: PERF401  (what came before the error matters)
    assert said == [TextDelta("Once ")]
    assert second.requests == []


async def test_another_model_is_spoken_of_only_where_there_is_one(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unavailable):
        await heard(Fallback([ScriptedModel([AWAY])]))
    assert caplog.messages == []
    await heard(Fallback([ScriptedModel([AWAY]), ScriptedModel(["Hi"])]))
    assert caplog.messages == ["asking another model: away"]


@pytest.mark.parametrize("wrap", [retrying, lambda m, _: Fallback([m, m])])
async def test_an_answer_in_a_form_is_asked_for_again_to_its_end(wrap: Callable[..., Model], naps: Naps) -> None:
    model = wrap(Breaking(), naps)
    text, *rest = await pieces_of(model, IN_A_FORM)
    assert text == TextDelta("Once upon")
    assert len(rest) == 1


async def test_where_no_model_answers_the_error_tells_of_each_and_when_to_come_back() -> None:
    failures = [Unavailable("a is away"), RateLimited("b is busy", retry_after_s=9), Rejected("c wants a key")]
    with pytest.raises(Unavailable, match="a is away; b is busy; c wants a key") as caught:
        await heard(Fallback([ScriptedModel([failure]) for failure in failures]))
    assert caught.value.retry_after_s == 9
    with pytest.raises(Rejected) as rejected:
        await heard(Fallback([ScriptedModel([Rejected("x", is_lasting=True)]) for _ in range(2)]))
    assert rejected.value.is_lasting


async def test_a_budget_that_is_used_up_is_no_reason_to_ask_another_model() -> None:
    second = ScriptedModel(["Hi"])
    with pytest.raises(Refused):
        await heard(Fallback([ScriptedModel([Refused("budget.turn_tokens", "used up")]), second]))
    assert second.requests == []


async def test_a_failure_that_may_pass_is_tried_again_after_a_random_wait_that_doubles(naps: Naps) -> None:
    model = ScriptedModel([AWAY, BadAnswer("nonsense"), "Hi"])
    assert (await heard(retrying(model, naps)))[0] == "Hi"
    assert naps.slept == [0.5, 1.0]
    naps.slept.clear()
    await heard(retrying(ScriptedModel([AWAY, AWAY, "Hi"]), naps, chance=0.1))
    assert naps.slept == pytest.approx([0.05, 0.1])


async def test_a_provider_that_says_when_to_come_back_is_not_asked_earlier(naps: Naps) -> None:
    model = ScriptedModel([RateLimited("busy", retry_after_s=3), "Hi"])
    await heard(retrying(model, naps, chance=0.2))
    assert naps.slept == pytest.approx([3.1])


async def test_a_wait_that_would_be_too_long_is_not_waited(naps: Naps) -> None:
    model = ScriptedModel([RateLimited("busy", retry_after_s=30), "Hi"])
    with pytest.raises(RateLimited):
        await heard(retrying(model, naps))
    assert naps.slept == []


async def test_tries_end(naps: Naps) -> None:
    model = ScriptedModel([AWAY] * 9)
    with pytest.raises(Unavailable):
        await heard(retrying(model, naps, attempts=4))
    assert len(model.requests) == 4


@pytest.mark.parametrize("error", [Rejected("no"), Refused("r", "no"), RuntimeError("a slip of ours")])
async def test_what_would_not_pass_is_not_tried_again(naps: Naps, error: Exception) -> None:
    model = ScriptedModel([error, "Hi"])
    with pytest.raises(type(error)):
        await heard(retrying(model, naps))
    assert naps.slept == []


async def test_text_that_was_given_out_is_not_asked_for_again(naps: Naps) -> None:
    model = Breaking()
    with pytest.raises(Unavailable):
        await heard(retrying(model, naps))
    assert model.asked == 1


async def tripped(script: ScriptedModel, circuit: Circuit) -> Breaker:
    breaker = Breaker(script, circuit, "p:m")
    for _ in range(3):
        with pytest.raises(Unavailable):
            await heard(breaker)
    return breaker


async def test_a_model_that_failed_three_times_is_left_alone_and_then_probed(naps: Naps) -> None:
    circuit = Circuit(cool_down_s=15, now=naps.now)
    script = ScriptedModel([AWAY, AWAY, AWAY, "well", "well"])
    breaker = await tripped(script, circuit)
    assert circuit.state == "open"
    with pytest.raises(Unavailable, match="p:m: it has failed several times") as caught:
        await heard(breaker)
    assert caught.value.retry_after_s == 15
    assert len(script.requests) == 3
    naps.at += 15
    assert circuit.state == "half_open"
    assert (await heard(breaker))[0] == "well"
    assert circuit.state == "closed"
    assert (await heard(breaker))[0] == "well"


async def test_a_probe_that_fails_leaves_it_alone_twice_as_long(naps: Naps) -> None:
    circuit = Circuit(cool_down_s=15, now=naps.now)
    breaker = await tripped(ScriptedModel([AWAY] * 4), circuit)
    naps.at += 15
    with pytest.raises(Unavailable, match="away"):
        await heard(breaker)
    naps.at += 29
    assert circuit.state == "open"
    naps.at += 1
    assert circuit.state == "half_open"


async def test_one_probe_is_made_at_a_time_and_one_that_is_given_up_lets_another_in(naps: Naps) -> None:
    circuit = Circuit(now=naps.now)
    await tripped(ScriptedModel([AWAY] * 3), circuit)
    naps.at += 60
    probe = Waiting()
    stream = Breaker(probe, circuit, "p:m").stream(REQUEST)
    await anext(stream)
    with pytest.raises(Unavailable, match="left alone"):
        await heard(Breaker(ScriptedModel(["Hi"]), circuit, "p:m"))
    await stream.aclose()
    assert (await heard(Breaker(ScriptedModel(["Hi"]), circuit, "p:m")))[0] == "Hi"
    assert circuit.state == "closed"


async def test_success_between_failures_keeps_a_circuit_closed(naps: Naps) -> None:
    circuit = Circuit(now=naps.now)
    breaker = Breaker(ScriptedModel([AWAY, AWAY, "well", AWAY, AWAY]), circuit, "p:m")
    for _ in range(5):
        try:
            await heard(breaker)
        except Unavailable:
            continue
    assert circuit.state == "closed"


@pytest.mark.parametrize(("is_lasting", "state"), [(True, "open"), (False, "closed")])
async def test_a_wrong_key_opens_a_circuit_and_a_wrong_request_does_not(
    naps: Naps, is_lasting: bool, state: str
) -> None:
    circuit = Circuit(now=naps.now)
    breaker = Breaker(ScriptedModel([Rejected("no", is_lasting=is_lasting)] * 3), circuit, "p:m")
    for _ in range(3):
        with pytest.raises(Rejected):
            await heard(breaker)
    assert circuit.state == state


async def test_a_circuit_stays_open_as_long_as_the_provider_asked(naps: Naps) -> None:
    circuit = Circuit(now=naps.now)
    await tripped(ScriptedModel([RateLimited("busy", retry_after_s=40)] * 3), circuit)
    naps.at += 39
    assert circuit.state == "open"


async def test_a_deadline_ends_a_call_that_waits_and_closes_it() -> None:
    model = Waiting()
    said: list[Piece] = []
    with pytest.raises(Unavailable, match=r"within 0\.05 s"):  # noqa: PT012
        async for piece in WithDeadline(model, 0.05).stream(REQUEST):
            said.append(piece)  # noqa: PERF401  (what came before the error matters)
    assert said == [TextDelta("a")]
    assert model.closed == 1


async def test_who_is_cancelled_while_waiting_is_cancelled_and_not_late() -> None:
    model = Waiting()
    caller = asyncio.create_task(heard(WithDeadline(model, 60)))
    await model.began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert caller.cancelled()
    assert model.closed == 1


async def test_a_deadline_holds_whichever_task_waits_and_though_a_timer_rang_between_two_waits() -> None:
    model = Waiting()
    async with aclosing(WithDeadline(model, 0.05).stream(REQUEST)) as pieces:
        assert await asyncio.create_task(anext(pieces)) == TextDelta("a")  # type: ignore[arg-type]
        await asyncio.sleep(0.06)
        with pytest.raises(Unavailable, match=r"within 0\.05 s"):
            await asyncio.create_task(anext(pieces))  # type: ignore[arg-type]
    assert model.closed == 1


async def test_each_wait_has_its_own_time_within_the_whole() -> None:
    loop = asyncio.get_running_loop()
    patience = Patience(loop.time() + 60, each_s=60)
    with patience:
        await asyncio.sleep(0)
    patience.each_s = 0.4
    for _ in range(3):
        with patience:
            await asyncio.sleep(0.15)
    with pytest.raises(TimeoutError), patience:
        await asyncio.sleep(60)
    assert not patience.is_used_up
    patience.close()
    with pytest.raises(TimeoutError), Patience(loop.time()):
        pytest.fail("it is too late")


async def test_an_answer_within_its_deadline_is_whole() -> None:
    assert (await heard(WithDeadline(ScriptedModel(["all of it"]), 60)))[0] == "all of it"


async def test_so_many_calls_run_at_once_and_the_next_waits_for_its_turn() -> None:
    limit = ProviderLimit("p", at_once=2)
    busy = [Waiting(), Waiting()]
    streams = [Limited(model, limit).stream(REQUEST) for model in busy]
    for stream in streams:
        await anext(stream)
    third = asyncio.create_task(heard(Limited(ScriptedModel(["Hi"]), limit)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not third.done()
    await streams[0].aclose()
    assert (await third)[0] == "Hi"
    await streams[1].aclose()


async def test_a_turn_that_does_not_come_is_a_limit_that_was_reached() -> None:
    limit = ProviderLimit("p", at_once=1, patience_s=0.02)
    stream = Limited(Waiting(), limit).stream(REQUEST)
    await anext(stream)
    with pytest.raises(RateLimited, match="p: too many calls"):
        await heard(Limited(ScriptedModel(["Hi"]), limit))
    await stream.aclose()
    assert (await heard(Limited(ScriptedModel(["Hi"]), limit)))[0] == "Hi"


async def test_a_waiter_that_is_cancelled_takes_no_place() -> None:
    limit = ProviderLimit("p", at_once=1)
    stream = Limited(Waiting(), limit).stream(REQUEST)
    await anext(stream)
    waiter = asyncio.create_task(heard(Limited(ScriptedModel(["Hi"]), limit)))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await stream.aclose()
    assert (await heard(Limited(ScriptedModel(["Hi"]), limit)))[0] == "Hi"


async def test_calls_of_a_minute_are_spread_after_a_first_burst(naps: Naps) -> None:
    limit = ProviderLimit("p", per_minute=60, sleep=naps.sleep, now=naps.now)
    naps.at += 60  # after a pause
    model = Limited(ScriptedModel(lambda _: "Hi"), limit)
    for _ in range(11):
        await heard(model)
    assert naps.slept == []
    await heard(model)
    assert naps.slept == [pytest.approx(1.0)]


async def test_a_minutes_calls_that_are_used_up_are_a_limit_that_was_reached(naps: Naps) -> None:
    limit = ProviderLimit("p", per_minute=1, sleep=naps.sleep, now=naps.now)
    model = Limited(ScriptedModel(lambda _: "Hi"), limit)
    await heard(model)
    with pytest.raises(RateLimited, match="used up") as caught:
        await heard(model)
    assert caught.value.retry_after_s == pytest.approx(60)


async def test_a_listener_who_leaves_closes_every_wrapper(naps: Naps) -> None:
    inner = Waiting()
    limit = ProviderLimit("p", at_once=1)
    model = WithDeadline(Fallback([Limited(Breaker(retrying(inner, naps), Circuit(), "p:m"), limit)]), 60)
    async with aclosing(model.stream(REQUEST)) as pieces:
        await anext(pieces)
    assert inner.closed == 1
