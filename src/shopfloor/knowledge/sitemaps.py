"""The addresses that a site lists itself, in sitemaps and lists of sitemaps, packed or not."""

import html
import re
import zlib

LOCATION = re.compile(r"<loc>\s*+(?:<!\[CDATA\[)?(?P<url>[^<>]++)", re.IGNORECASE)
IS_LIST = re.compile(r"<sitemapindex\b", re.IGNORECASE)
MOST_BYTES = 50_000_000
"""What a packed one may unpack to."""
MOST_SITEMAPS = 50
MOST_ADDRESSES = 50_000


def read_sitemap(content: bytes) -> tuple[list[str], bool]:
    """Return the addresses in a sitemap, and whether they are those of other sitemaps.

    It is looked through for its addresses and never parsed, so nothing in it can be expanded.
    """
    text = _unpacked(content).decode("utf-8", "replace")
    found = [html.unescape(match["url"].strip().removesuffix("]]").strip()) for match in LOCATION.finditer(text)]
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith(("http://", "https://"))]
    return (found or lines)[:MOST_ADDRESSES], bool(IS_LIST.search(text[:2_000]))


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return zlib.decompressobj(wbits=31).decompress(content, MOST_BYTES)
    except zlib.error:
        return b""
