"""All that an installation holds of a customer, as one JSON document: `docs/audit.md` says what is where in it."""

import json
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from itertools import chain

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from shopfloor.actions.store import ActionFilter, ActionRecord
from shopfloor.journal.chain import rebuild
from shopfloor.journal.events import ContextLoaded
from shopfloor.journal.export import is_erased, pages
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ConversationId, OrderNumber, stream_of
from shopfloor.kernel.persons import Person
from shopfloor.models.spending import KEPT
from shopfloor.outreach.views import message_view, outreach_view
from shopfloor.privacy.belonging import Belongings
from shopfloor.privacy.holdings import Holdings
from shopfloor.privacy.staff_actions import StaffActions
from shopfloor.profiles.profile import entry_view
from shopfloor.shop.models import Order
from shopfloor.tools.retail.carts import guest_cart

FORMAT = "shopfloor-customer/1"
ALL = 1_000_000
"""Orders of one customer that are asked for at once."""
PAGE = 200
View = dict[str, JsonValue]


class CustomerExport:
    """Writes down what is held of a customer."""

    def __init__(self, holdings: Holdings, staff_actions: StaffActions, clock: Clock) -> None:
        """Take all that holds something of customers, what the staff did, and the clock that dates the document."""
        self._staff_actions = staff_actions
        self._journal = holdings.journal
        self._actions = holdings.actions
        self._shop = holdings.shop
        self._profiles = holdings.profiles
        self._outreaches = holdings.outreaches
        self._spending = holdings.spending
        self._clock = clock

    async def pieces(self, person: Person, theirs: Belongings) -> AsyncGenerator[str]:
        """Yield the document in pieces: what the shop holds, the profile and outreaches, then each conversation.

        `theirs` is what the person has of the journal.
        """
        parts: View = {
            "format": FORMAT,
            "made_at": self._clock.now().isoformat(),
            "customer": {"id": person.customer_id, "email": person.email},
            "shop": await self._of_shop(person, theirs),
            "profile": await self._profile(person),
            "outreaches": await self._of_outreaches(person),
            "actions": await self._of_actions(person, theirs),
            "model_use": await self._model_use(person, theirs),
        }
        yield _json(parts).removesuffix("\n}") + ',\n  "conversations": ['
        for place, conversation in enumerate(theirs.conversations):
            yield "," if place else ""
            async for piece in self._conversation(conversation):
                yield piece
        yield "\n  ]\n}\n"

    async def _of_shop(self, person: Person, theirs: Belongings) -> View:
        customer_id, shop = person.customer_id, self._shop
        orders = await self._orders(person, theirs.order_numbers)
        guests = [await shop.carts.get_cart(guest_cart(conversation)) for conversation in theirs.conversations]
        returns = [await shop.returns.returns_of(order.number) for order in orders]
        held = await shop.records.held(person)
        found: dict[str, object] = {
            "customer": await shop.customers.get_customer(customer_id) if customer_id else None,
            "orders": orders,
            "returns": list(chain(*returns)),
            "carts": [*(await shop.carts.carts_of(customer_id) if customer_id else ()), *filter(None, guests)],
            "gift_cards": await shop.customers.gift_cards_of(customer_id) if customer_id else [],
            "leads": held.leads,
            "tickets": held.tickets,
        }
        view: View = to_jsonable_python(found)
        return view

    async def _orders(self, person: Person, opened: Sequence[OrderNumber]) -> Sequence[Order]:
        """Return a customer's orders, and those that they opened as a guest."""
        own: Sequence[Order] = ()
        if person.customer_id:
            own = await self._shop.orders.orders_of(person.customer_id, limit=ALL)
        known = {order.number for order in own}
        others = [await self._shop.orders.get_order(number) for number in opened if number not in known]
        return [*own, *(order for order in others if order and person.owns(order.customer_id, order.email))]

    async def _of_outreaches(self, person: Person) -> list[JsonValue]:
        held: list[JsonValue] = []
        for outreach, message in await self._outreaches.held(person):
            told: View = {"message": message_view(message) if message else None}
            held.append(outreach_view(outreach) | told)
        return held

    async def _of_actions(self, person: Person, theirs: Belongings) -> list[JsonValue]:
        """Return the actions that were for a customer, stem from their conversations, or concern them.

        The first proposed stands first.
        """
        found: dict[str, ActionRecord] = {}
        wanted = [ActionFilter(stream=stream) for stream in sorted(theirs.streams)]
        if person.customer_id:
            wanted.append(ActionFilter(customer_id=person.customer_id))
        for each in wanted:
            after: str | None = None
            while page := await self._actions.find(each, after=after, limit=PAGE):
                found |= {record.key: record for record in page}
                after = page[-1].key
        async for page in self._staff_actions.of(person, theirs):
            found |= {record.key: record for record in page}
        first = sorted(found.values(), key=lambda record: (record.proposed_at, record.key))
        return [to_jsonable_python(record) for record in first]

    async def _profile(self, person: Person) -> View:
        if person.customer_id is None:
            return {"entries": [], "forgotten": []}
        kept = await self._profiles.recall(person.customer_id)
        return {"entries": [entry_view(entry) for entry in kept.entries], "forgotten": [*sorted(kept.forgotten)]}

    async def _model_use(self, person: Person, theirs: Belongings) -> list[JsonValue]:
        today = self._clock.now().date()
        days = [today - timedelta(days=back) for back in range(KEPT.days + 1)]
        used: list[JsonValue] = []
        for payer in payers(person, theirs):
            for day in days:
                spent = await self._spending.spent(payer, day)
                if spent.tokens or spent.nanos:
                    used.append({"day": day.isoformat(), "tokens": spent.tokens, "nanos": spent.nanos})
        return used

    async def _conversation(self, conversation: ConversationId) -> AsyncGenerator[str]:
        """Yield a conversation; the shop's own settings, which stand in it too, are left out."""
        yield f'\n    {{"id": {json.dumps(conversation, ensure_ascii=False)}, "events": ['
        is_first = True
        async for page in pages(self._journal, [stream_of(conversation)]):
            for entry in page:
                if entry.type != ContextLoaded.TYPE:
                    view = {**rebuild(entry).to_json(), "is_erased": is_erased(entry)}
                    yield f"{'' if is_first else ','}\n      {json.dumps(view, ensure_ascii=False)}"
                    is_first = False
        yield "\n    ]}"


def payers(person: Person, theirs: Belongings) -> Sequence[str]:
    """Return whom a person's use of models was counted to: the customer, and a guest's conversations."""
    return [*([person.customer_id] if person.customer_id else []), *theirs.conversations]


def _json(view: View) -> str:
    return json.dumps(view, indent=2, ensure_ascii=False)
