"""A model server on this machine that answers Chat Completions as OpenAI does, by a script.

`python model_server.py DELAY_MS...` serves 127.0.0.1 on a free port for each delay before an answer, prints the ports
as JSON, and ends when its stdin does. It answers the planner with a plan and a specialist with a tool call, or with
some forty words once the tool has answered. `/stats` counts its answers by kind, `/reset` forgets them. An answer is
put together once for each kind and differs only in its number, so that the server is not what is measured.
"""

import asyncio
import json
import re
import sys
from collections import Counter
from functools import cache
from typing import Any

try:
    from uvloop import run
except ImportError:  # in tests, where speed is of no matter
    from asyncio import run

HOST = "127.0.0.1"
ORDER_ASKED, WISH_ASKED = "Where is my order #123?", "red sneakers men size 9"
PLAN = json.dumps(
    {"tasks": [{"agent": "orders", "task": ORDER_ASKED}, {"agent": "products", "task": WISH_ASKED}]},
    separators=(",", ":"),
)


def _task(place: str, agent: str, skill: str, request: str, slot: tuple[str, str]) -> dict[str, Any]:
    arguments = [{"name": slot[0], "value": slot[1]}]
    more = {"depends_on": [], "status_line": "Looking...", "reads": []}
    return {"id": place, "agent": agent, "skill": skill, "request": request, "arguments": arguments, **more}


PLAN_DRAFT = json.dumps(
    {
        "tasks": [
            _task("t1", "orders", "track", ORDER_ASKED, ("order_number", "123")),
            _task("t2", "products", "find", WISH_ASKED, ("wish", WISH_ASKED)),
        ],
        "complexity": 0.3,
        "confidence": 0.9,
    }
)
"""The plan in shopfloor's form, which names skills and their arguments too."""
ANSWERS = {
    "orders": (
        "Your order #123 shipped on Monday with DHL and is now at the Lyon hub. It should reach you on Thursday before "
        "noon. You can follow the parcel with tracking number DH123456 on the carrier site at any time today."
    ),
    "products": (
        "I found two pairs of red sneakers for men in size 9. The Aero Run costs 79 euros and the Street Low costs 59 "
        "euros. Both are in stock and ship in two days, so tell me which one you want now."
    ),
}
CALLS = {
    "orders": ("get_order_status", '{"order_id":"123"}'),
    "products": ("search_products", '{"query":"red sneakers","gender":"men","size":"9"}'),
}
USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 40,
    "total_tokens": 160,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
NUMBER = "@NUMBER@"
"""Stands in an answer where its number goes."""
PIECES = 6
"""In which a tool call's arguments come."""
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
stats: Counter[str] = Counter()


def kind_of(body: dict[str, Any]) -> str:
    """Return what a request is answered with: `plan`, `draft`, `<agent> calls` or `<agent> answers`."""
    form = body.get("response_format") or {}
    if form.get("json_schema", {}).get("name") == "PlanDraft":
        return "draft"
    said = json.dumps(body["messages"])
    agent = next((name for name in ANSWERS if f"ROLE:{name}" in said), None)
    if agent is None or "ROLE:planner" in said:
        return "plan"
    has_result = any(message.get("role") == "tool" for message in body["messages"])
    return f"{agent} answers" if has_result else f"{agent} calls"


def said_in(kind: str) -> tuple[str | None, tuple[str, str] | None]:
    """Return the text of an answer, or else the tool that it calls and the arguments."""
    if kind in {"plan", "draft"}:
        return (PLAN if kind == "plan" else PLAN_DRAFT), None
    agent, what = kind.split()
    return (ANSWERS[agent], None) if what == "answers" else (None, CALLS[agent])


@cache
def whole(kind: str, model: str) -> bytes:
    """Return an answer in one piece, its number left open."""
    text, call = said_in(kind)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if call:
        function = {"name": call[0], "arguments": call[1]}
        message["tool_calls"] = [{"id": f"call_{NUMBER}", "type": "function", "function": function}]
    reason = "tool_calls" if call else "stop"
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    answer = {**_base(model), "object": "chat.completion", "choices": [choice], "usage": USAGE}
    return json.dumps(answer).encode()


@cache
def streamed(kind: str, model: str, has_usage: bool) -> tuple[bytes, ...]:
    """Return an answer word by word, as server-sent events, its number left open."""
    text, call = said_in(kind)
    deltas: list[dict[str, Any]]
    if call:
        name, arguments = call
        step = max(1, len(arguments) // PIECES)
        head = {"index": 0, "id": f"call_{NUMBER}", "type": "function", "function": {"name": name, "arguments": ""}}
        deltas = [{"role": "assistant", "content": None, "tool_calls": [head]}]
        parts = (arguments[start : start + step] for start in range(0, len(arguments), step))
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": part}}]} for part in parts]
    else:
        deltas = [{"role": "assistant", "content": ""}]
        deltas += [{"content": word} for word in re.findall(r" ?[^ ]+", text or "")]
    reasons = [None] * len(deltas) + ["tool_calls" if call else "stop"]
    base = {**_base(model), "object": "chat.completion.chunk"}
    events: list[dict[str, Any]] = [
        {**base, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}
        for delta, reason in zip([*deltas, {}], reasons, strict=True)
    ]
    if has_usage:
        events.append({**base, "choices": [], "usage": USAGE})
    written = [json.dumps(event, separators=(",", ":")) for event in events]
    return tuple(f"data: {event}\n\n".encode() for event in [*written, "[DONE]"])


def _base(model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{NUMBER}", "created": 1_700_000_000, "model": model}


def response_to(path: bytes, body: bytes) -> bytes:
    """Return the bytes of a response."""
    if path == b"/stats":
        return _plain(json.dumps(stats).encode())
    if path == b"/reset":
        stats.clear()
        return _plain(b"{}")
    if not path.endswith(b"/chat/completions"):
        stats["refused"] += 1
        return _plain(b'{"error":{"message":"there is no such path"}}', b"404 Not Found")
    asked = json.loads(body)
    kind, model = kind_of(asked), str(asked.get("model"))
    stats["calls"] += 1
    stats[kind] += 1
    number = b"%d" % stats["calls"]
    if not asked.get("stream"):
        return _plain(whole(kind, model).replace(NUMBER.encode(), number))
    stats["streamed"] += 1
    has_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
    chunks = (event.replace(NUMBER.encode(), number) for event in streamed(kind, model, has_usage))
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def _plain(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)


class Connection(asyncio.Protocol):
    """A client's connection, which asks again and again."""

    def __init__(self, delay_s: float) -> None:
        """Take how long an answer takes."""
        self._delay_s = delay_s
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self._write = transport.write

    def data_received(self, data: bytes) -> None:
        """Answer each request once it is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) > 3:
            head = self._received[:end]
            length = LENGTH.search(head)
            whole = end + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            path = head.split(b" ", 2)[1]
            answer = response_to(path, self._received[end:whole])
            self._received = self._received[whole:]
            is_model = path not in {b"/stats", b"/reset"}
            if self._delay_s and is_model:
                asyncio.get_running_loop().call_later(self._delay_s, self._write, answer)
            else:
                self._write(answer)


async def serve(delays_ms: list[float]) -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda delay_ms=delay_ms: Connection(delay_ms / 1000), HOST, 0, backlog=2048)
        for delay_ms in delays_ms
    ]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    for server in servers:
        server.close()


if __name__ == "__main__":
    run(serve([float(delay_ms) for delay_ms in sys.argv[1:]]))
