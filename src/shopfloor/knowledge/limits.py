"""How far a look at a source goes, and who hears how far it has come."""

from collections.abc import Callable
from dataclasses import dataclass

Tell = Callable[[int, int, str], None]
"""Hears how many pages are done, how many are known of, and which is the last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrawlLimits:
    """How far a crawl goes."""

    most_pages: int = 500
    most_bytes: int = 300_000_000
    """In all, unpacked."""
    most_s: float = 1_800.0
    page_s: float = 20.0
    """How long a page may take, from the request to its last byte."""
    pause_s: float = 0.1
    """Between the beginnings of two requests."""
    at_once: int = 4


DEFAULT_LIMITS = CrawlLimits()


def nobody(_done: int, _known: int, _place: str) -> None:
    """Tell nobody how far it has come."""
