"""A model's server on this machine, which answers by a script: any bytes, in any pieces, with any fault.

It speaks HTTP by hand, so that it can send what no decent server would: half an answer, headers letter by letter,
nothing at all. Each entry of the script, a function too, answers one request; the last answers all that
follow.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

OPENAI_USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 40,
    "total_tokens": 160,
    "prompt_tokens_details": {"cached_tokens": 100},
}
EVENT_STREAM = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one request is answered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Sequence[bytes] = ()
    """Each is written for itself, as one chunk."""
    ending: str = "whole"
    """`whole`; `cut`, the connection breaks; `silent`, nothing more comes and it stays open."""
    raw: bool = False
    """The pieces are all that is sent, the head of the answer included."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class ModelServer:
    """Answers by its script and keeps what it was asked."""

    def __init__(self, script: Iterable[Reply | Callable[[Asked], Reply]]) -> None:
        self._script = list(script)
        self.asked: list[Asked] = []
        self.connections = 0
        self.hung_up = asyncio.Event()
        """Somebody closed a connection before its answer was whole."""
        self.writers: list[asyncio.StreamWriter] = []
        self.tasks: list[Any] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        self.tasks.append(asyncio.current_task())
        try:
            while request := await _read(reader):
                self.asked.append(request)
                reply = self._script.pop(0) if len(self._script) > 1 else self._script[0]
                reply = reply if isinstance(reply, Reply) else reply(request)
                await self._write(writer, reply)
                if reply.ending == "silent":
                    await reader.read()
                    self.hung_up.set()
                if reply.ending != "whole":
                    writer.transport.abort()
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            writer.close()

    async def _write(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        if not reply.raw:
            kind = {"content-type": EVENT_STREAM, "transfer-encoding": "chunked", **reply.headers}
            lines = [f"HTTP/1.1 {reply.status} Status", *(f"{name}: {value}" for name, value in kind.items())]
            writer.write("\r\n".join([*lines, "", ""]).encode())
        for piece in reply.pieces:
            writer.write(piece if reply.raw else b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(0)
        if not reply.raw and reply.ending == "whole":
            writer.write(b"0\r\n\r\n")
            await writer.drain()


@asynccontextmanager
async def model_server(*script: Reply | Callable[[Asked], Reply]) -> AsyncIterator[ModelServer]:
    served = ModelServer(script)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        for writer in served.writers:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.gather(*served.tasks)


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(path=first.split(" ")[1], headers=headers, body=json.loads(body or b"{}"))


def event(data: object, name: str = "") -> bytes:
    """Return a server-sent event."""
    said = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {said}\n\n".encode()


def failure(status: int, error: object, **headers: str) -> Reply:
    """Return an answer that is an error."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status=status,
        headers={"content-type": "application/json", **named},
        pieces=[json.dumps({"error": error}).encode()],
    )


def chat_chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    """Return a chunk of Chat Completions."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return event({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [choice]})


def chat_text(*words: str, reason: str = "stop") -> Reply:
    """Return an answer in text, as OpenAI streams it."""
    return Reply(pieces=[*chat_pieces(*words, reason=reason)])


def chat_pieces(*words: str, reason: str = "stop") -> list[bytes]:
    return [
        chat_chunk({"role": "assistant", "content": "", "refusal": None}),
        *(chat_chunk({"content": word}) for word in words),
        chat_chunk({}, reason),
        event({"id": "c1", "object": "chat.completion.chunk", "model": "m-1", "choices": [], "usage": OPENAI_USAGE}),
        event("[DONE]"),
    ]


def message_event(kind: str, **fields: object) -> bytes:
    """Return an event of Anthropic's Messages."""
    return event({"type": kind, **fields}, kind)


def message_start() -> bytes:
    usage = {
        "input_tokens": 20,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 70,
        "output_tokens": 1,
    }
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-1",
        "content": [],
        "usage": usage,
    }
    return message_event("message_start", message=message)


def message_end(reason: str | None, **delta: object) -> list[bytes]:
    return [
        message_event(
            "message_delta", delta={"stop_reason": reason, "stop_sequence": None, **delta}, usage={"output_tokens": 40}
        ),
        message_event("message_stop"),
    ]


def text_block(*words: str, index: int = 0) -> list[bytes]:
    return [
        message_event("content_block_start", index=index, content_block={"type": "text", "text": ""}),
        message_event("ping"),
        *(
            message_event("content_block_delta", index=index, delta={"type": "text_delta", "text": word})
            for word in words
        ),
        message_event("content_block_stop", index=index),
    ]


def tool_block(name: str, *parts: str, index: int = 0, tool_id: str = "toolu_1") -> list[bytes]:
    block = {"type": "tool_use", "id": tool_id, "name": name, "input": {}}
    return [
        message_event("content_block_start", index=index, content_block=block),
        *(
            message_event("content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": part})
            for part in parts
        ),
        message_event("content_block_stop", index=index),
    ]


def message_text(*words: str, reason: str = "end_turn") -> Reply:
    """Return an answer in text, as Anthropic streams it."""
    return Reply(pieces=[message_start(), *text_block(*words), *message_end(reason)])
