"""What each write to a profile asks for; both ways of keeping profiles tell by it whether a key was used for the same.

Nothing that a customer said is kept with a key: only a digest of what was asked, and how many entries went. Once the
profile is erased, not even the digest.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import TypeAdapter

from shopfloor.kernel.ids import CustomerId
from shopfloor.profiles.contract import Kept, Remembered
from shopfloor.shop.effects import Effect, Write

ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
COUNT = TypeAdapter(int)
"""How many entries a write removed; 0 of one that removes none."""
Things = Sequence[tuple[str, str]]
"""Keys, each with the value that is meant."""
ERASED = ""
"""The digest of a write that was carried out before the profile was erased: what it asked for is not known any more."""


def remember(customer_id: CustomerId, entries: Sequence[Remembered], key: str) -> Write[int]:
    """Ask for entries to be remembered; a second attempt has a later time."""
    asked = (customer_id, [replace(entry, at=ANY_TIME) for entry in entries])
    return Write(kind="remember", key=key, asked=asked, gives=COUNT)


def forget(customer_id: CustomerId, things: Things, key: str) -> Write[int]:
    """Ask for things to be forgotten."""
    return Write(kind="forget", key=key, asked=(customer_id, things), gives=COUNT)


def restore(customer_id: CustomerId, keys: Collection[str], kept: Kept, key: str) -> Write[int]:
    """Ask for some keys to hold what they held."""
    return Write(kind="restore", key=key, asked=(customer_id, sorted(keys), kept), gives=COUNT)


def erase(customer_id: CustomerId, key: str) -> Write[int]:
    """Ask for everything to go."""
    return Write(kind="erase", key=key, asked=customer_id, gives=COUNT)


def as_asked(earlier: Effect | None, kind: str, asked: str) -> Effect | None:
    """Return what was carried out under a key; what is not known any more counts as what is asked for now.

    So a write that is sent again after an erasure brings nothing back.
    """
    if earlier and (earlier.kind, earlier.digest) == (kind, ERASED):
        return replace(earlier, digest=asked)
    return earlier
