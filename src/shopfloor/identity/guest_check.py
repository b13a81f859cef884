"""The guest check: whoever names an order's number and its e-mail address may see that one order.

Five wrong tries within a day close the check for the conversation, for the order and for the address that was tried.
An order that does not exist is answered like one whose address does not match, so the check tells nobody which exist.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ConversationId, OrderNumber
from shopfloor.shop.contract import Orders

MAX_TRIES = 5
WINDOW = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """How a guest check went."""

    outcome: Literal["verified", "mismatch", "locked"]
    tries_left: int


class Tries(Protocol):
    """Remembers wrong tries; both methods are atomic."""

    async def claim(self, subjects: Sequence[str], fingerprint: str, at: datetime) -> int:
        """Count one try against each subject and return the most tries that any of them has had since `WINDOW` ago.

        Trying the same thing again counts once. Nothing is counted where a subject has used its tries up.
        """
        ...

    async def forgive(self, subjects: Sequence[str], fingerprint: str) -> None:
        """Take a try back: it was right."""
        ...


class GuestCheck:
    """Compares, and counts wrong tries."""

    def __init__(self, orders: Orders, tries: Tries, clock: Clock) -> None:
        """Take where orders are read, where tries are kept, and the clock that they age by."""
        self._orders = orders
        self._tries = tries
        self._clock = clock

    async def check(self, conversation_id: ConversationId, number: OrderNumber, email: str) -> CheckResult:
        """Compare an e-mail address with that of an order, in constant time and without case."""
        given = email.strip().casefold()
        subjects = (f"conversation:{conversation_id}", f"order:{number}", f"email:{digest(given)}")
        fingerprint = digest([number, given])
        # A try is counted before the comparison and taken back when right: parallel guesses cannot slip through.
        used = await self._tries.claim(subjects, fingerprint, self._clock.now())
        if used > MAX_TRIES:
            return CheckResult(outcome="locked", tries_left=0)
        order = await self._orders.get_order(number)
        held = order.email.strip().casefold() if order else ""
        if order and hmac.compare_digest(given.encode(), held.encode()):
            await self._tries.forgive(subjects, fingerprint)
            return CheckResult(outcome="verified", tries_left=MAX_TRIES - used + 1)
        return CheckResult(outcome="mismatch" if used < MAX_TRIES else "locked", tries_left=MAX_TRIES - used)
