"""Addresses of pages: written in one way, held to the part of a site that was asked for, and without traps."""

import re
from collections import Counter
from dataclasses import dataclass

from yarl import URL

from shopfloor.kernel.errors import InvalidInput

TRACKING = re.compile(
    r"utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|ref|ref_src|sid|phpsessid|sessionid|jsessionid", re.I
)
"""Names of parameters that change nothing of a page."""
LONGEST = 1_000
MOST_PARTS = 12
MOST_SAME_PARTS = 3
MOST_QUERIES = 20
"""Addresses that differ only in what stands behind `?`."""
MOST_NUMBERED = 300
"""Addresses that differ only in their numbers, as those of the days of a calendar do."""
NOT_PAGES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|css|js|mjs|json|xml|rss|atom|woff2?|ttf|eot|mp[34]|webm|avi|mov|zip|gz|tar|"
    r"7z|rar|exe|dmg|apk|iso|xlsx?|pptx?|doc)$",
    re.IGNORECASE,
)
"""Endings of what holds no text that can be taken."""


def normalised(address: str, base: URL | None = None) -> URL | None:
    """Return an address in the one way of writing it; None for what is no address of a page."""
    try:
        url = URL(address.strip())
        url = base.join(url) if base is not None else url
        if url.scheme not in {"http", "https"} or not url.host or url.user or url.password:
            return None
        kept = sorted((name, value) for name, value in url.query.items() if not TRACKING.fullmatch(name))
        url = url.with_query(kept or None).with_fragment(None)
        return url.with_path("/", keep_query=True) if not url.raw_path else url
    except (ValueError, TypeError, UnicodeError):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The part of a site whose pages are taken."""

    host: str
    port: int | None
    path: str
    """What the paths of its pages begin with, up to a `/`; empty for all."""

    @classmethod
    def of(cls, start: URL) -> "Scope":
        """Return what is meant by an address: it and what lies below it."""
        head, _, last = start.path.rpartition("/")
        path = head if "." in last else start.path.rstrip("/")
        return cls(host=_bare(start.host), port=_port(start), path=path)

    def is_same_site(self, url: URL) -> bool:
        """Whether an address is of this site."""
        return _bare(url.host) == self.host and _port(url) == self.port

    def holds(self, url: URL) -> bool:
        """Whether an address is of this part of the site."""
        return self.is_same_site(url) and (not self.path or f"{url.path}/".startswith(f"{self.path}/"))


def start_of(address: str) -> URL:
    """Return where a crawl begins.

    Raises:
        InvalidInput: it is no address of a page.
    """
    url = normalised(address)
    if url is None:
        raise InvalidInput(f"{address} is no address of a page: write it like https://shop.example/help")
    return url


class Traps:
    """Tells addresses that a site makes without end from those of pages."""

    def __init__(self) -> None:
        """Start with none seen."""
        self._queries: Counter[str] = Counter()
        self._numbered: Counter[str] = Counter()

    def why_not(self, url: URL) -> str | None:
        """Return why an address that a page links to is not followed; None where it is."""
        parts = [part for part in url.path.split("/") if part]
        if len(str(url)) > LONGEST or len(parts) > MOST_PARTS:
            return "its address is too long"
        if parts and max(Counter(parts).values()) > MOST_SAME_PARTS:
            return "its address goes in a circle"
        if url.query_string:
            self._queries[url.path] += 1
            if self._queries[url.path] > MOST_QUERIES:
                return f"more than {MOST_QUERIES} addresses differ only behind the question mark"
        numbered = re.sub(r"\d+", "0", str(url))
        if numbered != str(url):
            self._numbered[numbered] += 1
            if self._numbered[numbered] > MOST_NUMBERED:
                return f"more than {MOST_NUMBERED} addresses differ only in their numbers, as in a calendar"
        return None


def is_page(url: URL) -> bool:
    """Whether an address may be a page's, by its ending."""
    return not NOT_PAGES.search(url.path)


def _bare(host: str | None) -> str:
    return (host or "").lower().rstrip(".").removeprefix("www.")


def _port(url: URL) -> int | None:
    return None if url.is_default_port() else url.explicit_port
