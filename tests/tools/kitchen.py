"""A shop of a few kitchen things, whose orders say just what is bought together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.visit import Visit

from shopfloor.identity.identity import GUEST, Identity
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import CustomerId, OrderNumber, ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import Address, Cart, CartLine, Customer, Order, OrderLine, OrderState, Product, Variant
from shopfloor.tools.retail.habits import Habits
from shopfloor.tools.retail.upsell import UpsellTools
from shopfloor.tools.toolsets import ToolList

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
ADA, BEN = CustomerId("ada"), CustomerId("ben")
HOME = Address(name="Ada Finch", line1="1 Mill Row", city="Bath", region="ME", postal_code="04530", country="US")


def usd(minor: int) -> Money:
    return Money("USD", minor)


def thing(
    name: str, kind: str, *, price: int = 1_000, cost: int | None = None, stock: int = 9, tags: Sequence[str] = ()
) -> Product:
    return Product(
        id=ProductId(name),
        title=name.title(),
        brand="Harbour",
        category=("Kitchen", kind),
        description="A thing.",
        best_for="Good for all",
        tags=tuple(tags),
        variants=(
            Variant(sku=Sku(name.upper()), price=usd(price), stock=stock, cost=None if cost is None else usd(cost)),
        ),
    )


KETTLE = thing("kettle", "Kettles", price=6_000, tags=["tea", "breakfast", "steel"])
TEA, CUP, SPOON = thing("tea", "Teas"), thing("cup", "Cups"), thing("spoon", "Spoons", tags=["tea", "breakfast"])
LAMP = thing("lamp", "Lamps", price=9_000)
PRODUCTS = (KETTLE, TEA, CUP, SPOON, LAMP)


def order(
    number: int,
    *products: Product,
    customer: CustomerId | None = None,
    days_ago: float = 9.0,
    state: OrderState = "delivered",
) -> Order:
    return Order(
        number=OrderNumber(str(number)),
        customer_id=customer,
        email="somebody@example.com",
        placed_at=NOW - timedelta(days=days_ago),
        state=state,
        payment_state="paid",
        payment_method="Visa ending in 4242",
        lines=tuple(
            OrderLine(
                sku=each.variants[0].sku,
                product_id=each.id,
                title=each.title,
                quantity=1,
                unit_price=each.variants[0].price,
            )
            for each in products
        ),
        discount=usd(0),
        shipping=usd(0),
        tax=usd(0),
        shipping_address=HOME,
    )


def orders(count: int, *products: Product, first: int = 1, **details: Any) -> list[Order]:
    return [order(first + place, *products, **details) for place in range(count)]


class Kitchen:
    """A shop with the tools that suggest."""

    def __init__(self, sold: Sequence[Order], *, products: Sequence[Product] = PRODUCTS) -> None:
        self.clock = FixedClock(NOW)
        customers = [
            Customer(id=each, email=f"{each}@example.com", name=each, address=HOME, created_at=NOW)
            for each in (ADA, BEN)
        ]
        cart = Cart(
            id="mine", customer_id=ADA, lines=tuple(CartLine(sku=Sku(s), quantity=1) for s in ("LAMP", "KETTLE")),
            updated_at=NOW,
        )  # fmt: skip
        self.shop: Shop = memory_shop(
            ShopContents(products=tuple(products), orders=tuple(sold), customers=tuple(customers), carts=(cart,))
        )
        search = CatalogueSearch(products)
        self.habits = Habits(self.shop.orders, search.category_of, self.clock)
        self.tools = ToolList(UpsellTools(self.shop, search, self.habits).tools())

    async def beside(self, product: str | None, who: Identity = GUEST, wish: str | None = None) -> list[dict[str, Any]]:
        args = {"product_id": product, "is_asked": True, "wish": wish}
        result = await self.tools.call("suggest_products", args, Visit(who).context())
        return [dict(each) for each in result.output["products"]]  # type: ignore

    async def titles(self, product: str | None, who: Identity = GUEST, wish: str | None = None) -> list[str]:
        return [each["title"] for each in await self.beside(product, who, wish)]
