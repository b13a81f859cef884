"""Whatever a model's server does, over either wire format, the customer is answered; the journal says by whom."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from demo_app import MAYA, NOW, begin, demo_app, say
from models.asking import SECRET
from models.model_server import (
    Reply,
    chat_chunk,
    chat_text,
    event,
    failure,
    message_end,
    message_start,
    message_text,
    model_server,
    text_block,
    tool_block,
)

from shopfloor.journal.events import ModelCalled
from shopfloor.kernel.clock import FixedClock
from shopfloor.models.building import build_router
from shopfloor.models.connections import Connections
from shopfloor.models.ledger import MemoryLedger
from shopfloor.models.router import ModelRouter
from shopfloor.models.settings import model_settings
from shopfloor.models.spending import MemorySpending

pytestmark = pytest.mark.anyio

DEADLINE_S = 8.0
QUESTION = "Where is my order #123?"
PLAYBOOKS = "it shipped yesterday with UPS"
SETTINGS = """
providers:
  here:
    format: {form}
    base_url: "{url}"
    key_variable: KEY
    deadlines: {{first_byte_s: 0.5, between_s: 0.5, whole_s: 2}}
tiers:
  fast: [{{provider: here, model: small, price: {{input: 1, output: 2}}}}]
call_s: 3
"""
CALL = {"index": 0, "id": "call_1", "type": "function"}


def chat_call(name: str, arguments: str) -> Reply:
    called = {**CALL, "function": {"name": name, "arguments": arguments}}
    pieces = [chat_chunk({"role": "assistant", "tool_calls": [called]}), chat_chunk({}, "tool_calls"), event("[DONE]")]
    return Reply(pieces=pieces)


def message_call(name: str, arguments: str) -> Reply:
    return Reply(pieces=[message_start(), *tool_block(name, arguments), *message_end("tool_use")])


HALF_CHAT = [chat_chunk({"role": "assistant", "content": "Your order"})]
HALF_MESSAGE = [message_start(), *text_block("Your order")[:-1]]
HUGE = "word " * 2_000_000
FAULTS: dict[str, tuple[Sequence[Reply], Sequence[Reply]]] = {
    "429 with Retry-After": ([failure(429, {"message": "slow"}, retry_after="1")],) * 2,
    "429 without": ([failure(429, {"message": "slow"})],) * 2,
    "500": ([failure(500, {"message": "oops"})],) * 2,
    "529": ([failure(529, {"type": "overloaded_error", "message": "busy"})],) * 2,
    "cut stream": ([Reply(pieces=HALF_CHAT, ending="cut")], [Reply(pieces=HALF_MESSAGE, ending="cut")]),
    "malformed events": ([Reply(pieces=[b"dat: {\n\n", b"\xff\xfe\n\n"])],) * 2,
    "malformed JSON": ([Reply(pieces=[event('{"choices": [')])],) * 2,
    "truncated arguments": ([chat_call("get_order", '{"order_nu')], [message_call("get_order", '{"order_nu')]),
    "unknown tool": ([chat_call("rm", "{}")], [message_call("rm", "{}")]),
    "refusal": (
        [Reply(pieces=[chat_chunk({"refusal": "I will not."}), chat_chunk({}, "stop"), event("[DONE]")])],
        [Reply(pieces=[message_start(), *message_end("refusal")])],
    ),
    "length": ([chat_text("Your", " order", reason="length")], [message_text("Your", " order", reason="max_tokens")]),
    "silence": ([Reply(ending="silent")],) * 2,
    "silence after some text": (
        [Reply(pieces=HALF_CHAT, ending="silent")],
        [Reply(pieces=HALF_MESSAGE, ending="silent")],
    ),
}


@asynccontextmanager
async def routed(form: str, url: str) -> AsyncIterator[ModelRouter]:
    connections = Connections()
    try:
        yield build_router(
            model_settings(SETTINGS.format(form=form, url=url), {}),
            {"KEY": SECRET},
            connections,
            ledger=MemoryLedger(),
            spending=MemorySpending(),
            clock=FixedClock(NOW),
        )
    finally:
        await connections.close()


async def answered(form: str, url: str) -> tuple[str, list[ModelCalled], float]:
    """Return the reply to one question, the calls that the journal holds, and the seconds that it took."""
    async with routed(form, url) as models:
        app = await demo_app(models=models)
        await say(app, await begin(app), "hello")  # which fits the planner
        conversation = await begin(app, MAYA)
        began = time.monotonic()
        reply = await say(app, conversation, QUESTION)
        took = time.monotonic() - began
        events = (await app.chat.state(conversation)).events
    return reply, [event.data for event in events if isinstance(event.data, ModelCalled)], took


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("form", ["openai", "anthropic"])
async def test_the_customer_gets_a_useful_answer_in_time(form: str, fault: str) -> None:
    async with model_server(*FAULTS[fault][form == "anthropic"]) as server:
        reply, calls, took = await answered(form, server.url)
    assert PLAYBOOKS in reply
    assert SECRET not in reply
    assert calls
    assert all(call.provider == "here" for call in calls)
    assert took < DEADLINE_S * 2  # a plan and an answer, each within its deadline


@pytest.mark.parametrize("form", ["openai", "anthropic"])
async def test_a_server_that_is_not_there(form: str) -> None:
    async with model_server(chat_text("x")) as server:
        url = server.url
    reply, calls, _ = await answered(form, url)
    assert PLAYBOOKS in reply
    assert {call.outcome for call in calls} == {"failed"}


@pytest.mark.parametrize(("form", "answer"), [("openai", chat_text), ("anthropic", message_text)])
async def test_ten_megabytes_of_text_end_somewhere(form: str, answer: type) -> None:
    async with model_server(answer(HUGE)) as server:
        reply, _, _ = await answered(form, server.url)
    assert PLAYBOOKS in reply
    assert len(reply) < 100_000


@pytest.mark.parametrize(("form", "answer"), [("openai", chat_text), ("anthropic", message_text)])
async def test_a_server_that_is_well_answers_by_itself(form: str, answer: type) -> None:
    async with model_server(answer("Your order", " is under", " way.")) as server:
        reply, calls, _ = await answered(form, server.url)
    assert reply == "Your order is under way."
    assert calls[-1].outcome == "stop"
    assert calls[-1].input_tokens
