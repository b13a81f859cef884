"""What the staff did on behalf of somebody: it stands in the stream of the staff, in no conversation of theirs.

An action of the staff names nobody whom it is for. It is of whoever owns what it touches: their order, cart, profile
or account. Where it touches nothing that somebody owns, such as a lead that it makes, it is of whoever its words name.
What it touches stays when it is erased, so it can be found again.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from shopfloor.actions.desk import STREAM
from shopfloor.actions.projection import is_erased
from shopfloor.actions.store import LIVE, ActionFilter, ActionRecord, Actions
from shopfloor.journal.contract import Journal
from shopfloor.kernel.ids import OrderNumber
from shopfloor.kernel.persons import Person, email_key
from shopfloor.privacy.belonging import Belongings
from shopfloor.shop.contract import Shop
from shopfloor.tools.retail.carts import first_cart, guest_cart

PAGE = 200
OWNED = frozenset({"customer", "profile", "order", "cart", "guest_cart"})
"""What a resource begins with that somebody owns."""


@dataclass(kw_only=True, slots=True)
class ErasedActions:
    """What became of actions of the staff that were to be erased."""

    actions: int = 0
    events: int = 0
    """Whose personal part was erased."""
    open_actions: dict[str, str] = field(default_factory=dict[str, str])
    """Those that were kept since nobody knows yet whether they happened, by id, and why."""


class StaffActions:
    """Finds and erases what the staff did."""

    def __init__(self, journal: Journal, actions: Actions, shop: Shop) -> None:
        """Take the journal, the actions kept beside it, and the shop, which knows whose an order or a cart is."""
        self._journal = journal
        self._actions = actions
        self._shop = shop

    async def of(self, person: Person, theirs: Belongings) -> AsyncGenerator[Sequence[ActionRecord]]:
        """Yield the actions that concern a person, page by page, the last proposed first; erased ones too.

        `theirs` is what the person has of the journal.
        """
        whose = _Whose(self._shop, person, theirs)
        async for page in self._pages(ActionFilter(stream=STREAM)):
            yield [record for record in page if await whose.is_theirs(record)]

    async def erase(self, person: Person, theirs: Belongings, *, even_open: bool = False) -> ErasedActions:
        """Erase what is personal of the actions that concern a person; those under way only if `even_open`."""
        done = ErasedActions()
        async for page in self.of(person, theirs):
            await self._erase(page, done, even_open=even_open)
        return done

    async def erase_old(self, before: datetime, *, is_trial: bool = False) -> ErasedActions:
        """Erase what is personal of all actions that have not moved since an instant, or only count them."""
        done = ErasedActions()
        async for page in self._pages(ActionFilter(stream=STREAM, until=before)):
            await self._erase([record for record in page if record.moved_at < before], done, is_trial=is_trial)
        return done

    async def _pages(self, wanted: ActionFilter) -> AsyncGenerator[Sequence[ActionRecord]]:
        after: str | None = None
        while page := await self._actions.find(wanted, after=after, limit=PAGE):
            yield page
            after = page[-1].key

    async def _erase(
        self,
        records: Sequence[ActionRecord],
        done: ErasedActions,
        *,
        even_open: bool = False,
        is_trial: bool = False,
    ) -> None:
        keys: list[str] = []
        for record in records:
            if is_erased(record):
                continue
            if record.state in LIVE and not even_open:
                state = record.state.replace("_", " ")
                done.open_actions[record.id] = (
                    f"the {record.kind} of the staff is {state}: see it settled, and try again"
                )
            else:
                keys.append(record.key)
        if keys and not is_trial:
            done.events += await self._journal.erase(STREAM, actions=keys)
        done.actions += len(keys)


class _Whose:
    """Tells whether actions are of one person; each order and cart is looked at once."""

    def __init__(self, shop: Shop, person: Person, theirs: Belongings) -> None:
        self._shop = shop
        self._person = person
        self._theirs = theirs
        self._known: dict[str, bool] = {}

    async def is_theirs(self, record: ActionRecord) -> bool:
        owned = [resource for resource in record.resources if resource.partition(":")[0] in OWNED]
        for resource in owned:
            if resource not in self._known:
                self._known[resource] = await self._owns(resource)
            if self._known[resource]:
                return True
        return not owned and self._is_named(record)

    async def _owns(self, resource: str) -> bool:
        kind, _, name = resource.partition(":")
        customer_id = self._person.customer_id
        match kind:
            case "order":
                order = await self._shop.orders.get_order(OrderNumber(name))
                if order is None:  # the shop has it no more
                    return name in self._theirs.order_numbers
                return self._person.owns(order.customer_id, order.email)
            case "guest_cart":
                return name in set(map(guest_cart, self._theirs.conversations))
            case "cart":
                cart = await self._shop.carts.get_cart(name)
                is_first = customer_id is not None and name == first_cart(customer_id)
                return is_first or (cart is not None and self._person.owns(cart.customer_id, None))
            case _:
                return name == customer_id

    def _is_named(self, record: ActionRecord) -> bool:
        values = (record.args, record.result, record.before, record.after)
        return any(self._names(name, text) for value in values for name, text in _texts("", value))

    def _names(self, name: str, text: str) -> bool:
        if name == "customer_id":
            return text == self._person.customer_id
        return self._person.email is not None and email_key(text) == email_key(self._person.email)


def _texts(name: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield the texts of a JSON value, each with the name of the field that it stands in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for each, inner in value.items():
            yield from _texts(each, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(name, inner)
