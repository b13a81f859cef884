"""A model server on this machine that answers Chat Completions as OpenAI does, by a script.

`python model_server.py` serves 127.0.0.1 on a free port, prints it, and ends with its stdin. It answers the planner
with a plan and a specialist with a tool call, or with some forty words once the tool has answered. `/delay/MS` sets how
long each answer takes from then on; `/stats` tells what was asked since it was last told. An answer is put together
once for each kind and differs only in its number, so that the server is not what is measured.
"""

import asyncio
import json
import re
import sys
from collections import Counter
from functools import cache
from itertools import count
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
numbers = count(1)
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


def response_to(body: bytes) -> bytes:
    """Return the bytes of the response to a request for a model."""
    asked = json.loads(body)
    kind, model = kind_of(asked), str(asked.get("model"))
    number = b"%d" % next(numbers)
    stats.update({"calls": 1, kind: 1, "asked_bytes": len(body), "streamed": bool(asked.get("stream"))})
    if not asked.get("stream"):
        return _plain(whole(kind, model).replace(NUMBER.encode(), number))
    has_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
    chunks = (event.replace(NUMBER.encode(), number) for event in streamed(kind, model, has_usage))
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def _plain(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)


class Connection(asyncio.Protocol):
    """A client's connection, which asks again and again."""

    delay_s = 0.0
    """How long an answer takes, on all connections."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self._write = transport.write

    def data_received(self, data: bytes) -> None:
        """Answer each request once it is whole."""
        self._received += data
        while (begin := self._received.find(b"\r\n\r\n") + 4) > 3:
            head = self._received[:begin]
            length = LENGTH.search(head)
            end = begin + (int(length[1]) if length else 0)
            if len(self._received) < end:
                return
            body, self._received = self._received[begin:end], self._received[end:]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, path: str, body: bytes) -> None:
        if path.endswith("/chat/completions"):
            answer = response_to(body)
            if Connection.delay_s:
                asyncio.get_running_loop().call_later(Connection.delay_s, self._write, answer)
            else:
                self._write(answer)
        elif path == "/stats":
            self._write(_plain(json.dumps(stats).encode()))
            stats.clear()
        elif path.startswith("/delay/"):
            Connection.delay_s = float(path.rpartition("/")[2]) / 1000
            self._write(_plain(b"{}"))
        else:
            self._write(_plain(b'{"error":{"message":"there is no such path"}}', b"404 Not Found"))


async def serve() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, HOST, 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    run(serve())
