"""Measures what a streamed piece costs in our client of model servers, against a bare aiohttp loop in the same run.

`python benchmarks/model_client.py` prints a table. The server runs in a process of its own and sends answers of 200
pieces, either one by one (each in a packet of its own, 50 answers at once, as from a model that is thinking) or all at
once (as from a cache). CPU is that of the client's process. The bare loop reads lines, parses them with `json` and
joins the text: the least that a program by hand does, without deadlines, limits or errors.

On two shared cores (Python 3.11, aiohttp 3.14), in microseconds for each piece, over three runs: one by one 26
bare, 26 to 29 the client (0.95 to 1.1 times), 28 to 31 with deadline, ladder and retry around it (1.1 to 1.2 times);
all at once 8 bare, 5.5 the client (0.65 times, since what arrives together is read and given out together).
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from time import process_time

import aiohttp

from shopfloor.models.connections import Connections
from shopfloor.models.contract import Finished, Model, ModelMessage, ModelRequest, TextDelta
from shopfloor.models.deadline import WithDeadline
from shopfloor.models.endpoint import Endpoint
from shopfloor.models.fallback import Fallback
from shopfloor.models.openai_chat import OpenAiChat
from shopfloor.models.retry import Retrying

PIECES = 200
AT_ONCE = 50
ROUNDS = 2
PAUSE_S = 0.01
TRIES = 3
REQUEST = ModelRequest(system="You help.", messages=(ModelMessage(role="user", content="Hi"),))
BODY = {
    "model": "m",
    "messages": [{"role": "system", "content": "You help."}, {"role": "user", "content": "Hi"}],
    "stream": True,
}
ANSWER = " ".join(["word"] * PIECES)
Ask = Callable[[], Awaitable[str]]


def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    """Return a chunk as OpenAI sends it."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    data = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


CHUNKS = [chunk({"content": f"{' ' if place else ''}word"}) for place in range(PIECES)]
CHUNKS += [chunk({}, "stop"), b"data: [DONE]\n\n"]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


async def serve(is_paced: bool) -> None:
    """Serve until stdin closes, and print the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                await reader.readexactly(int(length.split(b":")[1]))
                writer.write(HEAD)
                for piece in CHUNKS:
                    writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    if is_paced:
                        await asyncio.sleep(PAUSE_S)
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def bare(session: aiohttp.ClientSession, url: str) -> Ask:
    """Return the loop by hand."""

    async def ask() -> str:
        text: list[str] = []
        async with session.post(f"{url}/chat/completions", json=BODY) as response:
            async for line in response.content:
                if line.startswith(b"data: ") and line != b"data: [DONE]\n":
                    delta = json.loads(line[6:])["choices"][0]["delta"]
                    if delta.get("content"):
                        text.append(delta["content"])
        return "".join(text)

    return ask


def ours(model: Model) -> Ask:
    """Return a call of a model."""

    async def ask() -> str:
        text: list[str] = []
        async with aclosing(model.stream(REQUEST)) as pieces:
            async for piece in pieces:
                match piece:
                    case TextDelta(part):
                        text.append(part)
                    case Finished():
                        pass
        return "".join(text)

    return ask


async def cpu_us(ask: Ask) -> float:
    """Return microseconds of CPU per piece, the least of several tries."""
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    times: list[float] = []
    for _ in range(TRIES):
        before = process_time()
        for _ in range(ROUNDS):
            answers = await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
        times.append((process_time() - before) / (ROUNDS * AT_ONCE * PIECES))
        if answers != [ANSWER] * AT_ONCE:
            raise RuntimeError("an answer is not what the server sent")
    return min(times) * 1e6


async def measure(is_paced: bool) -> None:
    """Print the figures of one kind of server."""
    program = [sys.executable, __file__, "paced" if is_paced else "burst"]
    server = await asyncio.create_subprocess_exec(*program, stdin=-1, stdout=-1)
    if server.stdout is None or server.stdin is None:
        raise RuntimeError("the server was started without pipes")
    url = f"http://127.0.0.1:{int(await server.stdout.readline())}"
    connections = Connections()
    client = OpenAiChat(Endpoint(provider="local", model="m", base_url=url), connections)
    wrapped = Fallback([WithDeadline(Retrying(client), 60)])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1000)) as session:
        floor = await cpu_us(bare(session, url))
        own, laddered = await cpu_us(ours(client)), await cpu_us(ours(wrapped))
        print(f"{'one by one' if is_paced else 'all at once':12} {floor:8.1f} {own:8.1f} {laddered:8.1f}", end=" ")
        print(f"{own / floor:8.2f} {laddered / floor:8.2f}")
    await connections.close()
    server.stdin.close()
    await server.wait()


async def main() -> None:
    """Print all figures."""
    print(f"{'us CPU/piece':12} {'bare':>8} {'client':>8} {'wrapped':>8} {'ratio':>8} {'ratio':>8}")
    for is_paced in (True, False):
        await measure(is_paced)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] == "paced") if len(sys.argv) > 1 else main())
