"""A conversation's stream: server-sent events, in frames that a client can take up again at any point."""

import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

import anyio
from ag_ui.core import BaseEvent
from fastapi import Response
from starlette.types import Receive, Scope, Send

from shopfloor.conversation.live import Piece, Released
from shopfloor.http.ag_ui import AgUi
from shopfloor.http.limits import ALL_STREAMS
from shopfloor.http.problems import rejection
from shopfloor.http.running import Running
from shopfloor.kernel.ids import ConversationId

HEARTBEAT = b": still here\n\n"
OPENING = b"retry: 2000\n\n"
"""Milliseconds after which a browser comes back."""
LAST_S = 1.0
"""How long the end of a stream waits to be sent."""
CHUNK_BYTES = 65_536
"""Frames that are ready together are sent together, up to about so much: a reader that is stuck must be noticed."""
Frames = AsyncGenerator[bytes, None]


def frames(events: Sequence[BaseEvent], seq: int | None = None) -> bytes:
    """Write events as frames; the last one bears the number of the journaled event that they stem from.

    A client that was cut off before it has the last frame asks for all of them again.
    """
    written = [f"data: {event.model_dump_json(by_alias=True)}\n\n" for event in events]
    if written and seq is not None:
        written[-1] = f"id: {seq}\n{written[-1]}"
    return "".join(written).encode()


async def conversation_frames(here: Running, conversation: ConversationId, after: int) -> Frames:
    """Give a conversation's frames after an event, then live, until the reader falls too far behind."""
    yield OPENING
    async with here.watch.follow(conversation, after) as (following, before):
        view = AgUi(conversation)
        for event in before:
            view.hear(event)
        before.clear()  # a stream may be open for days
        if greeting := frames(view.greeting()):
            yield greeting
        while (piece := await following.next(here.limits.heartbeat_s)) != "lost":
            if piece == "silence":
                yield HEARTBEAT
                continue
            together = _heard(view, piece)
            while len(together) < CHUNK_BYTES and (more := following.at_once()):
                together += _heard(view, more)
            if together:
                yield together


def _heard(view: AgUi, piece: Piece) -> bytes:
    return frames(view.hear(piece), None if isinstance(piece, Released) else piece.seq)


class EventStream(Response):
    """Sends frames until they end, the reader goes or stops reading, or the server ends."""

    media_type = "text/event-stream"

    def __init__(self, content: Frames, here: Running, subjects: Mapping[str, int]) -> None:
        """Take the frames, the running server, and how many streams each subject may have open."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._frames = content
        self._here = here
        self._subjects = subjects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream.

        Raises:
            HTTPException: 429, before anything is sent; somebody has too many streams open.
        """
        async with aclosing(self._frames) as content:
            with self._here.places.take(self._subjects) as full:
                if full is not None:
                    raise rejection(429, "Too many streams are open: close one first.", {"Retry-After": "15"})
                await self._send(content, scope, receive, send)

    async def _send(self, content: Frames, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with anyio.create_task_group() as group:

            async def until_gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            async def until_closing() -> None:
                await self._here.watch.closing.wait()
                group.cancel_scope.cancel()

            group.start_soon(until_gone)
            group.start_soon(until_closing)
            with anyio.CancelScope() as stuck:
                async for frame in content:
                    stuck.deadline = anyio.current_time() + self._here.limits.send_s
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
                    stuck.deadline = math.inf
            group.cancel_scope.cancel()
        with anyio.move_on_after(LAST_S):  # whoever does not read would not read this either
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def open_stream(content: Frames, here: Running, conversation: ConversationId, address: str) -> EventStream:
    """Return a stream that counts against what may be open at once."""
    limits = here.limits
    subjects = {
        f"conversation:{conversation}": limits.streams_per_conversation,
        f"address:{address}": limits.streams_per_address,
        ALL_STREAMS: limits.streams,
    }
    return EventStream(content, here, subjects)
