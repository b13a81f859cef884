"""What only the effects inside one process can show: native cancellation, and the bound on it."""

import asyncio

import pytest
from anyio import Event
from pydantic import JsonValue

from shopfloor.durable.contract import Effect
from shopfloor.durable.inline import REMEMBERED, InlineDurable

pytestmark = pytest.mark.anyio


async def nothing(_key: str) -> JsonValue:
    """Know nothing of any key."""
    return None


async def test_a_task_cancelled_by_asyncio_stays_until_its_effect_has_ended() -> None:
    begun, go_on, ended = Event(), Event(), Event()

    async def effect(key: str, _args: dict[str, JsonValue]) -> JsonValue:
        begun.set()
        await go_on.wait()
        ended.set()
        return key

    durable = InlineDurable({"effect": Effect(run=effect, look_up=nothing)})
    caller = asyncio.ensure_future(durable.run_once("k", "effect", {}))
    await begun.wait()
    caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()
    assert await durable.run_once("k", "effect", {}) == "k"


async def test_an_effect_without_end_is_given_up_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    begun, cancelled = Event(), Event()

    async def effect(_key: str, _args: dict[str, JsonValue]) -> JsonValue:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    durable = InlineDurable({"effect": Effect(run=effect, look_up=nothing)}, grace_s=0.01)
    caller = asyncio.ensure_future(durable.run_once("k", "effect", {}))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await cancelled.wait()
    assert "did not end" in caplog.text


async def test_an_effect_that_fails_after_its_caller_left_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    begun, go_on = Event(), Event()

    async def effect(_key: str, _args: dict[str, JsonValue]) -> JsonValue:
        begun.set()
        await go_on.wait()
        raise RuntimeError("the till is empty")

    caller = asyncio.ensure_future(
        InlineDurable({"effect": Effect(run=effect, look_up=nothing)}).run_once("k", "effect", {})
    )
    await begun.wait()
    caller.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert "the till is empty" in caplog.text


async def test_only_so_many_keys_are_remembered() -> None:
    runs: list[str] = []

    async def effect(key: str, _args: dict[str, JsonValue]) -> JsonValue:
        runs.append(key)
        return None

    durable = InlineDurable({"effect": Effect(run=effect, look_up=nothing)})
    for number in range(REMEMBERED + 1):
        await durable.run_once(f"{number}", "effect", {})
    await durable.run_once(f"{REMEMBERED}", "effect", {})
    assert len(runs) == REMEMBERED + 1
    await durable.run_once("0", "effect", {})
    assert len(runs) == REMEMBERED + 2
