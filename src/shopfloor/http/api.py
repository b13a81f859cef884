"""The HTTP API put together."""

import mimetypes
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from shopfloor.http import (
    actions,
    agents,
    approvals,
    audit,
    conversations,
    customers,
    health,
    keys,
    knowledge,
    metrics,
    policy,
    problems,
    products,
    profiles,
    runs,
    settings,
    shop,
    signals,
    undo,
)
from shopfloor.http.guard import API_PATHS, Guard
from shopfloor.http.limits import Limits
from shopfloor.http.running import Role, Running
from shopfloor.http.services import Services

WATCHED: tuple[APIRouter, ...] = (health.router, metrics.router)
"""What a process can be asked of itself."""
ROUTERS: tuple[APIRouter, ...] = (
    shop.router,
    *WATCHED,
    conversations.router,
    runs.router,
    keys.router,
    agents.router,
    settings.router,
    policy.router,
    knowledge.router,
    products.router,
    profiles.router,
    customers.router,
    audit.router,
    signals.router,
    actions.router,
    approvals.router,
    undo.router,
)
"""One for each noun."""
PAGE = Path(__file__).parent / "page"
QUIET = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""Nothing is measured for others."""


def create_api(
    services: Services, limits: Limits | None = None, *, origins: Sequence[str] = (), role: Role = "all"
) -> FastAPI:
    """Return the API as an ASGI app.

    `origins` are the other sites whose pages may call it: none unless they are listed. Of a `worker` only its health
    and figures can be asked for.
    """
    running = Running(services, limits or Limits(), role)

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncGenerator[None]:
        async with running.run():
            yield

    api = Api(
        title="shopfloor",
        summary="An AI team for an online shop.",
        version="1",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        telemetry=QUIET,  # pyright: ignore[reportArgumentType]
        redirect_slashes=False,
        generate_unique_id_function=_operation,
    )
    api.state.running = running
    api.state.origins = tuple(origins)
    problems.install(api)
    for router in WATCHED if role == "worker" else ROUTERS:
        api.include_router(router)
    if PAGE.is_dir() and role != "worker":
        mimetypes.init()  # it reads files, which the first request would wait for
        api.router.routes.append(Page("/", StaticFiles(directory=PAGE, html=True), name="page"))
    return api


def _operation(route: APIRoute) -> str:
    return f"{route.tags[0]}-{route.name}"


class Api(FastAPI):
    """An API that is guarded on all sides, and whose document says what its errors look like."""

    def build_middleware_stack(self) -> ASGIApp:
        """Put the guard around everything, the answers to failures of ours too."""
        running: Running = self.state.running
        guarded = Guard(
            super().build_middleware_stack(), limits=running.limits, rates=running.rates, ids=running.services.ids
        )
        origins: tuple[str, ...] = self.state.origins
        return _cors(guarded, origins) if origins else guarded

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if not self.openapi_schema:
            problems.document(super().openapi())
        return super().openapi()


class Page(Mount):
    """The page's files; the API's addresses are never looked for among them."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match what is not the API's."""
        return (Match.NONE, {}) if scope["path"].startswith(API_PATHS) else super().matches(scope)


def _cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    return CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["X-Request-Id", "Retry-After"],
        max_age=600,
    )
