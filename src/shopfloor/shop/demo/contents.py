"""The demo shop as one value."""

from datetime import UTC, datetime

from shopfloor.shop.contents import ShopContents
from shopfloor.shop.demo.carts import demo_carts
from shopfloor.shop.demo.days import Days
from shopfloor.shop.demo.gift_cards import demo_gift_cards
from shopfloor.shop.demo.orders import Setting, demo_orders
from shopfloor.shop.demo.people import demo_customers, demo_people
from shopfloor.shop.demo.products import demo_products
from shopfloor.shop.demo.promotions import demo_promotions
from shopfloor.shop.demo.returns import demo_returns


def demo_contents(now: datetime) -> ShopContents:
    """Return the demo shop "Harbour Lane" as it stands at an aware instant; the same instant gives the same shop.

    It reads files, so it belongs in a thread where an event loop runs.
    """
    days = Days(now=now.astimezone(UTC).replace(microsecond=0))
    people, products, promotions = demo_people(), demo_products(), demo_promotions(days)
    sold = demo_orders(Setting(people=people, products=products, promotions=promotions, days=days))
    orders, returns = demo_returns(sold, products, days)
    return ShopContents(
        products=products,
        promotions=promotions,
        customers=demo_customers(people, days),
        gift_cards=demo_gift_cards(people, days),
        orders=orders,
        returns=returns,
        carts=demo_carts(people, products, days),
    )
