"""What every request passes first: its id, the limits of its address and body, and the headers of every answer."""

import asyncio
import logging
from collections.abc import Mapping

from fastapi import HTTPException, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopfloor.http.limits import Limits, Rates, address_group
from shopfloor.http.problems import problem
from shopfloor.kernel.ids import IdSource

logger = logging.getLogger(__name__)

DRAINED_BODIES = 20
"""Bodies of the allowed size that are read and thrown away, so that a client that sends first can read the answer."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
}
API_HEADERS = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'", "cache-control": "no-store"}
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-cache",
}
API_PATHS = ("/v1/", "/health/", "/healthz", "/metrics", "/openapi.json")
UNCOUNTED = ("/health/live", "/health/ready")
"""What a load balancer asks often. It costs less than to turn it away."""


class Guard:
    """ASGI middleware around the API."""

    def __init__(self, app: ASGIApp, *, limits: Limits, rates: Rates, ids: IdSource) -> None:
        """Take what it guards, the limits, their counters, and where request ids come from."""
        self._app = app
        self._limits = limits
        self._rates = rates
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._ids.new("req")
        scope["shopfloor.request_id"] = request_id
        is_api = scope["path"].startswith(API_PATHS)
        headers = {**HEADERS, **(API_HEADERS if is_api else PAGE_HEADERS), "x-request-id": request_id}
        request = Request(scope)
        body = _Body(receive, self._limits, is_there=_has_body(request))
        turned_away = self._turned_away(request, request_id)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drain()
                message["headers"] = _with(message["headers"], headers, is_kept=body.is_read)
            await send(message)

        try:
            await (turned_away or self._app)(scope, body.receive, answer)
        except Exception:
            logger.warning("request %s broke; the failure stands above", request_id)

    def _turned_away(self, request: Request, request_id: str) -> Response | None:
        host = request.client.host if request.client else None
        is_counted = request.scope["path"] not in UNCOUNTED
        wait = self._rates.take(f"address:{address_group(host)}", self._limits.address) if is_counted else 0
        if wait:
            detail = f"Too many requests from this address: try again in {wait} seconds."
            return problem(429, detail, request_id=request_id, headers={"Retry-After": str(wait)})
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self._limits.body_bytes:
            return problem(413, _too_large(self._limits), request_id=request_id)
        return None


class _Body:
    """A request's body as it arrives: no longer and no later than it may."""

    def __init__(self, receive: Receive, limits: Limits, *, is_there: bool) -> None:
        self._receive = receive
        self._limits = limits
        self._size = 0
        self._deadline = asyncio.get_running_loop().time() + limits.body_s
        self.is_read = not is_there

    async def receive(self) -> Message:
        if self.is_read:
            return await self._receive()
        message = await self._next()
        if self._size > self._limits.body_bytes:
            await self.drain()
            raise HTTPException(413, _too_large(self._limits))
        return message

    async def drain(self) -> None:
        """Throw away what still comes, up to a point."""
        try:
            while not self.is_read and self._size < DRAINED_BODIES * self._limits.body_bytes:
                await self._next()
        except HTTPException:
            return

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408, f"The body took longer than {self._limits.body_s:g} seconds to arrive.") from error
        self._size += len(message.get("body", b""))
        self.is_read = not message.get("more_body", False)
        return message


def _with(raw: list[tuple[bytes, bytes]], headers: Mapping[str, str], *, is_kept: bool) -> list[tuple[bytes, bytes]]:
    set_already = {name.lower() for name, _ in raw}
    added = [(name.encode(), value.encode()) for name, value in headers.items() if name.encode() not in set_already]
    if not is_kept:  # what is left of the body would be taken for the next request
        added.append((b"connection", b"close"))
    return [*raw, *added]


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _too_large(limits: Limits) -> str:
    return f"The body is larger than {limits.body_bytes:,} bytes."
