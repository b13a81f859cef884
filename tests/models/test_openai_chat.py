"""The client of Chat Completions, against a server on this machine that speaks it, with all known deviations."""

import asyncio
from typing import Any

import pytest
from models.asking import REQUEST, chat_client, heard, pieces_of
from models.model_server import Reply, chat_chunk, chat_pieces, chat_text, event, failure, model_server
from pydantic import BaseModel

from shopfloor.kernel.errors import BadAnswer, Rejected, Unavailable
from shopfloor.models.connections import Connections
from shopfloor.models.contract import (
    Finished,
    ModelMessage,
    ModelRequest,
    TextDelta,
    ToolRequest,
    ToolSpec,
    Usage,
)
from shopfloor.models.output_schema import output_schema

pytestmark = pytest.mark.anyio

TOOL = ToolSpec(name="get_order", description="Read an order.", parameters={"type": "object"})


def calls(*deltas: dict[str, Any], reason: str | None = "tool_calls", done: bool = True) -> Reply:
    chunks = [chat_chunk({"tool_calls": [delta]}) for delta in deltas]
    return Reply(pieces=[*chunks, chat_chunk({}, reason), *([event("[DONE]")] if done else [])])


async def test_text_streams_as_it_is_made_and_the_end_tells_usage_and_model(connections: Connections) -> None:
    async with model_server(chat_text("Hel", "lo ", "you")) as server:
        pieces = await pieces_of(chat_client(server.url, connections))
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == "Hello you"
    assert pieces[-1] == Finished(
        reason="stop", usage=Usage(input_tokens=120, output_tokens=40, cached_tokens=100), model="m-1"
    )


async def test_a_request_is_sent_as_the_format_wants_it(connections: Connections) -> None:
    request = ModelRequest(
        system="You help.",
        situation="It is Monday.",
        messages=(
            ModelMessage(role="user", content="Where is 141?"),
            ModelMessage(
                role="assistant",
                content="",
                tool_requests=(ToolRequest(id="c1", name="get_order", arguments={"order_number": "141"}),),
            ),
            ModelMessage(role="tool", content='{"outcome": "found"}', tool_request_id="c1"),
        ),
        tools=(TOOL,),
        max_output_tokens=300,
        temperature=0.2,
        cache_key="orders-3",
    )
    async with model_server(chat_text("ok")) as server:
        client = chat_client(
            server.url, connections, takes_cache_key=True, extra={"reasoning_effort": "low"}, omit=frozenset()
        )
        await pieces_of(client, request)
    (asked,) = server.asked
    assert asked.path == "/chat/completions"
    assert asked.headers["authorization"].startswith("Bearer sk-")
    assert asked.body == {
        "model": "gpt-1",
        "messages": [
            {"role": "system", "content": "You help.\n\nIt is Monday."},
            {"role": "user", "content": "Where is 141?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "get_order", "arguments": '{"order_number": "141"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": '{"outcome": "found"}'},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [
            {
                "type": "function",
                "function": {"name": "get_order", "description": "Read an order.", "parameters": {"type": "object"}},
            }
        ],
        "max_tokens": 300,
        "temperature": 0.2,
        "prompt_cache_key": "orders-3",
        "reasoning_effort": "low",
    }


class Choice(BaseModel):
    agent: str


async def test_an_answer_in_a_form_is_asked_for_by_its_schema_and_told_where_a_server_has_none(
    connections: Connections,
) -> None:
    request = ModelRequest(system="Plan.", messages=REQUEST.messages, output=output_schema(Choice))
    async with model_server(chat_text('{"agent"', ': "orders"}')) as server:
        text, _ = await heard(chat_client(server.url, connections), request)
        await heard(chat_client(server.url, connections, has_schemas=False), request)
    assert Choice.model_validate_json(text) == Choice(agent="orders")
    strict, told = server.asked
    sent = strict.body["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"], sent["schema"]["additionalProperties"]) == ("Choice", True, False)
    assert told.body["response_format"] == {"type": "json_object"}
    assert '"additionalProperties":false' in told.body["messages"][0]["content"]


async def test_notes_in_the_history_are_the_users_where_a_template_would_refuse_them(connections: Connections) -> None:
    history = (
        ModelMessage(role="user", content="Hi"),
        ModelMessage(role="system", content="[System Note] By another."),
        ModelMessage(role="system", content="Handle this."),
    )
    request = ModelRequest(system="S", messages=history)
    async with model_server(chat_text("ok")) as server:
        await heard(chat_client(server.url, connections), request)
        await heard(chat_client(server.url, connections, has_system_notes=True), request)
    plain, official = (asked.body["messages"][1:] for asked in server.asked)
    assert plain == [
        {"role": "user", "content": "Hi\n\n[System Note] By another.\n\n[System Note] Handle this."},
    ]
    assert [message["role"] for message in official] == ["user", "system", "system"]


@pytest.mark.parametrize(
    ("reply", "requests"),
    [
        pytest.param(
            calls(
                {
                    "index": 0,
                    "id": "a",
                    "type": "function",
                    "function": {"name": "get_order", "arguments": ""},
                },
                {"index": 0, "function": {"arguments": '{"n"'}},
                {"index": 1, "id": "b", "function": {"name": "search", "arguments": '{"q": "x"}'}},
                {"index": 0, "function": {"arguments": ": 1}"}},
            ),
            [("a", "get_order", {"n": 1}), ("b", "search", {"q": "x"})],
            id="two, in parts that alternate",
        ),
        pytest.param(
            calls(
                {"id": "a", "function": {"name": "get_order", "arguments": '{"n": '}},
                {"function": {"arguments": "1}"}},
                {"id": "b", "function": {"name": "search", "arguments": "{}"}},
            ),
            [("a", "get_order", {"n": 1}), ("b", "search", {})],
            id="without places",
        ),
        pytest.param(
            calls(
                {"index": 0, "id": "a", "function": {"name": "get_order", "arguments": '{"n": 1}'}},
                {"index": 0, "id": "b", "function": {"name": "search", "arguments": '{"n": 2}'}},
            ),
            [("a", "get_order", {"n": 1}), ("b", "search", {"n": 2})],
            id="all at place 0",
        ),
        pytest.param(
            calls({"index": 0, "id": "a", "function": {"name": "get_order", "arguments": {"n": 1}}}, reason="stop"),
            [("a", "get_order", {"n": 1})],
            id="arguments as an object, and a stop that is none",
        ),
        pytest.param(
            calls({"function": {"name": "one", "arguments": "{}"}}, {"function": {"name": "two", "arguments": ""}}),
            [("call_1", "one", {}), ("call_2", "two", {})],
            id="without ids and places",
        ),
        pytest.param(
            calls({"index": 0, "id": "a", "function": {"name": "one", "arguments": "{}"}}, reason="function_call"),
            [("a", "one", {})],
            id="the reason's old name",
        ),
        pytest.param(
            calls({"index": 0, "id": "a", "function": {"name": "one", "arguments": "{}"}}, done=False),
            [("a", "one", {})],
            id="a stream that only ends",
        ),
    ],
)
async def test_tool_requests_are_put_together_however_they_are_cut(
    connections: Connections, reply: Reply, requests: list[tuple[str, str, dict[str, Any]]]
) -> None:
    async with model_server(reply) as server:
        _, end = await heard(chat_client(server.url, connections))
    assert end.reason == "tool_calls"
    assert [(one.id, one.name, one.arguments) for one in end.tool_requests] == requests


async def test_what_a_provider_wants_to_see_again_goes_back_with_the_history(connections: Connections) -> None:
    note = {"google": {"thought_signature": "abc"}}
    first = calls({"id": "a", "extra_content": note, "function": {"name": "one", "arguments": "{}"}}, reason="stop")
    async with model_server(first, chat_text("ok")) as server:
        client = chat_client(server.url, connections)
        _, end = await heard(client)
        history = (ModelMessage(role="assistant", content="", tool_requests=end.tool_requests),)
        await heard(client, ModelRequest(system="", messages=history))
    assert server.asked[1].body["messages"][0]["tool_calls"][0]["extra_content"] == note


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        ([chat_chunk({"content": None, "reasoning_content": "hm"}), chat_chunk({"content": "A"})], "A"),
        ([chat_chunk({"reasoning": "hm", "content": ""}), chat_chunk({"content": "A"})], "A"),
        ([chat_chunk({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "A"}]})], "A"),
        ([b": a comment\n\n", chat_chunk({"content": "A"})], "A"),
        ([event({"choices": [{"delta": {"content": "A\ud83d"}}]}), chat_chunk({"content": "B"})], "A?B"),
        ([event({"choices": None}), event({"choices": []}), chat_chunk({"content": "A"})], "A"),
        ([event({"choices": [{"delta": None}]}), chat_chunk({"content": "A"})], "A"),
    ],
)
async def test_thoughts_are_not_given_out_and_odd_chunks_do_no_harm(
    connections: Connections, chunks: list[bytes], text: str
) -> None:
    async with model_server(Reply(pieces=[*chunks, chat_chunk({}, "stop"), event("[DONE]")])) as server:
        assert (await heard(chat_client(server.url, connections)))[0] == text


@pytest.mark.parametrize(
    ("reply", "reason", "refusal"),
    [
        (chat_text("Half of", reason="length"), "length", ""),
        (chat_text("No", reason="content_filter"), "refusal", ""),
        (Reply(pieces=[chat_chunk({"refusal": "I can't."}), chat_chunk({}, "stop")]), "refusal", "I can't."),
        (chat_text("Yes", reason="eos_token"), "stop", ""),
        (Reply(pieces=[chat_chunk({"content": "A"}), event("[DONE]")]), "stop", ""),
        (
            calls({"index": 0, "id": "a", "function": {"name": "one", "arguments": '{"n'}}, reason="length"),
            "length",
            "",
        ),
    ],
)
async def test_a_cut_or_refused_answer_is_an_answer(
    connections: Connections, reply: Reply, reason: str, refusal: str
) -> None:
    async with model_server(reply) as server:
        _, end = await heard(chat_client(server.url, connections))
    assert (end.reason, end.refusal, end.tool_requests) == (reason, refusal, ())


async def test_usage_is_unknown_where_it_is_not_told_and_is_found_where_others_put_it(connections: Connections) -> None:
    silent = Reply(pieces=[chat_chunk({"content": "A"}), chat_chunk({}, "stop"), event("[DONE]")])
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    late = Reply(pieces=[chat_chunk({"content": "A"}, "stop"), event({"choices": [], "x_groq": {"usage": usage}})])
    odd = Reply(pieces=[chat_chunk({"content": "A"}, "stop"), event({"usage": {"prompt_tokens": -5}})])
    async with model_server(silent, late, odd) as server:
        ends = [(await heard(chat_client(server.url, connections)))[1].usage for _ in range(3)]
    assert ends == [None, Usage(input_tokens=7, output_tokens=2), Usage(input_tokens=0, output_tokens=0)]


async def test_an_answer_that_comes_whole_is_taken_too(connections: Connections) -> None:
    message = {"role": "assistant", "content": "Hello", "tool_calls": [{"id": "a", "function": {"name": "one"}}]}
    body = event({"choices": [{"message": message, "finish_reason": "tool_calls"}], "model": "m"})
    reply = Reply(headers={"content-type": "application/json"}, pieces=[body.removeprefix(b"data: ")])
    async with model_server(reply) as server:
        text, end = await heard(chat_client(server.url, connections))
    assert (text, end.tool_requests[0].name) == ("Hello", "one")


async def test_a_field_that_a_model_does_not_take_is_left_out_and_not_sent_again(connections: Connections) -> None:
    refused = [
        failure(400, {"message": "no", "param": "temperature", "code": "unsupported_value"}),
        failure(400, {"message": "Unsupported parameter: 'max_tokens'", "param": "max_tokens"}),
        failure(400, {"message": "no", "param": "stream_options"}),
    ]
    request = ModelRequest(system="", messages=REQUEST.messages, temperature=0.0, max_output_tokens=9)
    async with model_server(*refused, chat_text("ok")) as server:
        client = chat_client(server.url, connections)
        await heard(client, request)
        await heard(client, request)
    assert len(server.asked) == 5
    for asked in server.asked[3:]:
        assert asked.body["max_completion_tokens"] == 9
        assert not asked.body.keys() & {"temperature", "max_tokens", "stream_options"}


async def test_a_field_that_is_refused_under_both_names_is_refused(connections: Connections) -> None:
    wrong = failure(400, {"message": "max_tokens is too large", "param": "max_tokens"})
    other = failure(400, {"message": "max_completion_tokens is too large", "param": "max_completion_tokens"})
    request = ModelRequest(system="", messages=REQUEST.messages, max_output_tokens=10**9)
    async with model_server(wrong, other) as server:
        with pytest.raises(Rejected, match="too large"):
            await heard(chat_client(server.url, connections), request)


async def test_calls_at_once_that_are_refused_for_the_same_field_are_all_answered(connections: Connections) -> None:
    temperature = failure(400, {"message": "no", "param": "temperature"})
    tokens = failure(400, {"message": "no", "param": "max_tokens"})
    request = ModelRequest(system="", messages=REQUEST.messages, temperature=0.0, max_output_tokens=9)
    async with model_server(*[temperature] * 3, *[tokens] * 3, chat_text("ok")) as server:
        client = chat_client(server.url, connections)
        answers = await asyncio.gather(*(heard(client, request) for _ in range(3)))
    assert [text for text, _ in answers] == ["ok"] * 3


async def test_a_field_that_the_settings_add_is_not_left_out(connections: Connections) -> None:
    wrong = failure(400, {"message": "no", "param": "temperature"})
    async with model_server(wrong) as server:
        with pytest.raises(Rejected):
            await heard(chat_client(server.url, connections, extra={"temperature": 3}))
    assert len(server.asked) == 1


async def test_an_error_in_the_stream_is_raised_after_the_text_before_it(connections: Connections) -> None:
    broken = Reply(
        pieces=[chat_chunk({"content": "Half"}), event({"error": {"code": 502, "message": "upstream"}, "choices": []})]
    )
    async with model_server(broken) as server:
        with pytest.raises(Unavailable, match="502: upstream"):
            await heard(chat_client(server.url, connections))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(pieces=[chat_chunk({}, "stop"), event("[DONE]")]),
        Reply(pieces=[event("[DONE]")]),
        calls({"index": 0, "id": "a", "function": {"arguments": "{}"}}),
        calls({"index": 0, "id": "a", "function": {"name": "one", "arguments": "[1]"}}),
        calls({"index": 0, "id": "a", "function": {"name": "one", "arguments": '{"n": '}}),
        calls(*({"index": n, "id": f"c{n}", "function": {"name": "one"}} for n in range(200))),
        Reply(headers={"content-type": "application/json"}, pieces=[b"[]"]),
    ],
)
async def test_an_answer_without_sense_is_a_bad_answer(connections: Connections, reply: Reply) -> None:
    async with model_server(reply) as server:
        with pytest.raises((BadAnswer, Unavailable)):
            await heard(chat_client(server.url, connections))


async def test_a_connection_is_used_again(connections: Connections) -> None:
    async with model_server(chat_text("a")) as server:
        client = chat_client(server.url, connections)
        for _ in range(5):
            await heard(client)
    assert server.connections == 1


async def test_a_listener_that_leaves_ends_the_call(connections: Connections) -> None:
    endless = Reply(pieces=chat_pieces("a")[:2], ending="silent")
    async with model_server(endless) as server:
        stream = chat_client(server.url, connections).stream(REQUEST)
        assert await anext(stream) == TextDelta("a")
        await stream.aclose()
        await server.hung_up.wait()
