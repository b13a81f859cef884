"""A visit to the shop for tests of tools: a session that keeps what is recorded, and the context it makes."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from demo_app import JONAS, MAYA, NOW, contents
from gating import gate_of

from shopfloor.actions.proposal import Admitted, Consent
from shopfloor.agents.settings import shipped_brand
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import ActionMoved, EventData, IdentityVerified
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import AgentId, ConversationId, OrderNumber, TurnId
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Shop
from shopfloor.shop.return_policy import ReturnPolicy
from shopfloor.tools.contract import EarlierCall, Tool, ToolArgs, ToolContext, Toolset
from shopfloor.tools.gated import gated_tool
from shopfloor.tools.retail.accounts import account_kinds
from shopfloor.tools.retail.order_changes import OrderChanges
from shopfloor.tools.retail.orders import owns_resource
from shopfloor.tools.retail.return_requests import ReturnRequests
from shopfloor.tools.retail.tickets import ticket_kinds
from shopfloor.tools.toolsets import ToolList

OWN, OTHERS, UNKNOWN = OrderNumber("141"), OrderNumber("150"), OrderNumber("99999")
"""Maya's order, which is not shipped yet; one of Jonas's; one that does not exist."""
RETURNS = shipped_brand().returns


def signed_in(email: str) -> Identity:
    customer = next(customer for customer in contents().customers if customer.email == email)
    return Identity(customer_id=customer.id, name=customer.name, email=customer.email)


def maya() -> Identity:
    return signed_in(MAYA)


def jonas() -> Identity:
    return signed_in(JONAS)


class Visit:
    """A `Session` whose identity follows what is recorded, as a conversation's does."""

    def __init__(self, identity: Identity = GUEST) -> None:
        self.identity = identity
        self.events: list[EventData] = []
        self.calls: list[EarlierCall] = []

    @property
    def conversation_id(self) -> ConversationId:
        return ConversationId("chat_1")

    def earlier(self, *tools: str) -> Sequence[EarlierCall]:
        return [call for call in reversed(self.calls) if call.tool in tools]

    async def record(self, event: EventData) -> None:
        self.events.append(event)
        if isinstance(event, IdentityVerified):
            self.identity = Identity(
                customer_id=event.customer_id,
                order_numbers=frozenset(event.order_numbers),
                name=event.name,
                email=event.email,
            )

    @property
    def moves(self) -> list[str]:
        return [event.state for event in self.events if isinstance(event, ActionMoved)]

    def context(
        self,
        *,
        consent: Consent | None = None,
        origin: str = "chat_1/turn_1/t1",
        admitted: Mapping[str, Admitted] | None = None,
    ) -> ToolContext:
        return ToolContext(
            session=self,
            turn_id=TurnId("turn_1"),
            task_id="t1",
            agent=AgentId("tester"),
            agent_name="TesterAgent",
            origin=origin,
            now=NOW,
            consent=consent,
            admitted=admitted or {},
        )


async def returns_policy() -> ReturnPolicy:
    """Return what the small shop takes back."""
    return RETURNS


def writes(shop: Shop, clock: FixedClock, limit: Money | None = None) -> Toolset:
    """Return the tools that write to a shop, behind a gate of their own."""

    returns = ReturnRequests(shop, returns_policy, clock, UTC).kinds()
    orders = OrderChanges(shop, returns_policy, clock, UTC).kinds()
    kinds = (*orders, *returns, *account_kinds(shop), *ticket_kinds(shop, clock))

    async def owns(identity: Identity, resource: str) -> bool:
        return await owns_resource(shop.orders, identity, resource)

    gate = gate_of(kinds, owns, clock, limit=limit)
    return ToolList(gated_tool(kind, gate) for kind in kinds if kind.is_offered)


def named(tools: Toolset) -> dict[str, Tool[ToolArgs]]:
    return {tool.name: tool for tool in tools.tools()}
