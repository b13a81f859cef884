"""Fetching pages politely: within limits of bytes and time, each redirect looked at before it is followed."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

import aiohttp
from aiohttp.abc import AbstractResolver
from anyio import to_thread
from yarl import URL

from shopfloor.kernel.errors import BadAnswer, Rejected, Unavailable
from shopfloor.knowledge.addresses import PrivateAddress, sockets
from shopfloor.knowledge.urls import normalised

AGENT = "shopfloor"
"""What `robots.txt` calls us."""
MOST_BYTES = 10_000_000
"""Of a page, unpacked."""
MOST_REDIRECTS = 5
SILENT_S = 10.0
"""How long a server may say nothing."""
PIECE = 65_536
PRIVATE = "it lies at a private address: `--allow-private` takes it, if you trust it"
Check = Callable[[URL], str | None]
"""Says why an address is not to be fetched; None where it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a server gave for a page."""

    url: URL
    """Where it lies in the end."""
    is_unchanged: bool = False
    """Whether it is as it was before; then it has no content."""
    content: bytes = b""
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    robots: str = ""
    """What its `X-Robots-Tag` says."""


class Fetcher:
    """Fetches pages over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, *, page_s: float) -> None:
        """Take a session whose connector lets nobody connect to where they may not."""
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=page_s, sock_read=min(SILENT_S, page_s), sock_connect=SILENT_S)

    async def get(
        self,
        url: URL,
        check: Check,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """Fetch a page; with what was said of its version before, only if it has changed since.

        Raises:
            Unavailable: it could not be had this time.
            Rejected: it is not to be had; `is_lasting` where it is gone for good.
        """
        headers = {"If-None-Match": etag or "", "If-Modified-Since": last_modified or ""}
        try:
            for _ in range(MOST_REDIRECTS + 1):
                if why := check(url):
                    raise Rejected(why)
                asked = {name: value for name, value in headers.items() if value}
                async with self._session.get(url, headers=asked, allow_redirects=False, timeout=self._timeout) as got:
                    if got.status not in {301, 302, 303, 307, 308}:
                        return await _answer(url, got, most_bytes)
                    following = normalised(got.headers.get("Location", ""), url)
                if following is None:
                    raise BadAnswer("it redirects to no address")
                url = following
        except TimeoutError as error:
            raise Unavailable("it did not answer in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _trouble(error) from error
        raise Rejected("it redirects in a circle")


@asynccontextmanager
async def opened_fetcher(
    *, allow_private: bool, resolver: AbstractResolver | None = None, page_s: float
) -> AsyncGenerator[Fetcher]:
    """Open a fetcher; `allow_private` lets it connect to private addresses too."""
    connector = aiohttp.TCPConnector(
        limit=8, resolver=resolver, socket_factory=sockets(allow_private=allow_private), use_dns_cache=True
    )
    headers = {
        "User-Agent": f"{AGENT}/{await to_thread.run_sync(version, 'shopfloor')}",
        "Accept": "text/html, application/xhtml+xml, application/pdf, text/*;q=0.9, */*;q=0.5",
        "Accept-Encoding": "gzip, deflate",
    }
    async with aiohttp.ClientSession(connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as one:
        yield Fetcher(one, page_s=page_s)


async def _answer(url: URL, got: aiohttp.ClientResponse, most_bytes: int) -> Answer:
    if got.status == 304:
        return Answer(url=url, is_unchanged=True)
    if got.status in {404, 410}:
        raise Rejected("there is no such page", is_lasting=True)
    if got.status in {401, 403}:
        raise Rejected("its server does not let us in")
    if got.status != 200:
        said = f"its server answered {got.status}"
        raise Unavailable(said) if got.status >= 500 or got.status in {408, 429} else Rejected(said)
    kind = got.content_type.partition("/")[0]
    if kind in {"image", "video", "audio", "font"}:
        got.close()
        raise Rejected(f"it is {'an' if kind[0] in 'ai' else 'a'} {kind}, which holds no text")
    too_much = Rejected(f"it has more than {most_bytes // 1_000_000:,} MB")
    if (got.content_length or 0) > most_bytes:
        got.close()  # the rest is not waited for
        raise too_much
    content = bytearray()
    async for piece in got.content.iter_chunked(PIECE):
        content += piece
        if len(content) > most_bytes:
            got.close()
            raise too_much
    return Answer(
        url=url,
        content=bytes(content),
        content_type=got.headers.get("Content-Type", ""),
        etag=got.headers.get("ETag"),
        last_modified=got.headers.get("Last-Modified"),
        robots=", ".join(got.headers.getall("X-Robots-Tag", [])),
    )


def _trouble(error: Exception) -> Unavailable | Rejected:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PrivateAddress) or isinstance(getattr(cause, "os_error", None), PrivateAddress):
            return Rejected(PRIVATE)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unavailable("its name leads nowhere: check the address")
    if isinstance(error, aiohttp.ClientSSLError):
        return Unavailable("its certificate is not valid")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unavailable("its server cannot be reached")
    return BadAnswer("its server's answer cannot be read")
