"""The tables of the embedded shop.

Amounts are integers in minor units beside their currency. Rows of a thing lie beside the thing and are read with it;
between things (an order's customer, a line's product) there are only ids, since an order outlives both.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import JsonValue
from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopfloor.database.base import Base, Instant, Json
from shopfloor.kernel.ids import ConversationId, CustomerId, OrderNumber, ProductId, Sku
from shopfloor.shop.models import (
    Gender,
    LeadKind,
    OrderState,
    PaymentState,
    RefundState,
    ReturnKind,
    ReturnState,
    ShipmentState,
    TicketState,
)

Id = String().with_variant(String(collation="C"), "postgresql")
"""An id, which every database orders alike: by the characters' numbers."""
Position = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]
"""The place among the rows of the same thing."""
Minor = Annotated[int, mapped_column(BigInteger)]
OptionalMinor = Annotated[int | None, mapped_column(BigInteger)]
At = Annotated[datetime, mapped_column(Instant)]
OptionalAt = Annotated[datetime | None, mapped_column(Instant)]
Texts = Annotated[list[str], mapped_column(Json)]
OptionsJson = Annotated[list[list[str]], mapped_column(Json)]
"""Pairs of a name and a value."""
AddressJson = Annotated[dict[str, str], mapped_column(Json)]


class ProductRow(Base):
    """A product."""

    __tablename__ = "shop_products"

    id: Mapped[ProductId] = mapped_column(Id, primary_key=True)
    title: Mapped[str]
    brand: Mapped[str]
    category: Mapped[Texts]
    gender: Mapped[Gender | None] = mapped_column(String)
    description: Mapped[str]
    best_for: Mapped[str]
    material: Mapped[str]
    care: Mapped[str]
    tags: Mapped[Texts]
    attributes: Mapped[OptionsJson | None]
    rating: Mapped[float | None]
    review_count: Mapped[int]
    variants: Mapped[list["VariantRow"]] = relationship(lazy="selectin", order_by="VariantRow.position")


class VariantRow(Base):
    """A product in one colour and size."""

    __tablename__ = "shop_variants"

    sku: Mapped[Sku] = mapped_column(Id, primary_key=True)
    product_id: Mapped[ProductId] = mapped_column(ForeignKey(ProductRow.id), index=True)
    position: Mapped[int]
    colour: Mapped[str | None]
    size: Mapped[str | None]
    price: Mapped[Minor]
    compare_at: Mapped[OptionalMinor]
    cost: Mapped[OptionalMinor]
    currency: Mapped[str]
    stock: Mapped[int]
    options: Mapped[OptionsJson]
    tracks_stock: Mapped[bool]


class ChangeRow(Base):
    """A product that was put, changed or removed, and when last. Triggers on the two tables above write it."""

    __tablename__ = "shop_changes"
    __table_args__ = (Index("ix_shop_changes_number_product_id", "number", "product_id"),)

    product_id: Mapped[ProductId] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    """On SQLite, counted on from change to change; on PostgreSQL, the transaction's."""


class PromotionRow(Base):
    """A promotion."""

    __tablename__ = "shop_promotions"

    code: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str]
    percent_off: Mapped[int]
    category: Mapped[str | None]
    starts_at: Mapped[At]
    ends_at: Mapped[At]


class CustomerRow(Base):
    """A customer."""

    __tablename__ = "shop_customers"

    id: Mapped[CustomerId] = mapped_column(Id, primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    """The e-mail address as it is compared."""
    name: Mapped[str]
    phone: Mapped[str]
    address: Mapped[AddressJson]
    marketing_consent: Mapped[bool]
    consent_at: Mapped[OptionalAt]
    created_at: Mapped[At]
    payment_methods: Mapped[list[dict[str, str]]] = mapped_column(Json)


class GiftCardRow(Base):
    """A gift card."""

    __tablename__ = "shop_gift_cards"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    ending: Mapped[str]
    customer_id: Mapped[CustomerId | None] = mapped_column(Id, index=True)
    initial: Mapped[Minor]
    balance: Mapped[Minor]
    currency: Mapped[str]
    expires_on: Mapped[date | None]


class OrderRow(Base):
    """An order."""

    __tablename__ = "shop_orders"
    __table_args__ = (
        Index("ix_shop_orders_customer_id_placed_at", "customer_id", "placed_at"),
        Index("ix_shop_orders_placed_at_number", "placed_at", "number"),
    )

    number: Mapped[OrderNumber] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[CustomerId | None] = mapped_column(Id)
    email: Mapped[str]
    placed_at: Mapped[At]
    state: Mapped[OrderState] = mapped_column(String)
    payment_state: Mapped[PaymentState] = mapped_column(String)
    payment_method: Mapped[str]
    discount: Mapped[Minor]
    shipping: Mapped[Minor]
    tax: Mapped[Minor]
    currency: Mapped[str]
    shipping_address: Mapped[AddressJson]
    promotion_code: Mapped[str | None]
    cancelled_at: Mapped[OptionalAt]
    cancel_reason: Mapped[str | None]
    payment_method_id: Mapped[str]
    items_changed_at: Mapped[OptionalAt]
    lines: Mapped[list["OrderLineRow"]] = relationship(lazy="selectin", order_by="OrderLineRow.position")
    shipments: Mapped[list["ShipmentRow"]] = relationship(lazy="selectin", order_by="ShipmentRow.position")
    payments: Mapped[list["PaymentRow"]] = relationship(lazy="selectin", order_by="PaymentRow.position")
    refunds: Mapped[list["RefundRow"]] = relationship(lazy="selectin", order_by="RefundRow.position")


class OrderLineRow(Base):
    """A position of an order."""

    __tablename__ = "shop_order_lines"

    order_number: Mapped[OrderNumber] = mapped_column(ForeignKey(OrderRow.number), primary_key=True)
    position: Mapped[Position]
    sku: Mapped[Sku] = mapped_column(Id, index=True)
    product_id: Mapped[ProductId] = mapped_column(Id)
    title: Mapped[str]
    colour: Mapped[str | None]
    size: Mapped[str | None]
    quantity: Mapped[int]
    unit_price: Mapped[Minor]
    currency: Mapped[str]
    options: Mapped[OptionsJson]


class ShipmentRow(Base):
    """A parcel of an order."""

    __tablename__ = "shop_shipments"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_number: Mapped[OrderNumber] = mapped_column(ForeignKey(OrderRow.number), index=True)
    position: Mapped[int]
    carrier: Mapped[str]
    tracking_id: Mapped[str] = mapped_column(index=True)
    tracking_url: Mapped[str]
    state: Mapped[ShipmentState] = mapped_column(String)
    shipped_at: Mapped[OptionalAt]
    expected_on: Mapped[date | None]
    delivered_at: Mapped[OptionalAt]
    skus: Mapped[list[Sku]] = mapped_column(Json)
    events: Mapped[list[dict[str, str]]] = mapped_column(Json)


class PaymentRow(Base):
    """A payment of an order."""

    __tablename__ = "shop_payments"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_number: Mapped[OrderNumber] = mapped_column(ForeignKey(OrderRow.number), index=True)
    position: Mapped[int]
    method_id: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    at: Mapped[At]


class RefundRow(Base):
    """A refund of an order."""

    __tablename__ = "shop_refunds"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_number: Mapped[OrderNumber] = mapped_column(ForeignKey(OrderRow.number), index=True)
    position: Mapped[int]
    amount: Mapped[Minor]
    currency: Mapped[str]
    method: Mapped[str]
    method_id: Mapped[str]
    state: Mapped[RefundState] = mapped_column(String)
    reason: Mapped[str]
    is_move: Mapped[bool]
    created_at: Mapped[At]
    settled_at: Mapped[OptionalAt]


class ReturnRow(Base):
    """A return."""

    __tablename__ = "shop_returns"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_number: Mapped[OrderNumber] = mapped_column(ForeignKey(OrderRow.number), index=True)
    kind: Mapped[ReturnKind] = mapped_column(String)
    state: Mapped[ReturnState] = mapped_column(String)
    requested_at: Mapped[At]
    received_at: Mapped[OptionalAt]
    tracking_id: Mapped[str | None]
    payment_method_id: Mapped[str]
    difference: Mapped[OptionalMinor]
    currency: Mapped[str | None]
    """Of the difference."""
    lines: Mapped[list["ReturnLineRow"]] = relationship(lazy="selectin", order_by="ReturnLineRow.position")


class ReturnLineRow(Base):
    """A position of a return."""

    __tablename__ = "shop_return_lines"

    return_id: Mapped[str] = mapped_column(ForeignKey(ReturnRow.id), primary_key=True)
    position: Mapped[Position]
    sku: Mapped[Sku] = mapped_column(Id, index=True)
    quantity: Mapped[int]
    reason: Mapped[str]
    exchange_sku: Mapped[Sku | None] = mapped_column(Id)


class CartRow(Base):
    """A cart."""

    __tablename__ = "shop_carts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[CustomerId | None] = mapped_column(Id, index=True)
    updated_at: Mapped[At]
    lines: Mapped[list["CartLineRow"]] = relationship(
        lazy="selectin", order_by="CartLineRow.position", cascade="all, delete-orphan"
    )


class CartLineRow(Base):
    """A position of a cart."""

    __tablename__ = "shop_cart_lines"

    cart_id: Mapped[str] = mapped_column(ForeignKey(CartRow.id), primary_key=True)
    sku: Mapped[Sku] = mapped_column(Id, primary_key=True)
    position: Mapped[int]
    quantity: Mapped[int]


class TicketRow(Base):
    """A ticket."""

    __tablename__ = "shop_tickets"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str | None]
    customer_id: Mapped[CustomerId | None] = mapped_column(Id, index=True)
    email: Mapped[str]
    subject: Mapped[str]
    summary: Mapped[str]
    state: Mapped[TicketState] = mapped_column(String)
    created_at: Mapped[At] = mapped_column(index=True)


class LeadRow(Base):
    """A lead."""

    __tablename__ = "shop_leads"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    wish: Mapped[str] = mapped_column(unique=True)
    """What makes two leads the same: kind, e-mail as it is compared, and variant; of a settled one also its id."""
    kind: Mapped[LeadKind] = mapped_column(String)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    """The e-mail address as it is compared."""
    sku: Mapped[Sku | None] = mapped_column(Id, index=True)
    consent_at: Mapped[At]
    consent_words: Mapped[str]
    conversation_id: Mapped[ConversationId | None] = mapped_column(Id)
    customer_id: Mapped[CustomerId | None] = mapped_column(Id)
    settled_at: Mapped[OptionalAt]


class EffectColumns:
    """What is kept of a write that was carried out, under its key."""

    key: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    digest: Mapped[str]
    result: Mapped[JsonValue] = mapped_column(Json)
    at: Mapped[At]


class EffectRow(EffectColumns, Base):
    """A write of the shop that was carried out, under its key."""

    __tablename__ = "shop_effects"
