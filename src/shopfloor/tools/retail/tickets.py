"""Opening a ticket, so that a person of the shop takes care."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue

from shopfloor.actions.kind import ActionArgs, ActionKind, Preview
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import ConversationId, CustomerId
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.models import Ticket
from shopfloor.shop.writes import TICKET
from shopfloor.tools.retail.looking_up import by_key


def _one_line(text: str) -> str:
    """Leave no line end in what may become a mail's header."""
    return " ".join(text.split())


class OpenTicket(ActionArgs):
    """Open a ticket."""

    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
    """Where the answer goes."""
    subject: Annotated[str, AfterValidator(_one_line), Field(min_length=1, max_length=200)]
    summary: Annotated[str, Field(max_length=4_000)]
    conversation_id: ConversationId | None = None
    customer_id: CustomerId | None = None


def ticket_kinds(shop: Shop, clock: Clock) -> tuple[ActionKind[Any], ...]:
    """Return the kind of write that opens a ticket; a guest may, and it needs no yes."""

    async def preview(args: OpenTicket) -> Preview:
        return Preview(summary=f"Ask a colleague to answer {args.email}.")

    async def execute(key: str, args: OpenTicket) -> JsonValue:
        ticket = Ticket(
            id=f"T-{digest(key)[:12].upper()}",
            conversation_id=args.conversation_id,
            customer_id=args.customer_id,
            email=args.email,
            subject=args.subject,
            summary=args.summary,
            state="open",
            created_at=clock.now(),
        )
        return _view(await shop.tickets.open_ticket(ticket, key=key))

    return (
        ActionKind(
            name="open_ticket",
            description="Ask a person of the shop to take care of a matter.",
            needs=Capability.TICKETS,
            args=OpenTicket,
            resources=_new_ticket,
            preview=preview,
            execute=execute,
            confirmation="none",
            assurance="anyone",
            injects=frozenset({"conversation_id", "customer_id"}),
            look_up=by_key(shop, TICKET, _view),
            irreversible=True,
            facts=frozenset(),
        ),
    )


def _view(ticket: Ticket) -> dict[str, JsonValue]:
    return {"ticket_id": ticket.id, "email": ticket.email}


def _new_ticket(_args: OpenTicket) -> tuple[str, ...]:
    return ("ticket:new",)
