"""What an order's money does when the order changes, as pure functions of its values; both implementations go by them.

Payments and refunds are a ledger: they are added and never changed. A gift card is charged and credited at once; all
other money is on its way until the payment provider says that it has arrived. A card that only stands for an order
which was not charged yet moves no money at all when it is replaced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import CustomerId
from shopfloor.kernel.money import Money
from shopfloor.shop.models import GiftCard, Order, Payment, PaymentMethod, PaymentState, Refund, Return

CHARGED: frozenset[PaymentState] = frozenset({"paid", "partially_refunded"})
PAID_ANOTHER_WAY = "Paid another way"
ITEMS_CHANGED = "Items changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wallet:
    """What the customer of an order can pay with, and the gift cards that it was paid with."""

    customer_id: CustomerId | None = None
    """None for a guest, who has no way to pay stored."""
    methods: tuple[PaymentMethod, ...] = ()
    cards: tuple[GiftCard, ...] = ()
    """The customer's own, and those of the order's payments, whoever has them now."""

    def card(self, id_: str) -> GiftCard | None:
        """Return a gift card, or None."""
        return next((card for card in self.cards if card.id == id_), None)

    def own(self, method_id: str) -> PaymentMethod:
        """Return a way to pay that is the customer's own.

        Raises:
            Refused: `payment.unknown`.
        """
        found = next((method for method in self.ways() if method.id == method_id), None)
        if found is None:
            raise Refused("payment.unknown", "That way to pay is not stored in the account that the order is of.")
        return found

    def ways(self) -> tuple[PaymentMethod, ...]:
        """Return the customer's own ways to pay, their gift cards among them."""
        own = [card for card in self.cards if self.customer_id and card.customer_id == self.customer_id]
        return (*self.methods, *map(method_of, own))


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An order with the ways to pay that matter to it; every step returns a new one."""

    order: Order
    wallet: Wallet

    @property
    def taken(self) -> tuple[tuple[str, Money], ...]:
        """Return what was taken and not given back, by the id of where it came from, the first payment's first."""
        return _taken(self.order)

    def take(self, method: PaymentMethod, amount: Money, *, at: datetime) -> "Account":
        """Take money by one of the customer's own ways to pay.

        Raises:
            Refused: `payment.gift_card_balance`, `payment.gift_card_expired`.
        """
        if amount.minor <= 0:
            return self
        check_covers(self.wallet, method, amount, at=at)
        payment = Payment(id=payment_id(self.order), method_id=method.id, amount=amount, at=at)
        order = replace(self.order, payments=(*self.order.payments, payment))
        card = self.wallet.card(method.id)
        return Account(order=order, wallet=_with(self.wallet, card, card.balance - amount) if card else self.wallet)

    def give_back(
        self, method_id: str, amount: Money, *, reason: str, at: datetime, is_move: bool = False
    ) -> "Account":
        """Give money back by a way to pay, at once where that is a gift card."""
        if amount.minor <= 0:
            return self
        card = self.wallet.card(method_id)
        # What nobody could spend is not given back by that: people of the shop find another way.
        is_settled = card is not None and card.balance.currency == amount.currency and not has_expired(card, at)
        refund = Refund(
            id=refund_id(self.order),
            amount=amount,
            method=_label(self, method_id),
            method_id=method_id,
            state="settled" if is_settled else "pending",
            reason=reason,
            is_move=is_move,
            created_at=at,
            settled_at=at if is_settled else None,
        )
        order = replace(self.order, refunds=(*self.order.refunds, refund))
        wallet = _with(self.wallet, card, card.balance + amount) if card and is_settled else self.wallet
        return Account(order=order, wallet=wallet)

    def give_all_back(self, *, reason: str, at: datetime, is_move: bool = False) -> "Account":
        """Give everything that was taken back to where it came from."""
        account = self
        for method_id, amount in self.taken:
            account = account.give_back(method_id, amount, reason=reason, at=at, is_move=is_move)
        return account


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderCase:
    """An order with all that a change or a return of it is decided by, as of one moment."""

    account: Account
    returns: tuple[Return, ...]
    """The oldest first."""

    @property
    def order(self) -> Order:
        """Return the order as it stands."""
        return self.account.order

    @property
    def wallet(self) -> Wallet:
        """Return what its customer can pay with."""
        return self.account.wallet


def account_of(order: Order, wallet: Wallet) -> Account:
    """Return an order's account; one that was charged before payments were kept gets the payment it must have had."""
    if order.payments or order.payment_state not in CHARGED:
        return Account(order=order, wallet=wallet)
    id_, method_id = payment_id(order), order.payment_method_id
    payment = Payment(id=id_, method_id=method_id, amount=order.total, at=order.placed_at)
    return Account(order=replace(order, payments=(payment,)), wallet=wallet)


def concerns(card: GiftCard, order: Order) -> bool:
    """Whether a gift card belongs into the wallet of an order: its customer's own, or one that it was paid with."""
    is_own = order.customer_id is not None and card.customer_id == order.customer_id
    return is_own or card.id in {order.payment_method_id, *(payment.method_id for payment in order.payments)}


def payment_id(order: Order) -> str:
    """Return the id of an order's next payment."""
    return f"PY{order.number}-{len(order.payments) + 1}"


def refund_id(order: Order) -> str:
    """Return the id of an order's next refund."""
    return f"RF{order.number}-{len(order.refunds) + 1}"


def method_of(card: GiftCard) -> PaymentMethod:
    """Return a gift card as a way to pay."""
    return PaymentMethod(id=card.id, kind="gift_card", label=f"Gift card ending in {card.ending}")


def check_covers(wallet: Wallet, method: PaymentMethod, amount: Money, *, at: datetime) -> None:
    """Check that a way to pay covers an amount; only a gift card may not.

    Raises:
        Refused: `payment.gift_card_balance`, `payment.gift_card_expired`.
    """
    card = wallet.card(method.id)
    if card is None or amount.minor <= 0:
        return
    if has_expired(card, at):
        raise Refused("payment.gift_card_expired", f"{method.label} has expired.")
    if card.balance.currency != amount.currency or card.balance < amount:
        # How much is left is for its owner to read, who need not be the one who asks.
        raise Refused("payment.gift_card_balance", f"{method.label} does not cover {amount}.")


def has_expired(card: GiftCard, at: datetime) -> bool:
    """Whether a gift card pays for nothing any more; its last day still counts."""
    return card.expires_on is not None and at.date() > card.expires_on


def repaid(account: Account, method: PaymentMethod, *, at: datetime) -> Account:
    """Return the account with the order paid in another way.

    What was taken is given back to where it came from. As much is taken anew where the order was charged; where it was
    not, a gift card's money is set aside at once, and a card is charged when the parcel leaves, as before. Whether the
    order counts as charged stays as it was, but a payment that had failed is to be tried again.

    Raises:
        Refused: `payment.same`, `payment.gift_card_balance`, `payment.gift_card_expired`.
    """
    order = account.order
    if method.id == order.payment_method_id or (not order.payment_method_id and method.label == order.payment_method):
        raise Refused("payment.same", f"Order #{order.number} is paid by {method.label} already.")
    taken = sum(amount.minor for _, amount in account.taken)
    is_held = method.kind == "gift_card" and order.payment_state not in {*CHARGED, "refunded"}
    amount = Money(order.shipping.currency, order.total.minor if is_held else taken)
    free = account.give_all_back(reason=PAID_ANOTHER_WAY, at=at, is_move=True)
    if is_held or order.payment_state in CHARGED:
        free = free.take(method, amount, at=at)
    state: PaymentState = "authorised" if order.payment_state == "failed" else order.payment_state
    changed = replace(free.order, payment_method=method.label, payment_method_id=method.id, payment_state=state)
    return replace(free, order=changed)


def settled(account: Account, difference: Money, method: PaymentMethod, *, at: datetime) -> Account:
    """Return the account with a difference of its total taken, or given back where it is negative.

    Of an order that was not charged yet, only what is paid in another way than the rest, and gift cards, move at once.

    Raises:
        Refused: `payment.gift_card_balance`, `payment.gift_card_expired`.
    """
    order = account.order
    is_charged = order.payment_state in CHARGED
    if difference.minor > 0:
        moves = is_charged or method.kind == "gift_card" or method.id != order.payment_method_id
        return account.take(method, difference, at=at) if moves else account
    most = sum(amount.minor for _, amount in account.taken)
    amount = Money(difference.currency, min(-difference.minor, most))
    given = account.give_back(method.id, amount, reason=ITEMS_CHANGED, at=at)
    return replace(given, order=replace(given.order, payment_state=state_after(given.order)))


def state_after(order: Order) -> PaymentState:
    """Return how far what was taken for an order has arrived back; what was only paid another way has not."""
    moved = sum(each.amount.minor for each in order.refunds if each.is_move and each.state != "failed")
    paid = sum(payment.amount.minor for payment in order.payments) - moved
    back = sum(each.amount.minor for each in order.refunds if each.state == "settled" and not each.is_move)
    if not paid or not back:
        return order.payment_state
    return "refunded" if back >= paid else "partially_refunded"


def held_of(order: Order) -> int:
    """Return what was taken for an order and not given back, in minor units; its total where no payments were kept."""
    if order.payments:
        return sum(net_by_method(order).values())
    return order.total.minor - sum(refund.amount.minor for refund in order.refunds if refund.state != "failed")


def net_by_method(order: Order) -> Mapping[str, int]:
    """Return what was taken less what was or is given back, in minor units, by the id of the way to pay."""
    nets: dict[str, int] = {}
    for payment in order.payments:
        nets[payment.method_id] = nets.get(payment.method_id, 0) + payment.amount.minor
    for refund in order.refunds:
        if refund.state != "failed":
            nets[refund.method_id] = nets.get(refund.method_id, 0) - refund.amount.minor
    return nets


def _taken(order: Order) -> tuple[tuple[str, Money], ...]:
    nets = net_by_method(order)
    left = sum(nets.values())
    taken: list[tuple[str, Money]] = []
    for method_id in dict.fromkeys(payment.method_id for payment in order.payments):
        amount = max(min(nets[method_id], left), 0)
        left -= amount
        if amount:
            taken.append((method_id, Money(order.shipping.currency, amount)))
    return tuple(taken)


def _with(wallet: Wallet, card: GiftCard, balance: Money) -> Wallet:
    changed = replace(card, balance=balance)
    return replace(wallet, cards=tuple(changed if each.id == card.id else each for each in wallet.cards))


def _label(account: Account, method_id: str) -> str:
    order, wallet = account.order, account.wallet
    known = [*wallet.methods, *map(method_of, wallet.cards)]
    named = next((method.label for method in known if method.id == method_id), None)
    is_orders = method_id == order.payment_method_id
    return order.payment_method if is_orders or named is None else named
