"""How much one caller may ask for, and the counters that hold them to it.

Counters live in this process: a restart forgives everybody, and what must outlive it (the tries of the guest check) is
kept in the database.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic

MAX_SUBJECTS = 100_000
"""Subjects remembered at once; the longest unheard of is forgotten first."""
ALL_STREAMS = "all"
"""What all streams of this process count against."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """So many a minute on average, and at most `burst` at once."""

    per_minute: float
    burst: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one caller may ask for. An address is an IPv4 address or the /64 network of an IPv6 address."""

    body_bytes: int = 1_000_000
    body_s: float = 15.0
    """How long a request's body may take to arrive."""
    address: Rate = Rate(per_minute=600, burst=200)
    """All requests of one address: a shop's office, or a network with many customers behind one."""
    opening: Rate = Rate(per_minute=30, burst=30)
    """Conversations opened from one address."""
    conversation: Rate = Rate(per_minute=30, burst=15)
    """Messages in one conversation."""
    customer: Rate = Rate(per_minute=60, burst=30)
    """Messages of one signed-in customer over all their conversations."""
    listening: Rate = Rate(per_minute=60, burst=30)
    """Streams opened on one conversation: each reads its journal."""
    key: Rate = Rate(per_minute=1_200, burst=300)
    """Requests with one API key."""
    streams_per_conversation: int = 8
    streams_per_key: int = 20
    streams_per_address: int = 200
    streams: int = 10_000
    """Open at once in this process."""
    turns: int = 64
    """Conversations that are answered at once; others queue."""
    wait_s: float = 150.0
    """How long a request waits for a reply before it is told to come back."""
    send_s: float = 30.0
    """How long a stream waits for a client that does not read."""
    heartbeat_s: float = 15.0
    poll_s: float = 2.0
    """How often streams look for what other processes journaled."""
    drain_s: float = 0.0
    """How long a server that is told to end still takes requests, and says that it is not ready."""
    shutdown_s: float = 20.0
    """How long turns under way may take to end when the server is stopped."""


class Rates:
    """Counts requests by subject. A subject's allowance refills evenly; nothing is stored but when it will be full."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        """Take a clock of seconds that never goes back."""
        self._now = now
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, subject: str, rate: Rate) -> int:
        """Count a request and return 0, or return in how many seconds the next one may come, without counting it."""
        now = self._now()
        each = 60.0 / rate.per_minute
        full_at = max(self._full_at.get(subject, now), now) + each
        wait = full_at - now - each * rate.burst
        if wait > 1e-9:
            return ceil(wait)
        self._full_at[subject] = full_at
        self._full_at.move_to_end(subject)
        if len(self._full_at) > MAX_SUBJECTS:
            self._full_at.popitem(last=False)
        return 0


class Places:
    """Counts what is open at once by subject."""

    def __init__(self) -> None:
        """Start with nothing open."""
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, allowed: Mapping[str, int]) -> Generator[str | None]:
        """Take a place with each subject; where one has no place left, take none and return that subject."""
        full = next((subject for subject, most in allowed.items() if self._taken[subject] >= most), None)
        if full is not None:
            yield full
            return
        self._taken.update(allowed.keys())
        try:
            yield None
        finally:
            for subject in allowed:
                self._taken[subject] -= 1
                if not self._taken[subject]:
                    del self._taken[subject]

    def taken(self, subject: str) -> int:
        """Return how many places a subject has taken."""
        return self._taken.get(subject, 0)

    def __len__(self) -> int:
        """Return how many subjects have something open."""
        return len(self._taken)


def address_group(host: str | None) -> str:
    """Return what is counted as one address: whoever has an IPv6 address has 2**64 of them."""
    if host is None:
        return "unknown"
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else f"{IPv6Address(int(address) >> 64 << 64)}/64"
