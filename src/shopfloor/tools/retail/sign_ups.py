"""Signing up to hear from the shop, and being left alone again.

Consent is kept with its time and the words it was given to. A signed-in customer signs up and off with the account's
own address; a guest can take back only what a guest gave, so that nobody ends what a customer has asked for. A sign-up
is undone without a trace; a sign-off is not undone at all, since only the customer gives consent.
"""

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue, TypeAdapter

from shopfloor.actions.kind import ActionArgs, ActionKind, Done, Injected, Inverse, Preview
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import ConversationId, CustomerId, Sku
from shopfloor.language.emails import check_email
from shopfloor.shop import rules
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.models import Customer, Lead, LeadKind, MarketingConsent, Product, Variant, Wish
from shopfloor.shop.writes import COUNT, LEAD, NOTHING
from shopfloor.tools.retail.looking_up import by_key
from shopfloor.tools.retail.undoing import earlier
from shopfloor.tools.retail.views import looks

MAX_GUEST_WISHES = 10
"""Things that an address which no customer has signed in with may wait for at once."""
NEWSLETTER_WORDS = "The shop's newsletter by e-mail, until it is cancelled."
STOCK_WORDS = "One message when {name} is back in stock, and nothing else."
MAYBE_LEAD = TypeAdapter[Lead | None](Lead | None)
UNDONE: JsonValue = {"is_undone": True}
CONSENT = TypeAdapter[MarketingConsent | None](MarketingConsent | None)
INJECTED: frozenset[Injected] = frozenset({"conversation_id", "customer_id"})

What = Literal["newsletter", "back_in_stock", "everything"]
KINDS: dict[What, tuple[LeadKind, ...]] = {
    "newsletter": ("newsletter",),
    "back_in_stock": ("back_in_stock",),
    "everything": ("newsletter", "back_in_stock"),
}


def _usable(text: str) -> str:
    checked = check_email(text)
    if checked.problem in {"invalid", "disposable"}:
        raise ValueError(f"an e-mail address that is {checked.problem}")
    return checked.address


Email = Annotated[str, Field(max_length=254), AfterValidator(_usable)]


class SignUp(ActionArgs):
    """Sign somebody up; code fills in who asks, and where."""

    email: Email
    conversation_id: ConversationId
    customer_id: CustomerId | None = None


class SubscribeBackInStock(SignUp):
    """Have somebody told when a variant is back in stock."""

    sku: Annotated[Sku, Field(min_length=1, max_length=100)]


class SubscribeNewsletter(SignUp):
    """Sign somebody up for the newsletter."""


class Unsubscribe(ActionArgs):
    """Stop what an address was signed up for."""

    email: Email
    what: What
    customer_id: CustomerId | None = None


class UndoSignUp(ActionArgs):
    """Let a lead, and the consent that it brought, be as they were before."""

    wish: Wish
    earlier: Lead | None
    """None where there was no lead."""
    consent: MarketingConsent | None
    """None where the sign-up did not touch it."""


def lead_kinds(shop: Shop, clock: Clock) -> tuple[ActionKind[Any], ...]:
    """Return the kinds of writes that leads take; guests may, and they need no yes: to ask for it is the consent."""
    signing = _Signing(shop, clock)
    return (signing.waiting(), signing.reading(), signing.ending(), signing.undoing())


class _Signing:
    """Signs up and off."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self._shop = shop
        self._clock = clock

    def waiting(self) -> ActionKind[SubscribeBackInStock]:
        return ActionKind(
            name="subscribe_back_in_stock",
            description="Have the customer told once when a sold-out variant is back.",
            needs=Capability.LEADS,
            args=SubscribeBackInStock,
            opposite="unsubscribe",
            resources=_new_lead,
            preview=self._preview_stock,
            execute=self._wait_for_stock,
            confirmation="none",
            assurance="anyone",
            injects=INJECTED,
            snapshot=self._snapshot_stock,
            look_up=by_key(self._shop, LEAD, self._stock_view),
            inverse=Inverse(kind="undo_sign_up", args=_taken_back),
            facts=frozenset(),
        )

    def reading(self) -> ActionKind[SubscribeNewsletter]:
        return ActionKind(
            name="subscribe_newsletter",
            description="Sign the customer up for the newsletter.",
            needs=Capability.LEADS,
            args=SubscribeNewsletter,
            opposite="unsubscribe",
            resources=_new_lead,
            preview=self._preview_newsletter,
            execute=self._take_newsletter,
            confirmation="none",
            assurance="anyone",
            injects=INJECTED,
            snapshot=self._snapshot_newsletter,
            look_up=by_key(self._shop, LEAD, _newsletter_view),
            inverse=Inverse(kind="undo_sign_up", args=_taken_back),
            facts=frozenset(),
        )

    def ending(self) -> ActionKind[Unsubscribe]:
        return ActionKind(
            name="unsubscribe",
            description="Stop the newsletter, the back-in-stock messages or everything that the customer gets.",
            needs=Capability.LEADS,
            args=Unsubscribe,
            opposite="subscribe_newsletter",
            resources=_new_lead,
            preview=self._preview_unsubscribe,
            execute=self._unsubscribe,
            confirmation="none",
            assurance="anyone",
            injects=frozenset({"customer_id"}),
            look_up=by_key(self._shop, COUNT, lambda removed: {"removed": removed}),
            irreversible=True,
            facts=frozenset(),
        )

    def undoing(self) -> ActionKind[UndoSignUp]:
        return ActionKind(
            name="undo_sign_up",
            description="Take a sign-up back without a trace.",
            needs=Capability.LEADS,
            args=UndoSignUp,
            resources=_new_lead,
            preview=self._preview_undo,
            execute=self._undo,
            confirmation="none",
            assurance="anyone",
            look_up=by_key(self._shop, NOTHING, lambda _nothing: UNDONE),
            irreversible=True,
            facts=frozenset(),
            is_offered=False,
        )

    # -- back in stock -----------------------------------------------------------------------------------------------

    async def _preview_stock(self, args: SubscribeBackInStock) -> Preview:
        await self._check_own(args.customer_id, args.email)
        product, variant = await self._sold(args.sku)
        if variant.stock > 0:
            raise Refused("lead.in_stock", f"{_name(product, variant)} is in stock right now.")
        await self._check_count(args)
        return Preview(summary=f"Tell {args.email} once when {_name(product, variant)} is back in stock.")

    async def _check_count(self, args: SubscribeBackInStock) -> None:
        """Let no guest have a stranger's address written to without end."""
        leads = await self._shop.leads.leads_of(args.email) if args.customer_id is None else ()
        waiting = [lead for lead in leads if lead.kind == "back_in_stock" and lead.customer_id is None]
        if len(waiting) >= MAX_GUEST_WISHES and args.sku not in {lead.sku for lead in waiting}:
            reason = f"{args.email} waits for {MAX_GUEST_WISHES} things already. Sign in to wait for more."
            raise Refused("lead.too_many", reason)

    async def _wait_for_stock(self, key: str, args: SubscribeBackInStock) -> JsonValue:
        name = _name(*await self._sold(args.sku))
        lead = self._lead(key, args, "back_in_stock", args.sku, STOCK_WORDS.format(name=name))
        return await self._stock_view(await self._shop.leads.add_lead(lead, key=key))

    async def _stock_view(self, lead: Lead) -> JsonValue:
        name = _name(*await self._sold(lead.sku)) if lead.sku else ""
        return {**_newsletter_view(lead), "name": name}

    async def _snapshot_stock(self, args: SubscribeBackInStock) -> JsonValue:
        return await self._snapshot(args, "back_in_stock", args.sku)

    # -- the newsletter ----------------------------------------------------------------------------------------------

    async def _preview_newsletter(self, args: SubscribeNewsletter) -> Preview:
        await self._check_own(args.customer_id, args.email)
        return Preview(summary=f"Sign {args.email} up for the newsletter.")

    async def _take_newsletter(self, key: str, args: SubscribeNewsletter) -> JsonValue:
        lead = self._lead(key, args, "newsletter", None, NEWSLETTER_WORDS)
        return _newsletter_view(await self._shop.leads.add_lead(lead, with_consent=True, key=key))

    async def _snapshot_newsletter(self, args: SubscribeNewsletter) -> JsonValue:
        return await self._snapshot(args, "newsletter", None)

    # -- signing off -------------------------------------------------------------------------------------------------

    async def _preview_unsubscribe(self, args: Unsubscribe) -> Preview:
        await self._check_own(args.customer_id, args.email)
        what = {"newsletter": "the newsletter", "back_in_stock": "back-in-stock messages", "everything": "all mail"}
        return Preview(summary=f"Stop {what[args.what]} to {args.email}.")

    async def _unsubscribe(self, key: str, args: Unsubscribe) -> JsonValue:
        await self._shop.leads.remove_leads(
            KINDS[args.what], args.email, customer_id=args.customer_id, at=self._clock.now(), key=key
        )
        return {"email": args.email, "what": args.what}

    # -- undoing -----------------------------------------------------------------------------------------------------

    async def _preview_undo(self, args: UndoSignUp) -> Preview:
        if await self._waiting(args.wish) is None:
            raise Refused("undo.gone", "That sign-up is not there any more.")
        what = "the newsletter" if args.wish.kind == "newsletter" else "back-in-stock messages"
        return Preview(summary=f"Take the sign-up of {args.wish.email} for {what} back.")

    async def _undo(self, key: str, args: UndoSignUp) -> JsonValue:
        await self._shop.leads.restore_lead(args.wish, args.earlier, args.consent, key=key)
        return UNDONE

    async def _snapshot(self, args: SignUp, kind: LeadKind, sku: Sku | None) -> JsonValue:
        """Read the lead that says the same, and the consent that a newsletter sets."""
        wish = Wish(kind=kind, email=args.email, sku=sku)
        customer = await self._customer(args.customer_id) if kind == "newsletter" else None
        consent = customer and MarketingConsent(
            customer_id=customer.id, is_given=customer.marketing_consent, at=customer.consent_at
        )
        lead: JsonValue = MAYBE_LEAD.dump_python(await self._waiting(wish), mode="json")
        given: JsonValue = CONSENT.dump_python(consent, mode="json")
        return {"wish": asdict(wish), "lead": lead, "consent": given}

    async def _waiting(self, wish: Wish) -> Lead | None:
        """Return the lead that waits for a wish, or None."""
        leads = await self._shop.leads.leads_of(wish.email)
        return next((lead for lead in leads if (lead.kind, lead.sku) == (wish.kind, wish.sku)), None)

    # -- what they share ---------------------------------------------------------------------------------------------

    def _lead(self, key: str, args: SignUp, kind: LeadKind, sku: Sku | None, told: str) -> Lead:
        return Lead(
            id=f"L-{digest(key)[:16].upper()}",
            kind=kind,
            email=args.email,
            sku=sku,
            consent_at=self._clock.now(),
            consent_words=told,
            conversation_id=args.conversation_id,
            customer_id=args.customer_id,
        )

    async def _check_own(self, customer_id: CustomerId | None, email: str) -> None:
        """Hold a signed-in customer to the address of their account."""
        customer = await self._customer(customer_id)
        if customer and rules.email_key(customer.email) != rules.email_key(email):
            reason = f"While you are signed in, I can do that for the address of your account only, {customer.email}."
            raise Refused("lead.other_address", reason)

    async def _customer(self, customer_id: CustomerId | None) -> Customer | None:
        return await self._shop.customers.get_customer(customer_id) if customer_id else None

    async def _sold(self, sku: Sku) -> tuple[Product, Variant]:
        product = await self._shop.catalogue.find_product(sku)
        if product is None:
            raise Refused("lead.unknown_variant", "I cannot find that in our shop any more.")
        return product, product.variant(sku)


def _newsletter_view(lead: Lead) -> dict[str, JsonValue]:
    # In small letters: how the shop has it written is nobody else's business.
    return {"email": rules.email_key(lead.email)}


def _taken_back(args: SignUp, done: Done) -> dict[str, JsonValue]:
    """Return how a sign-up is taken back.

    Raises:
        Refused: `undo.nothing` where they were signed up just so before.
    """
    before = earlier(done)
    known = MAYBE_LEAD.validate_python(before["lead"])
    if known and not before["consent"]:
        again = replace(known, conversation_id=args.conversation_id, customer_id=args.customer_id)
        if rules.renewed(known, again) == known:
            raise Refused("undo.nothing", f"{args.email} was signed up for that before, so there is nothing to undo.")
    return {"wish": before["wish"], "earlier": before["lead"], "consent": before["consent"]}


def _name(product: Product, variant: Variant) -> str:
    return f"{product.title} ({looks(variant)})" if looks(variant) else product.title


def _new_lead(_args: SignUp | Unsubscribe | UndoSignUp) -> tuple[str, ...]:
    return ("lead:new",)
