"""An agent that only speaks unasked, and what tests of outreach share."""

from collections.abc import Sequence
from datetime import UTC, datetime

from demo_app import NOW, demo_app

from shopfloor import parse_card
from shopfloor.app import App
from shopfloor.journal.events import MessageWritten
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import ConversationId, CustomerId, Sku
from shopfloor.outreach.attempts import Outreach
from shopfloor.outreach.signals import parse_signal
from shopfloor.shop.models import Lead

HOODIE = Sku("P115-BLACK-XL")
"""Sold out in the demo shop at first."""
MAYAS_CART = "cart-01"
CRIER = parse_card(
    """
id: crier
name: Crier
half: conversation
description: Tells customers of what happened.
instructions: Be brief.
tools: []
slots: {sku: {type: text}, order_number: {type: order_number}}
skills:
  - {id: stock, name: Back again, description: d, status: Looking..., takes: [sku], steps: [say: "{{ sku }} is back."]}
  - {id: cart, name: Your cart, description: d, status: Looking..., steps: [say: Your cart is waiting.]}
  - id: parcel
    name: Your parcel
    description: d
    status: Looking...
    takes: [order_number]
    steps: [say: "Your order #{{ order_number }} is late."]
subscriptions:
  - {signal: stock_returned, skill: stock, purpose: service}
  - {signal: cart_abandoned, skill: cart, purpose: marketing}
  - {signal: item_added, skill: cart, purpose: service}
  - {signal: parcel_delayed, skill: parcel, purpose: service}
""",
    "crier.yaml",
)


async def crier_app(clock: FixedClock | None = None) -> App:
    """Return the demo shop with the hoodie back in stock, and the crier as the only agent that hears of it."""
    app = await demo_app(clock=clock)
    await app.shop.catalogue.set_stock(HOODIE, 5, key="delivery")
    await only_crier(app)
    return app


async def only_crier(app: App) -> None:
    for card in await app.registry.cards():
        if card.subscriptions:
            await app.registry.put(card.model_copy(update={"subscriptions": ()}))
    await app.registry.put(CRIER)


async def wait_for(
    app: App,
    email: str,
    conversation: ConversationId | None = None,
    *,
    customer: str | None = None,
    name: str = "lead_1",
) -> Lead:
    """Let somebody wait for the hoodie."""
    lead = Lead(
        id=name,
        kind="back_in_stock",
        email=email,
        sku=HOODIE,
        consent_at=NOW,
        conversation_id=conversation,
        customer_id=CustomerId(customer) if customer else None,
    )
    return await app.shop.leads.add_lead(lead, key=name)


async def send(app: App, signal_id: str, kind: str, *, at: datetime = NOW, **data: str) -> bool:
    return await app.outreach.receive(parse_signal(signal_id, kind, data, at=at, now=max(at, NOW)))


async def happen(app: App, signal_id: str, kind: str, *, at: datetime = NOW, **data: str) -> Sequence[Outreach]:
    """Send a signal, let the worker work, and return what came of it."""
    await send(app, signal_id, kind, at=at, **data)
    await app.outreach.work()
    made = await app.outreach.outreaches.outreaches_of(signal_id)
    assert made is not None
    return made


async def said_in(app: App, conversation: ConversationId) -> list[str]:
    events = (await app.chat.state(conversation)).events
    return [e.data.content for e in events if isinstance(e.data, MessageWritten) and e.data.role == "assistant"]


def new_york(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an hour of November 2026 at the shop, after its clocks were put back."""
    return (
        datetime(2026, 11, day, hour + 5, minute, tzinfo=UTC)
        if hour < 19
        else datetime(2026, 11, day + 1, hour - 19, minute, tzinfo=UTC)
    )
