"""What a site asks of those that crawl it: its `robots.txt`, and the sitemaps named there."""

from collections.abc import Sequence

from anyio import to_thread
from protego import Protego
from yarl import URL

from shopfloor.kernel.errors import Rejected, Unavailable
from shopfloor.knowledge.fetching import AGENT, PRIVATE, Check, Fetcher

MOST_BYTES = 500_000
LONGEST_PAUSE_S = 10.0


class Robots:
    """The rules of one site."""

    def __init__(self, text: str) -> None:
        """Take the text of its `robots.txt`; an empty one allows all."""
        self._rules = Protego.parse(text)

    def allows(self, url: URL) -> bool:
        """Whether a page may be fetched."""
        return bool(self._rules.can_fetch(str(url), AGENT))

    @property
    def pause_s(self) -> float:
        """Return how long it wants us to wait between two pages, up to a limit."""
        return min(float(self._rules.crawl_delay(AGENT) or 0.0), LONGEST_PAUSE_S)

    @property
    def sitemaps(self) -> Sequence[str]:
        """Return the addresses of the sitemaps that it names."""
        return list(self._rules.sitemaps)


async def robots_of(start: URL, fetcher: Fetcher, check: Check) -> Robots:
    """Return the rules of a site; one that has none allows all.

    Raises:
        Unavailable: they could not be had, so nobody knows what is allowed.
    """
    try:
        answer = await fetcher.get(start.with_path("/robots.txt"), check, most_bytes=MOST_BYTES)
    except Rejected as error:
        if str(error) == PRIVATE:
            raise
        return Robots("")
    except Unavailable as error:
        raise Unavailable(f"{start.host}: its robots.txt could not be read, so nothing is: {error}") from error
    text = answer.content.decode("utf-8", "replace")
    return await to_thread.run_sync(Robots, text if "<html" not in text[:1_000].lower() else "")
