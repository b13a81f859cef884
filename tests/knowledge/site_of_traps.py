"""A site on this machine, whose pages a test writes down: plain ones as text, traps as functions."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Served = str | bytes | Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(title: str, text: str, *links: str, head: str = "") -> str:
    """Return a page of HTML with a menu and links."""
    led = "".join(f'<a href="{link}">more</a> ' for link in links)
    return (
        f'<!doctype html><html lang="en"><head><title>{title} | Shop</title>{head}</head><body>'
        f"<nav><a href='/'>Home</a> Everything else on sale today</nav>"
        f"<main><h1>{title}</h1><p>{text}</p>{led}</main><footer>Imprint</footer></body></html>"
    )


@dataclass(kw_only=True)
class Site:
    """A running site."""

    pages: dict[str, Served]
    """By path and query; `*` answers what no other does."""
    url: str = ""
    asked: list[str] = field(default_factory=list[str])
    """What was asked for, in order."""
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    never: asyncio.Event = field(default_factory=asyncio.Event)
    """Is never set: what waits for it is slow."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        self.headers.append(dict(request.headers))
        served = self.pages.get(request.path_qs, self.pages.get("*"))
        if served is None:
            return web.Response(status=404)
        if callable(served):
            return await served(request)
        if isinstance(served, bytes):
            return web.Response(body=served, content_type="text/html")
        kind = "text/plain" if request.path.endswith(".txt") else "text/html"
        return web.Response(text=served.replace("SITE", self.url), content_type=kind)


@asynccontextmanager
async def serving(pages: dict[str, Served]) -> AsyncGenerator[Site]:
    """Serve pages on a free port of this machine."""
    site = Site(pages=pages)
    app = web.Application()
    app.router.add_get("/{tail:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield site
    finally:
        await runner.cleanup()
