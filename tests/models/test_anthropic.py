"""The client of Anthropic's Messages, against a server on this machine that speaks it."""

import pytest
from models.asking import REQUEST, heard, messages_client, pieces_of
from models.model_server import (
    Reply,
    failure,
    message_end,
    message_event,
    message_start,
    message_text,
    model_server,
    text_block,
    tool_block,
)
from pydantic import BaseModel

from shopfloor.kernel.errors import BadAnswer, RateLimited, Rejected, Unavailable, WorldError
from shopfloor.models.connections import Connections
from shopfloor.models.contract import Finished, ModelMessage, ModelRequest, TextDelta, ToolRequest, ToolSpec, Usage
from shopfloor.models.output_schema import output_schema

pytestmark = pytest.mark.anyio

TOOL = ToolSpec(name="get_order", description="Read an order.", parameters={"type": "object"})


async def test_text_streams_as_it_is_made_and_the_end_tells_usage_and_model(connections: Connections) -> None:
    async with model_server(message_text("Hel", "lo ", "you")) as server:
        pieces = await pieces_of(messages_client(server.url, connections))
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == "Hello you"
    usage = Usage(input_tokens=120, output_tokens=40, cached_tokens=70, cache_write_tokens=30)
    assert pieces[-1] == Finished(reason="stop", usage=usage, model="claude-1")


async def test_a_request_is_sent_as_the_format_wants_it(connections: Connections) -> None:
    asks = (
        ToolRequest(id="c1", name="get_order", arguments={"order_number": "141"}),
        ToolRequest(id="c2", name="get_order", arguments={"order_number": "142"}),
    )
    request = ModelRequest(
        system="You help.",
        situation="It is Monday.",
        messages=(
            ModelMessage(role="assistant", content="Hello, I am Sam."),
            ModelMessage(role="user", content="Where is 141?"),
            ModelMessage(role="system", content="Handle this."),
            ModelMessage(role="assistant", content=" ", tool_requests=asks),
            ModelMessage(role="system", content="[System Note] Be brief."),
            ModelMessage(role="tool", content="found", tool_request_id="c1"),
            ModelMessage(role="tool", content="", tool_request_id="c2"),
        ),
        tools=(TOOL,),
        max_output_tokens=300,
        temperature=0.2,
        cache_key="orders-3",
    )
    async with model_server(message_text("ok")) as server:
        await pieces_of(messages_client(server.url, connections), request)
    (asked,) = server.asked
    assert asked.path == "/v1/messages"
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.headers["x-api-key"].startswith("sk-")
    assert asked.body == {
        "model": "claude-1",
        "max_tokens": 300,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "[System Note] The conversation begins with a message of ours."},
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "Hello, I am Sam."}]},
            {"role": "user", "content": [{"type": "text", "text": "Where is 141?\n\n[System Note] Handle this."}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "c1", "name": "get_order", "input": {"order_number": "141"}},
                    {"type": "tool_use", "id": "c2", "name": "get_order", "input": {"order_number": "142"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": "found"},
                    {"type": "tool_result", "tool_use_id": "c2", "content": ""},
                    {"type": "text", "text": "[System Note] Be brief."},
                ],
            },
        ],
        "stream": True,
        "system": [
            {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "It is Monday."},
        ],
        "tools": [{"name": "get_order", "description": "Read an order.", "input_schema": {"type": "object"}}],
        "temperature": 0.2,
    }


async def test_without_a_system_prompt_the_tools_carry_the_mark_of_the_cache(connections: Connections) -> None:
    request = ModelRequest(system="", messages=REQUEST.messages, tools=(TOOL,), cache_key="k")
    async with model_server(message_text("ok")) as server:
        await heard(messages_client(server.url, connections), request)
    body = server.asked[0].body
    assert body["tools"][0]["cache_control"] == {"type": "ephemeral"}
    assert "system" not in body


class Choice(BaseModel):
    agent: str


async def test_an_answer_in_a_form_is_asked_for_by_its_schema(connections: Connections) -> None:
    request = ModelRequest(system="Plan.", messages=REQUEST.messages, output=output_schema(Choice))
    async with model_server(message_text('{"agent"', ': "orders"}')) as server:
        text, _ = await heard(messages_client(server.url, connections), request)
    assert Choice.model_validate_json(text) == Choice(agent="orders")
    sent = server.asked[0].body["output_config"]["format"]
    assert (sent["type"], sent["schema"]["required"]) == ("json_schema", ["agent"])


async def test_tool_requests_are_put_together_from_their_parts(connections: Connections) -> None:
    pieces = [
        message_start(),
        message_event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        message_event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"}),
        message_event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "x"}),
        *text_block("Let me see. ", index=1),
        *tool_block("get_order", "", '{"n"', ": 1}", index=2),
        *tool_block("search", "", index=3, tool_id="toolu_2"),
        message_event("something_new", index=4),
        *message_end("tool_use"),
    ]
    async with model_server(Reply(pieces=pieces)) as server:
        text, end = await heard(messages_client(server.url, connections))
    assert (text, end.reason) == ("Let me see. ", "tool_calls")
    assert end.tool_requests == (
        ToolRequest(id="toolu_1", name="get_order", arguments={"n": 1}),
        ToolRequest(id="toolu_2", name="search", arguments={}),
    )


@pytest.mark.parametrize(
    ("pieces", "reason", "refusal"),
    [
        ([*text_block("Half"), *message_end("max_tokens")], "length", ""),
        ([*text_block("Half"), *message_end("model_context_window_exceeded")], "length", ""),
        ([*tool_block("get_order", '{"n'), *message_end("max_tokens")], "length", ""),
        (
            [*message_end("refusal", stop_details={"type": "refusal", "explanation": "Not this."})],
            "refusal",
            "Not this.",
        ),
        ([*text_block("So"), *message_end("some_new_reason")], "stop", ""),
        ([*text_block("So"), *message_end("stop_sequence")], "stop", ""),
    ],
)
async def test_a_cut_or_refused_answer_is_an_answer(
    connections: Connections, pieces: list[bytes], reason: str, refusal: str
) -> None:
    async with model_server(Reply(pieces=[message_start(), *pieces])) as server:
        _, end = await heard(messages_client(server.url, connections))
    assert (end.reason, end.refusal, end.tool_requests) == (reason, refusal, ())


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("overloaded_error", Unavailable),
        ("api_error", Unavailable),
        ("rate_limit_error", RateLimited),
        ("invalid_request_error", Rejected),
        ("something_new", Unavailable),
    ],
)
async def test_an_error_in_the_stream_is_what_it_would_have_been_before_it(
    connections: Connections, kind: str, raised: type[WorldError]
) -> None:
    broken = message_event("error", error={"type": kind, "message": "Sorry"})
    async with model_server(Reply(pieces=[message_start(), *text_block("Half")[:3], broken])) as server:
        with pytest.raises(raised) as caught:
            await heard(messages_client(server.url, connections))
    assert type(caught.value) is raised


@pytest.mark.parametrize(
    "pieces",
    [
        message_end("end_turn"),
        [*tool_block("get_order", '{"n": '), *message_end("tool_use")],
        [*tool_block("", "{}"), *message_end("tool_use")],
        [*text_block("Half")],
        [*text_block("Half"), *message_end(None)],
    ],
)
async def test_an_answer_without_sense_or_end_is_not_taken_for_one(
    connections: Connections, pieces: list[bytes]
) -> None:
    async with model_server(Reply(pieces=[message_start(), *pieces])) as server:
        with pytest.raises((BadAnswer, Unavailable)):
            await heard(messages_client(server.url, connections))


async def test_a_temperature_that_a_model_does_not_take_is_left_out(connections: Connections) -> None:
    wrong = failure(400, {"type": "invalid_request_error", "message": "temperature is not supported on this model"})
    request = ModelRequest(system="", messages=REQUEST.messages, temperature=0.0)
    async with model_server(wrong, message_text("ok")) as server:
        assert (await heard(messages_client(server.url, connections), request))[0] == "ok"
    assert "temperature" not in server.asked[1].body


async def test_usage_is_unknown_where_it_is_not_told(connections: Connections) -> None:
    end = message_event("message_delta", delta={"stop_reason": "end_turn"})
    async with model_server(Reply(pieces=[*text_block("A"), end, message_event("message_stop")])) as server:
        assert (await heard(messages_client(server.url, connections)))[1].usage is None
