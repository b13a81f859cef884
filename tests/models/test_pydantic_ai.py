"""Models behind pydantic-ai: the same contract, driven through its own test double, which stands in for a provider."""

from collections.abc import AsyncIterator, Callable

import pytest

pytest.importorskip("pydantic_ai", reason="it comes with the extra pydantic-ai")

from models.asking import REQUEST, heard
from models.test_output_schema import Plan
from pydantic_ai.exceptions import ModelAPIError, ModelAuthenticationError, ModelRateLimitError
from pydantic_ai.messages import ModelMessage as PaiMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import BadAnswer, RateLimited, Rejected, Unavailable, WorldError
from shopfloor.models.building import build_router
from shopfloor.models.connections import Connections
from shopfloor.models.contract import ModelMessage, ModelRequest, ToolRequest, ToolSpec
from shopfloor.models.ledger import MemoryLedger
from shopfloor.models.output_schema import output_schema
from shopfloor.models.pydantic_ai import PydanticAiModel
from shopfloor.models.settings import model_settings
from shopfloor.models.spending import MemorySpending

pytestmark = pytest.mark.anyio

Piece = str | DeltaToolCalls
Says = Callable[[list[PaiMessage], AgentInfo], AsyncIterator[Piece]]


def saying(*pieces: Piece, fails: Exception | None = None) -> PydanticAiModel:
    async def stream(_messages: list[PaiMessage], _info: AgentInfo) -> AsyncIterator[Piece]:
        for piece in pieces:
            yield piece
        if fails:
            raise fails

    return PydanticAiModel(FunctionModel(stream_function=stream), "other:m")


async def test_text_streams_and_ends_with_usage() -> None:
    text, end = await heard(saying("Hel", "lo"))
    assert (text, end.reason) == ("Hello", "stop")
    assert end.usage is not None
    assert end.usage.output_tokens > 0


async def test_tools_are_asked_for() -> None:
    call = {0: DeltaToolCall(name="get_order", json_args='{"n"', tool_call_id="c1")}
    _, end = await heard(saying("Let me see. ", call, {0: DeltaToolCall(json_args=": 1}")}))
    assert end.reason == "tool_calls"
    assert end.tool_requests == (ToolRequest(id="c1", name="get_order", arguments={"n": 1}),)


async def test_cut_arguments_are_a_bad_answer() -> None:
    with pytest.raises(BadAnswer):
        await heard(saying({0: DeltaToolCall(name="get_order", json_args='{"n', tool_call_id="c1")}))


async def test_history_tools_and_form_reach_the_provider() -> None:
    seen: list[tuple[list[PaiMessage], AgentInfo]] = []

    async def stream(messages: list[PaiMessage], info: AgentInfo) -> AsyncIterator[str]:
        seen.append((messages, info))
        yield "{}"

    request = ModelRequest(
        system="You help.",
        situation="It is Monday.",
        messages=(
            ModelMessage(role="user", content="Hi"),
            ModelMessage(
                role="assistant", content="So", tool_requests=(ToolRequest(id="c", name="one", arguments={}),)
            ),
            ModelMessage(role="tool", content="found", tool_request_id="c"),
            ModelMessage(role="system", content="Be brief."),
        ),
        tools=(ToolSpec(name="one", description="One.", parameters={"type": "object"}),),
        output=output_schema(Plan),
        max_output_tokens=9,
        temperature=0.1,
    )
    await heard(PydanticAiModel(FunctionModel(stream_function=stream), "other:m"), request)
    ((messages, info),) = seen
    parts = [part.part_kind for message in messages for part in message.parts]
    assert parts == ["system-prompt", "user-prompt", "text", "tool-call", "tool-return", "system-prompt"]
    assert [tool.name for tool in info.function_tools] == ["one"]
    assert info.model_settings is not None
    assert info.model_settings.get("max_tokens") == 9


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ModelRateLimitError(model_name="m", message="slow", retry_after=3), RateLimited),
        (ModelAPIError(model_name="m", message="away"), Unavailable),
        (ModelAuthenticationError(model_name="m", message="no key"), Rejected),
    ],
)
async def test_its_errors_are_ours(error: Exception, raised: type[WorldError]) -> None:
    with pytest.raises(raised) as caught:
        await heard(saying("Half", fails=error))
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after_s == 3


async def test_an_empty_answer_is_a_bad_one_and_an_unknown_model_is_rejected() -> None:
    with pytest.raises(BadAnswer):
        await heard(saying(""))
    with pytest.raises(Rejected, match="nowhere:m"):
        await heard(PydanticAiModel("nowhere:m", "nowhere:m"), REQUEST)


async def test_its_connections_are_closed_with_the_others_and_open_again() -> None:
    connections = Connections()
    model = saying("Hi")
    connections.also_close(model.close)
    for _ in range(2):
        assert (await heard(model))[0] == "Hi"
        await connections.close()


async def test_a_provider_of_that_format_is_set_up_by_the_settings(connections: Connections) -> None:
    settings = model_settings("{tiers: {fast: ['test:test']}, providers: {test: {format: pydantic-ai}}}", {})
    router = build_router(
        settings, {}, connections, ledger=MemoryLedger(), spending=MemorySpending(), clock=SystemClock()
    )
    assert router
