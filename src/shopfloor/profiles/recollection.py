"""Recalling a customer: what is stored of them, and what the shop's own orders, returns and tickets tell.

What the shop tells is never stored, and held in memory for minutes only. What a customer said wins over what they
bought, which wins over what they looked for.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import WorldError
from shopfloor.kernel.ids import ConversationId, CustomerId, ProductId
from shopfloor.profiles.contract import RANKS, Kept, Profiles, Remembered
from shopfloor.profiles.keeping import in_order, is_unwanted
from shopfloor.profiles.profile import NOBODYS, Profile
from shopfloor.profiles.stated import remembered, stated
from shopfloor.profiles.vocabulary import KEYS, MATTER
from shopfloor.shop.contract import Shop
from shopfloor.shop.garments import garment_of
from shopfloor.shop.models import Order, Return, Ticket

logger = logging.getLogger(__name__)

ORDERS = 10
"""The newest orders of a customer that are looked at."""
MATTERS = 10
"""Open matters that are told."""
KEPT_FOR = timedelta(minutes=5)
"""How long what the shop told is held for the next turns."""
KEPT = 1_000
"""Customers of whom it is held."""
STAYED = frozenset({"rejected", "withdrawn"})
"""States of a return in which the goods stay with the customer."""
OPEN_RETURNS = frozenset({"requested", "approved", "in_transit", "received"})

CategoryOf = Callable[[ProductId], Sequence[str]]
"""Returns the path of a product's category, empty where it is not sold any more."""


class Recollection:
    """Recalls customers."""

    def __init__(self, profiles: Profiles, shop: Shop, category_of: CategoryOf, clock: Clock) -> None:
        """Take where profiles are kept, the shop, what knows the products' categories, and the clock."""
        self.profiles = profiles
        self._shop = shop
        self._category_of = category_of
        self._clock = clock
        self._told: OrderedDict[CustomerId, tuple[datetime, Sequence[Remembered]]] = OrderedDict()

    async def of(self, customer_id: CustomerId) -> Profile:
        """Return what is known of a customer at this moment.

        Raises:
            StorageError: the database failed.
            Unavailable: the shop did not answer.
        """
        kept, told = await asyncio.gather(self.profiles.recall(customer_id), self._told_by_shop(customer_id))
        return _profile(kept, told)

    async def lately(self, customer_id: CustomerId) -> Profile:
        """Return what is known of a customer, with what the shop told within the last `KEPT_FOR`: one read as a rule.

        Raises:
            StorageError: the database failed.
            Unavailable: the shop did not answer.
        """
        at, told = self._told.get(customer_id, (None, ()))
        if at is None or self._clock.now() - at > KEPT_FOR:
            return await self.of(customer_id)
        return _profile(await self.profiles.recall(customer_id), told)

    async def for_turn(self, customer_id: CustomerId, said: Iterable[str], at: datetime) -> Profile:
        """Return what a turn may use, with what the customer says just now; a turn goes on without what fails."""
        try:
            return with_words(await self.lately(customer_id), said, at)
        except WorldError as error:
            logger.warning("no profile could be read: %s", error)
            return NOBODYS

    async def _told_by_shop(self, customer_id: CustomerId) -> Sequence[Remembered]:
        """Return what orders, returns and tickets tell: the size of each piece that was kept, and what is open."""
        bought, tickets = await asyncio.gather(
            self._bought(customer_id), self._shop.tickets.tickets_of(customer_id, limit=MATTERS)
        )
        sizes = [size for order, returns in bought for size in self._sizes(order, returns)]
        returns = [returned for _, returns in bought for returned in returns]
        matters = [*map(_open_ticket, tickets), *_open_returns(returns)]
        told = (*_most_bought(sizes), *matters[:MATTERS])
        self._told[customer_id] = (self._clock.now(), told)
        self._told.move_to_end(customer_id)
        while len(self._told) > KEPT:
            self._told.popitem(last=False)
        return told

    async def _bought(self, customer_id: CustomerId) -> list[tuple[Order, Sequence[Return]]]:
        """Return the newest orders that arrived, with what came back of them."""
        orders = await self._shop.orders.orders_of(customer_id, limit=ORDERS)
        delivered = [order for order in orders if order.state == "delivered"]
        returns = await asyncio.gather(*(self._shop.returns.returns_of(order.number) for order in delivered))
        return list(zip(delivered, returns, strict=True))

    def _sizes(self, order: Order, returns: Sequence[Return]) -> Iterable[Remembered]:
        """Yield a size for each piece of an order that was kept."""
        back = Counter[str]()
        for returned in returns:
            if returned.state not in STAYED:
                back.update({str(line.sku): line.quantity for line in returned.lines})
        for line in order.lines:
            garment = garment_of(self._category_of(line.product_id))
            key = f"size.{garment}"
            if (
                line.quantity <= back[line.sku]
                or not line.size
                or not garment
                or not KEYS[key].pattern.fullmatch(line.size)
            ):
                continue
            yield Remembered(key=key, value=line.size, origin="order", at=order.placed_at)


def _profile(kept: Kept, told: Sequence[Remembered]) -> Profile:
    wanted = [entry for entry in told if not is_unwanted(entry, kept.forgotten)]
    return Profile(entries=best([*kept.entries, *wanted]))


def with_words(profile: Profile, said: Iterable[str], at: datetime) -> Profile:
    """Return a profile with what the customer says of themselves just now, before anything of it is stored."""
    told = [entry for text in said for entry in remembered(stated(text).entries, None, at)]
    return Profile(entries=best([*profile.entries, *told])) if told else profile


def best(entries: Iterable[Remembered]) -> tuple[Remembered, ...]:
    """Return the entries that hold: of a key with one value the one that ranks highest, of equals the newest."""
    held: dict[tuple[str, str], Remembered] = {}
    for entry in sorted(entries, key=lambda entry: (RANKS[entry.origin], entry.at)):
        is_list = entry.key not in KEYS or KEYS[entry.key].is_list
        held[entry.key, entry.value if is_list else ""] = entry
    return in_order(held.values())


def _most_bought(sizes: Sequence[Remembered]) -> Iterable[Remembered]:
    """Return the size of each kind that was bought most often, of equals the newest: one other may be a gift."""
    counts = Counter((entry.key, entry.value) for entry in sizes)
    for key in sorted({entry.key for entry in sizes}):
        own = [entry for entry in sizes if entry.key == key]
        yield max(own, key=lambda entry: (counts[entry.key, entry.value], entry.at))


def _open_ticket(ticket: Ticket) -> Remembered:
    return Remembered(
        key=f"{MATTER}{ticket.id}",
        value=f"ticket {ticket.id}",
        origin="ticket",
        conversation_id=ConversationId(ticket.conversation_id) if ticket.conversation_id else None,
        at=ticket.created_at,
    )


def _open_returns(returns: Sequence[Return]) -> Iterable[Remembered]:
    for returned in returns:
        if returned.state in OPEN_RETURNS:
            value = f"return of order {returned.order_number}, {returned.state.replace('_', ' ')}"
            yield Remembered(key=f"{MATTER}{returned.id}", value=value, origin="ticket", at=returned.requested_at)
