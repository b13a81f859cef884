"""The demo shop with conversations of several people, for tests of what is held of them."""

from dataclasses import replace
from datetime import timedelta

from demo_app import JONAS, MAYA, NOW, begin, demo_app, say
from demo_outreach import MAYAS_CART, happen, only_crier, wait_for

from shopfloor.app import App
from shopfloor.identity.identity import GUEST
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, OrderNumber, StreamId
from shopfloor.shop.models import Order, Ticket

MAYA_ID, JONAS_ID = CustomerId("c-001"), CustomerId("c-002")
ZOE = "zoe@example.net"


async def peopled(clock: FixedClock | None = None) -> tuple[App, dict[str, ConversationId]]:
    """Return a shop in which Maya wrote signed in and as a guest, and Jonas signed in."""
    app = await demo_app(clock=clock)
    talks = {"maya": await begin(app, MAYA), "guest": await begin(app), "jonas": await begin(app, JONAS)}
    await say(app, talks["maya"], "I wear size 9, and where is my order 123?")
    await say(app, talks["guest"], "where is order 123?")
    await say(app, talks["guest"], MAYA)
    await say(app, talks["jonas"], "I wear size 11, and where is my order 150?")
    return app, talks


async def reached(app: App) -> None:
    """Let the shop write to Maya and to Jonas unasked, and keep a lead and a ticket of each."""
    await only_crier(app)
    await wait_for(app, MAYA, customer=MAYA_ID, name="lead_maya")
    await wait_for(app, JONAS, customer=JONAS_ID, name="lead_jonas")
    await app.shop.customers.set_marketing_consent(MAYA_ID, True, at=NOW, key="consent")
    await happen(app, "late-1", "parcel_delayed", order_number="123")
    await happen(app, "late-2", "parcel_delayed", order_number="150")
    await happen(app, "cart-1", "cart_abandoned", cart_id=MAYAS_CART)
    for name, customer, email in (("maya", MAYA_ID, MAYA), ("jonas", JONAS_ID, JONAS)):
        ticket = Ticket(
            id=f"t-{name}",
            conversation_id=None,
            customer_id=customer,
            email=email,
            subject="A question",
            summary=f"{name} has a question.",
            state="closed",
            created_at=NOW,
        )
        await app.shop.tickets.open_ticket(ticket, key=ticket.id)


async def order_of_a_guest(app: App) -> Order:
    """Return an order that no customer of the shop placed, as far as the shop knows."""
    for number in range(100, 200):
        order = await app.shop.orders.get_order(OrderNumber(str(number)))
        if order and await app.shop.customers.find_customer(order.email) is None:
            return order
    raise AssertionError("the demo shop has an order of a guest")


async def guest_of(app: App, number: str, email: str) -> ConversationId:
    """Let a guest show that an order is theirs."""
    conversation, _ = await app.chat.open(
        "test", replace(GUEST, order_numbers=frozenset({OrderNumber(number)}), email=email), method="order_and_email"
    )
    return conversation


async def proposes(app: App, conversation: ConversationId, state: ActionState, *, waits: bool = True) -> None:
    """Let an action be in a state."""
    moved = ActionMoved(
        agent=AgentId("order_management"),
        agent_name="Order Management",
        key=f"{conversation}/cancel",
        kind="cancel_order",
        digest="d",
        state=state,
        args={"order_number": "141"},
        summary="Cancel order #141.",
        expires_at=NOW + timedelta(days=2) if waits else None,
    )
    await app.journal.append(stream_of(conversation), [moved])


def stream_of(conversation: ConversationId) -> StreamId:
    return StreamId(f"conversation/{conversation}")


async def words_of(journal: Journal, conversation: ConversationId) -> str:
    """Return all that is personal in a conversation."""
    entries = await journal.entries(stream_of(conversation), limit=10_000)
    return "\n".join(entry.personal for entry in entries if entry.personal)


async def whole(journal: Journal) -> int:
    """Check every stream, and return how many there are."""
    streams = await journal.streams(limit=10_000)
    for end in streams:
        await journal.verify(end.stream)
    return len(streams)
