"""The connections to all model servers, and one streamed call over them with its deadlines and limits.

One pool serves a process. It follows no redirects and keeps no cookies, so a key goes only where it was set up for.
What goes wrong is said without what was sent.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp

from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.errors import BadAnswer, Rejected, Unavailable
from shopfloor.models.deadline import Patience
from shopfloor.models.endpoint import Deadlines
from shopfloor.models.provider_errors import body_of, error_of, retry_after
from shopfloor.models.sse import ServerSentEvent, SseReader

MAX_CONNECTIONS = 1_000
MAX_ERROR_BYTES = 65_536
MAX_STREAM_BYTES = 64_000_000
"""What a stream may hold with all its wrapping; its text has a narrower limit."""
MAX_WHOLE_BYTES = 4_000_000
"""What an answer may hold that does not stream."""
KEPT_ALIVE_S = 30.0
SHORTEST_KEY = 8
PAGES = frozenset({"text/html", "application/xhtml+xml"})
"""Kinds of content that a web server answers with, where no model is."""
DRAIN_S = 0.05
DRAIN_READS = 8


Closing = Callable[[], Awaitable[None]]


class Connections:
    """Keeps connections open between calls; opened with the first, closed by `close`."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Take the clock that a wait until a date is worked out by; the machine's where none is given."""
        self._clock = clock or SystemClock()
        self._session: aiohttp.ClientSession | None = None
        self._others: list[Closing] = []

    def also_close(self, closing: Closing) -> None:
        """Take what else keeps connections of its own, to be closed with these."""
        self._others.append(closing)

    async def close(self) -> None:
        """Close all connections; calls under way fail."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        for closing in self._others:
            await closing()

    @asynccontextmanager
    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, deadlines: Deadlines, who: str
    ) -> AsyncGenerator["Call"]:
        """Send a request and hand out the call, whose answer has begun; it ends with the block.

        Raises:
            WorldError: it was not taken; `who` names provider and model in the message.
        """
        patience = Patience(asyncio.get_running_loop().time() + deadlines.whole_s, each_s=deadlines.first_byte_s)
        response = await self._begin(url, headers, body, deadlines, who)
        try:
            yield Call(response, deadlines, who, patience)
        finally:
            patience.close()
            response.close()  # gives the connection back where the answer was read to its end

    async def _begin(
        self, url: str, headers: Mapping[str, str], body: bytes, deadlines: Deadlines, who: str
    ) -> aiohttp.ClientResponse:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=deadlines.connect_s)
        failure: str
        try:
            async with asyncio.timeout(min(deadlines.first_byte_s, deadlines.whole_s)):
                response = await self._open().post(
                    url, headers=headers, data=body, timeout=timeout, allow_redirects=False
                )
                if response.status == 200 and response.content_type not in PAGES:
                    return response
                if response.status == 200:
                    response.close()
                    raise Rejected(f"{who}: a page answers, no model: check the provider's base_url, most end in /v1")
                async with response:
                    said = await _beginning(response)
                wait_s = retry_after(response.headers, self._clock.now())
                raise error_of(response.status, body_of(_without_keys(said, headers)), who, wait_s)
        except aiohttp.ConnectionTimeoutError:
            failure = f"no connection within {deadlines.connect_s:g} s"
        except TimeoutError:
            failure = f"nothing was answered within {deadlines.first_byte_s:g} s"
        except (aiohttp.ClientError, OSError) as error:
            failure = _told(error)
        # Raised here, since aiohttp's own errors hold the request, and with it the key.
        raise Unavailable(f"{who}: {failure}")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEPT_ALIVE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # none is asked for, and packed data could unfold without end
                headers={"Accept-Encoding": "identity", "User-Agent": "shopfloor"},
            )
        return self._session


class Call:
    """A call whose answer has begun."""

    def __init__(self, response: aiohttp.ClientResponse, deadlines: Deadlines, who: str, patience: Patience) -> None:
        """Take the response, how long it may take, and who is asked."""
        self._response = response
        self._content = response.content
        self._deadlines = deadlines
        self._who = who
        self._patience = patience
        self._reader = SseReader()
        self._left = MAX_STREAM_BYTES
        self._is_stream = response.content_type != "application/json"

    async def events(self) -> list[ServerSentEvent]:
        """Return the next events of the answer, as many at once as arrived; none at its end.

        Some servers answer whole, whatever they are asked: that is one event.

        Raises:
            Unavailable: they stopped coming.
            BadAnswer: they are more than can be meant.
        """
        if not self._is_stream:
            whole = await self._whole()
            return [ServerSentEvent(b"", whole)] if whole else []
        while chunk := await self._read():
            self._left -= len(chunk)
            if self._left < 0:
                raise BadAnswer(f"{self._who}: its answer is longer than {MAX_STREAM_BYTES:,} bytes")
            if events := self._reader.feed(chunk):
                return events
        return []

    async def drain(self) -> None:
        """Read the little that follows the end of the answer, so that the connection can be used again."""
        try:
            async with asyncio.timeout(DRAIN_S):
                for _ in range(DRAIN_READS):
                    if not await self._response.content.readany():
                        return
        except (TimeoutError, aiohttp.ClientError, OSError):
            return  # it is closed, and the next call opens another

    async def _whole(self) -> bytes:
        data = bytearray()
        while chunk := await self._read():
            data += chunk
            if len(data) > MAX_WHOLE_BYTES:
                raise BadAnswer(f"{self._who}: its answer is longer than {MAX_WHOLE_BYTES:,} bytes")
        return bytes(data)

    async def _read(self) -> bytes:
        """Return what arrived, empty at the end."""
        failure: str
        try:
            with self._patience:
                chunk: bytes = await self._content.readany()
        except TimeoutError:
            silent = f"it fell silent for {self._patience.each_s:g} s"
            failure = f"it took longer than {self._deadlines.whole_s:g} s" if self._patience.is_used_up else silent
        except (aiohttp.ClientError, OSError) as error:
            failure = f"its answer was cut off ({_told(error)})"
        else:
            self._patience.each_s = self._deadlines.between_s
            return chunk
        raise Unavailable(f"{self._who}: {failure}")


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    while len(data) < MAX_ERROR_BYTES and (chunk := await response.content.readany()):
        data += chunk
    return bytes(data)


def _without_keys(said: bytes, headers: Mapping[str, str]) -> bytes:
    """Return what a server said without the keys that it was sent."""
    for value in headers.values():
        key = value.split()[-1].encode()
        if len(key) >= SHORTEST_KEY:
            said = said.replace(key, b"[key]")
    return said


def _told(error: Exception) -> str:
    """Say what a connection failed of, without what was sent over it."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "its certificate was not accepted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name leads to no address: check the provider's base_url and the network"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        why = f": {os.strerror(number)}" if number else ""
        return f"no connection to {error.host}:{error.port}{why}; is the server there, and its base_url right?"
    if isinstance(error, aiohttp.InvalidURL):
        return "its base_url is no address"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection"
    return type(error).__name__
