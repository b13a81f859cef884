"""What an installation holds of one customer: given out on request, and erased on request.

Each step of an erasure can be done twice, and none but the last removes what tells which conversations are theirs; so
whatever broke in the middle, the same erasure once more completes it.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.journal.record_events import RECORDS, CustomerErased, CustomerExported
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import ConversationId
from shopfloor.kernel.persons import Person
from shopfloor.outreach.attempts import UNDER_WAY, OutboxMessage, Outreach
from shopfloor.privacy.belonging import Belonging, Belongings
from shopfloor.privacy.customer_export import CustomerExport
from shopfloor.privacy.holdings import Holdings
from shopfloor.privacy.staff_actions import StaffActions


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """Something that an erasure leaves, and why."""

    what: str
    why: str


ERASED_RULE = "customer.erased"
"""The rule by which an outreach ends whose customer is erased."""
KEPT = (
    Kept(
        what="the account, orders, returns, carts and gift cards",
        why="they belong to the shop system, which needs them: erase there what may be erased",
    ),
    Kept(
        what="of every event its type, time and ids, the customer's id and order numbers among them",
        why="the chain holds them together, and they tell what was done; nothing that was said is among them",
    ),
    Kept(
        what="that the profile was erased and that it was written to, under the customer's id",
        why="orders, searches and writes that are sent again would fill it again",
    ),
    Kept(
        what="backups, recordings and exports",
        why="they lie where you put them, out of reach",
    ),
)
"""What stays in any case."""
ROUNDS = 3
"""How often it is looked for what was written meanwhile."""


@dataclass(kw_only=True, slots=True)
class Erasure:
    """What was erased of a customer, and what was not."""

    conversations: int = 0
    events: int = 0
    """Whose personal part was erased."""
    profile_entries: int = 0
    staff_actions: int = 0
    """What the staff did that concerns them, of which the personal part was erased."""
    leads: int = 0
    tickets: int = 0
    outreaches: int = 0
    messages: int = 0
    """Of the outbox."""
    open_conversations: dict[ConversationId, str] = field(default_factory=dict[ConversationId, str])
    """Those that were kept since something in them is not over, and what."""
    open_actions: dict[str, str] = field(default_factory=dict[str, str])
    """Those of the staff that were kept since nobody knows yet whether they happened, by id, and why."""
    open_tickets: tuple[str, ...] = ()
    typed_in: tuple[ConversationId, ...] = ()
    """Conversations in which their address was only typed, so that nobody knows whose they are."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left that is to be erased."""
        return not self.open_conversations and not self.open_actions and not self.open_tickets

    @property
    def kept(self) -> list[Kept]:
        """Return what stays, and why."""
        still_open = self.open_conversations | self.open_actions
        kept = [*KEPT, *(Kept(what=one, why=why) for one, why in still_open.items())]
        if self.open_tickets:
            why = "a person of the shop still has to answer: close them, and erase again"
            kept.append(Kept(what=f"the tickets {', '.join(self.open_tickets)}", why=why))
        if self.typed_in:
            why = "the address was only typed there, so nobody knows whose they are: `shopfloor erase` takes each"
            kept.append(Kept(what=f"the conversations {', '.join(self.typed_in)}", why=why))
        return kept

    @property
    def counts(self) -> dict[str, int]:
        """Return what was erased, by what it is."""
        return {
            "conversations": self.conversations,
            "events": self.events,
            "staff_actions": self.staff_actions,
            "profile_entries": self.profile_entries,
            "leads": self.leads,
            "tickets": self.tickets,
            "outreaches": self.outreaches,
            "messages": self.messages,
        }


class CustomerData:
    """Gives out and erases what is held of customers."""

    def __init__(self, chat: ChatOrchestrator, holdings: Holdings, clock: Clock) -> None:
        """Take who erases conversations, all that holds something of customers, and the clock."""
        shop = holdings.shop
        self.belonging = Belonging(holdings.journal, shop.customers, shop.orders, holdings.outreaches)
        self._staff_actions = StaffActions(holdings.journal, holdings.actions, shop)
        self._export = CustomerExport(holdings, self._staff_actions, clock)
        self._chat = chat
        self._journal = holdings.journal
        self._shop = shop
        self._profiles = holdings.profiles
        self._outreaches = holdings.outreaches
        self._spending = holdings.spending
        self._clock = clock

    async def export(self, given: str, *, staff: str | None) -> AsyncGenerator[str]:
        """Yield all that is held of a customer, as a JSON document in pieces; that it was given out is journaled.

        The customer is named by id, or by the e-mail address of a customer or a guest; `staff` is who asked.

        Raises:
            InvalidInput: nobody can be named so.
            NotFound: nothing is held of them.
        """
        person = await self.belonging.person(given)
        theirs = await self.belonging.of(person)
        if not theirs.conversations and await self._is_unknown(person):
            raise NotFound("nothing is held of such a customer: give their id, or their e-mail address")
        told = CustomerExported(customer_id=person.customer_id, staff=staff, conversations=len(theirs.conversations))
        await self._journal.append(RECORDS, [told])
        async for piece in self._export.pieces(person, theirs):
            yield piece

    async def erase(
        self,
        given: str,
        *,
        staff: str | None,
        even_open: bool = False,
        tell: Callable[[str], None] = lambda _step: None,
    ) -> Erasure:
        """Erase for good what is held of a customer, who is named as for `export`, and return what was and was not.

        A conversation in which an action waits for the merchant, or for its outcome, is kept unless `even_open`, and so
        is what the staff did and of which nobody knows yet whether it happened. What the shop itself needs stays: the
        account, orders and returns. `tell` hears what is done next.

        Raises:
            InvalidInput: nobody can be named so.
            StorageError: something could not be erased, or not from the disk; erase again.
        """
        person = await self.belonging.person(given)
        await self._journal.append(RECORDS, [_told(person, staff, "begun", {})])
        done = Erasure()
        held = await self._outreaches.held(person)
        records = await self._shop.records.held(person)
        asked_in = {one.conversation_id for one in (*records.leads, *records.tickets) if one.conversation_id}
        await self._end(held)
        theirs = await self._erase_conversations(person, done, even_open=even_open, tell=tell)
        done.typed_in = tuple(sorted(ConversationId(one) for one in asked_in - {*theirs.conversations}))
        tell("what the staff did")
        by_staff = await self._staff_actions.erase(person, theirs, even_open=even_open)
        done.events += by_staff.events
        done.staff_actions, done.open_actions = by_staff.actions, by_staff.open_actions
        tell("the profile")
        if person.customer_id:
            await self._spending.erase(person.customer_id)
            done.profile_entries = await self._profiles.erase(person.customer_id, at=self._clock.now())
        tell("leads and tickets")
        erased = await self._shop.records.erase(person)
        done.leads, done.tickets, done.open_tickets = erased.leads, erased.tickets, erased.open_tickets
        tell("outreaches")
        held = await self._outreaches.held(person)
        done.messages = sum(message is not None for _, message in held)
        done.outreaches = await self._outreaches.remove([outreach.id for outreach, _ in held])
        await self._journal.append(RECORDS, [_told(person, staff, "done" if done.is_whole else "open", done.counts)])
        return done

    async def _is_unknown(self, person: Person) -> bool:
        """Whether neither the shop nor we hold anything of somebody without a conversation."""
        if person.customer_id and await self._shop.customers.get_customer(person.customer_id):
            return False
        records = await self._shop.records.held(person)
        return not (records.leads or records.tickets or await self._outreaches.held(person))

    async def _end(self, held: Sequence[tuple[Outreach, OutboxMessage | None]]) -> None:
        """Let nobody speak unasked any more to whom is erased."""
        for outreach, _ in held:
            if outreach.state in UNDER_WAY:
                await self._outreaches.end(outreach.id, "suppressed", ERASED_RULE, at=self._clock.now())

    async def _erase_conversations(
        self, person: Person, done: Erasure, *, even_open: bool, tell: Callable[[str], None]
    ) -> Belongings:
        """Erase their conversations, and once more what was written in them, or in new ones, meanwhile."""
        kept: dict[ConversationId, str] = {}
        erased: set[ConversationId] = set()
        theirs = await self.belonging.of(person)
        for _ in range(ROUNDS):
            before = done.events
            for conversation in theirs.conversations:
                if conversation not in kept:
                    tell(conversation)
                    await self._erase_one(conversation, done, erased, kept, even_open=even_open)
            if done.events == before:
                break
            theirs = _both(theirs, await self.belonging.of(person))
        done.conversations = len(erased)
        done.open_conversations = kept
        return theirs

    async def _erase_one(
        self,
        conversation: ConversationId,
        done: Erasure,
        erased: set[ConversationId],
        kept: dict[ConversationId, str],
        *,
        even_open: bool,
    ) -> None:
        await self._spending.erase(conversation)
        try:
            events = await self._chat.erase(conversation, even_open=even_open)
        except NotFound:  # an outreach that has not opened its conversation yet
            return
        except Conflict as error:
            kept[conversation] = str(error)
            return
        done.events += events
        if events:
            erased.add(conversation)


def _both(one: Belongings, other: Belongings) -> Belongings:
    """Return what is in one or the other: of what was erased the address does not tell any more whose it is."""
    return Belongings(
        conversations=sorted({*one.conversations, *other.conversations}),
        order_numbers=sorted({*one.order_numbers, *other.order_numbers}),
    )


def _told(
    person: Person, staff: str | None, state: Literal["begun", "done", "open"], counts: Mapping[str, int]
) -> CustomerErased:
    return CustomerErased(customer_id=person.customer_id, staff=staff, state=state, counts=dict(counts))
