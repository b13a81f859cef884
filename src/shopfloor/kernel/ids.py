"""Ids: what they are called and where new ones come from."""

import random
import secrets
from typing import NewType, Protocol

from shopfloor.kernel.clock import Clock

AgentId = NewType("AgentId", str)
ConversationId = NewType("ConversationId", str)
CustomerId = NewType("CustomerId", str)
MessageId = NewType("MessageId", str)
OrderNumber = NewType("OrderNumber", str)
ProductId = NewType("ProductId", str)
Sku = NewType("Sku", str)
StreamId = NewType("StreamId", str)
TurnId = NewType("TurnId", str)

CONVERSATIONS = "conversation/"
"""How the streams of conversations begin."""
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, lower case: no letter that reads like a digit."""


def stream_of(conversation: ConversationId) -> StreamId:
    """Return the stream that a conversation's events are in."""
    return StreamId(f"{CONVERSATIONS}{conversation}")


def conversation_in(stream: StreamId) -> ConversationId | None:
    """Return the conversation whose stream it is; None for another stream."""
    return ConversationId(stream.removeprefix(CONVERSATIONS)) if stream.startswith(CONVERSATIONS) else None


def base32(number: int, length: int) -> str:
    """Write the lowest `5 * length` bits of a number in `length` characters."""
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))


class IdSource(Protocol):
    """Makes new ids."""

    def new(self, prefix: str) -> str:
        """Return an id that was never returned before, `<prefix>_<characters>`, sortable by the time it was made."""
        ...


class TimedIds:
    """Ids of 48 bits of milliseconds and 80 bits of chance (the layout of ULID), in lower case."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock that the leading characters are read from."""
        self._clock = clock

    def new(self, prefix: str) -> str:
        """Return a new id."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        return f"{prefix}_{base32(milliseconds, 10)}{base32(secrets.randbits(80), 16)}"


class SeededIds:
    """Ids that come out the same in every run with the same seed; for replays and tests."""

    def __init__(self, seed: int = 0) -> None:
        """Take the seed."""
        self._random = random.Random(seed)  # noqa: S311  (repeatable on purpose)
        self._count = 0

    def new(self, prefix: str) -> str:
        """Return the next id of the sequence."""
        self._count += 1
        return f"{prefix}_{base32(self._count, 10)}{base32(self._random.getrandbits(80), 16)}"
