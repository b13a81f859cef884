"""By hand on httpx2, on which the SDKs of the providers stand, without an SDK."""

import httpx2
import raw_httpx
from assignment import Turn


def build(base_url: str) -> Turn:
    """Return the peer's turn."""
    return raw_httpx.build(base_url, httpx2)
