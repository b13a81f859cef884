"""What remembering a customer promises, wherever it is kept.

Only signed-in customers have a profile, and only code names the customer. A profile is data: its keys are fixed, and
so is what each may hold, so no text that a customer wrote is ever in it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from shopfloor.kernel.ids import ConversationId, CustomerId
from shopfloor.shop.effects import Effect

Origin = Literal["said", "order", "search", "ticket", "staff"]
"""Where it is known from: the customer's own words, what they bought and kept, what they looked for, a matter that is
open, or a person of the shop."""
RANKS: Mapping[Origin, int] = {"said": 3, "staff": 3, "order": 2, "search": 1, "ticket": 0}
"""What is higher wins over what is lower; of equals the newer."""
ALL = "*"
"""Stands for every key where all was erased."""
MAX_VALUES = 12
"""Values of one key; the oldest goes first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """One thing that is known of a customer."""

    key: str
    """One of the vocabulary's: `size.shoes`."""
    value: str
    origin: Origin
    conversation_id: ConversationId | None = None
    """Where it was said or looked for; None where it stems from elsewhere."""
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What is stored of a customer."""

    entries: tuple[Remembered, ...] = ()
    """By key, those of one key the oldest first."""
    forgotten: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """When the customer wanted which keys forgotten, `ALL` for every one: only their own words tell them again."""

    def of(self, keys: Collection[str]) -> "Kept":
        """Return what is stored under some keys."""
        entries = tuple(entry for entry in self.entries if entry.key in keys)
        return Kept(entries=entries, forgotten={key: at for key, at in self.forgotten.items() if key in keys})


class Profiles(Protocol):
    """Keeps profiles.

    All methods may raise `StorageError`. None of them tells another customer's things. A write may have an idempotency
    key: with the same arguments it changes nothing the second time, with other arguments it raises `Conflict`.
    """

    async def recall(self, customer_id: CustomerId) -> Kept:
        """Return what is stored of a customer; nothing for one who is not known."""
        ...

    async def remember(
        self, customer_id: CustomerId, entries: Sequence[Remembered], *, key: str | None = None
    ) -> Sequence[Remembered]:
        """Store entries, and return those that hold now.

        A key of one value loses its earlier value, unless that ranks higher than the new one; a key of several gets
        one more, the oldest beyond `MAX_VALUES` going. Of a key that was forgotten, nothing that stems from searches is
        stored; what was said is, and the key counts as forgotten no more. Doing it twice is doing it once.

        Raises:
            InvalidInput: a key or value that is not in the vocabulary.
            Conflict: the key was used for something else.
        """
        ...

    async def forget(self, customer_id: CustomerId, key: str, value: str | None = None, *, at: datetime) -> int:
        """Remove a key's values, or one of them, leave the rest as it is, and return how many were removed.

        That a whole key was forgotten at `at` is kept, so that orders and searches do not tell it again.
        """
        ...

    async def forget_things(
        self, customer_id: CustomerId, things: Sequence[tuple[str, str]], *, at: datetime, key: str
    ) -> int:
        """Forget values of keys as one write, and return how many entries were removed.

        A key of one value is forgotten whole, whichever value is named.

        Raises:
            Conflict: the key was used for something else.
        """
        ...

    async def restore(self, customer_id: CustomerId, keys: Collection[str], kept: Kept, *, key: str) -> None:
        """Let what is stored under some keys be just what it was, and leave the rest as it is.

        Raises:
            InvalidInput: a key or value that is not in the vocabulary, or one that is not among the keys.
            Conflict: the key was used for something else.
        """
        ...

    async def find_effect(self, key: str) -> Effect | None:
        """Return what was carried out under a key, or None where nothing was."""
        ...

    async def erase(self, customer_id: CustomerId, *, at: datetime, key: str | None = None) -> int:
        """Remove all that is stored of a customer for good, and return how many entries that were.

        That it was erased at `at` is kept, so that orders and searches do not tell it again. Of earlier writes only
        their keys and how many entries each removed are kept: one that is sent again changes nothing.

        Raises:
            StorageError: it is removed, but the disk still holds it; erase again.
            Conflict: the key was used for something else.
        """
        ...
