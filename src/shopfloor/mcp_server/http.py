"""The served tools over streamable HTTP, for callers with an API key.

Each request shows a key (`Authorization: Bearer sf_...`) and, where it is for a customer, the token that the shop
signed for them (`X-Customer-Token`). Nothing is kept from one request to the next, so neither can outlive its end.
"""

import socket
from collections.abc import Awaitable, Callable

import uvicorn
from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shopfloor.identity.identity import GUEST, Identity
from shopfloor.identity.keys import ApiKeys
from shopfloor.kernel.errors import InvalidInput
from shopfloor.mcp_server.protocol import server_of
from shopfloor.mcp_server.served import ServedTools

CUSTOMER_TOKEN = "x-customer-token"  # noqa: S105  (a header's name)
PATH = "/mcp"
MAX_BODY_BYTES = 1_000_000
SHUTDOWN_S = 10

SignIn = Callable[[str], Awaitable[Identity]]
"""Says who a customer's token names; raises `InvalidInput` or `NotFound`."""


class WithKey:
    """ASGI middleware that lets requests with an API key pass."""

    def __init__(self, app: ASGIApp, keys: ApiKeys) -> None:
        """Take what is behind it, and the keys."""
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] != "http" or await self._is_known(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        body = {"error": "This takes an API key: `Authorization: Bearer sf_...`."}
        answer = JSONResponse(body, 401, {"WWW-Authenticate": 'Bearer realm="shopfloor"'})
        await answer(scope, receive, send)

    async def _is_known(self, headers: Headers) -> bool:
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and await self._keys.find(secret.strip()) is not None


def app_of(tools: ServedTools, keys: ApiKeys, sign_in: SignIn, host: str = "127.0.0.1") -> ASGIApp:
    """Return the ASGI application."""

    async def identify(request: Request) -> Identity:
        token = request.headers.get(CUSTOMER_TOKEN)
        return await sign_in(token) if token else GUEST

    served = server_of(tools, identify).streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MAX_BODY_BYTES,
        host=host,
    )
    return WithKey(served, keys)


async def serve_http(app: ASGIApp, host: str, port: int, tell: Callable[[int], None]) -> None:
    """Serve until the process is told to end; `tell` hears the port.

    Raises:
        InvalidInput: the address or the port cannot be had.
    """
    listening = await to_thread.run_sync(_listening, host, port)
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    tell(listening.getsockname()[1])
    await uvicorn.Server(config).serve([listening])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        message = f"{host}, port {port}, cannot be listened on ({error.strerror}): choose another --port"
        raise InvalidInput(message) from error
