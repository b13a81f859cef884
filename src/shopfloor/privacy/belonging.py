"""Whose a conversation is: the customer's who showed it last who they are, and nobody else's.

A conversation in which a customer signed in is that customer's, whatever addresses were named in it. One in which
nobody did is of whoever has the e-mail address of the guest check, or to whom the shop wrote it. Where that address was
erased, the orders that the check had opened still tell, as long as the shop has them. An address that somebody only
typed makes no conversation theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from shopfloor.conversation.outreach_runner import conversation_of
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import IdentityVerified
from shopfloor.journal.wanted import Whose
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import CONVERSATIONS, ConversationId, CustomerId, OrderNumber, StreamId, stream_of
from shopfloor.kernel.persons import Person
from shopfloor.outreach.contract import Outreaches
from shopfloor.shop.contract import Customers, Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class Belongings:
    """What is a person's of the journal."""

    conversations: Sequence[ConversationId]
    """In the order of their ids."""
    order_numbers: Sequence[OrderNumber]
    """The orders that were opened in them by the guest check."""

    @property
    def streams(self) -> frozenset[StreamId]:
        """Return the streams of the conversations."""
        return frozenset(map(stream_of, self.conversations))


class Belonging:
    """Finds out whose is what."""

    def __init__(self, journal: Journal, customers: Customers, orders: Orders, outreaches: Outreaches) -> None:
        """Take the journal, what the shop knows of customers and orders, and what was said to whom unasked."""
        self._journal = journal
        self._customers = customers
        self._orders = orders
        self._outreaches = outreaches

    async def person(self, given: str) -> Person:
        """Return who is meant by a customer's id, or by the e-mail address of a customer or a guest.

        An id that the shop does not know any more is taken too, so that nothing is left of a customer who is gone.

        Raises:
            InvalidInput: it is neither.
        """
        if not given.strip() or not given.isprintable():
            raise InvalidInput("name a customer by their id, or by their e-mail address")
        if "@" in given:
            known = await self._customers.find_customer(given)
        else:
            known = await self._customers.get_customer(CustomerId(given.strip()))
        if known:
            return Person(customer_id=known.id, email=known.email)
        if "@" in given:
            return Person(customer_id=None, email=given.strip())
        return Person(customer_id=CustomerId(given.strip()), email=None)

    async def of(self, person: Person) -> Belongings:
        """Return what is a person's of the journal."""
        conversations = {
            outreach.conversation_id
            for outreach, _ in await self._outreaches.held(person)
            if outreach.conversation_id and outreach.conversation_id == conversation_of(outreach)
        }
        numbers: set[OrderNumber] = set()
        after: StreamId | None = None
        while page := await self._journal.identities(after=after):
            for event in page:
                conversation = ConversationId(event.stream.removeprefix(CONVERSATIONS))
                shown = cast(IdentityVerified, event.data)
                if await self._is_theirs(shown, person):
                    conversations.add(conversation)
                    numbers.update(shown.order_numbers)
                else:
                    conversations.discard(conversation)
            after = page[-1].stream
        return Belongings(conversations=sorted(conversations), order_numbers=sorted(numbers))

    async def whose(self, given: str) -> Whose:
        """Return which events are a customer's, who is named as for `person`."""
        person = await self.person(given)
        return Whose(customer_id=person.customer_id, streams=(await self.of(person)).streams)

    async def _is_theirs(self, shown: IdentityVerified, person: Person) -> bool:
        if shown.customer_id is not None or shown.email:
            return person.owns(shown.customer_id, shown.email)
        return bool(shown.order_numbers) and await self._are_theirs(shown.order_numbers, person)

    async def _are_theirs(self, numbers: Iterable[OrderNumber], person: Person) -> bool:
        """Whether all of some orders are of a person's address."""
        if not person.email:
            return False
        for number in numbers:
            order = await self._orders.get_order(number)
            if order is None or not person.owns(None, order.email):
                return False
        return True
