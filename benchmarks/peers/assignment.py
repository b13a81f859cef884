"""The work that every peer is given: the customer's message, the prompts and the two tools.

A turn is the same everywhere: a planner splits the message, two specialists work side by side, each calls its tool once
and words the answer, which is streamed.
"""

import json
from collections.abc import Awaitable, Callable

USER = "Where is my order #123? Also I want red sneakers, men, size 9."
MODEL = "gpt-4o-mini"
KEY = "sk-none"
PLANNER = (
    "ROLE:planner You are the planner of a shop assistant. Split the user's message into tasks for the agents 'orders' "
    'and \'products\'. Answer with JSON {"tasks":[{"agent":...,"task":...}]} only.'
)
SPECIALISTS = {
    "orders": "ROLE:orders You are the order-support specialist. Use get_order_status to look up the order, then "
    "answer briefly.",
    "products": "ROLE:products You are the product-search specialist. Use search_products, then answer briefly.",
}
"""Instructions by agent; the words `ROLE:` tell the model server who asks."""

Emit = Callable[[str, str], None]
"""Hears each piece of text as it arrives: the agent's name and the words."""
Turn = Callable[[str, Emit], Awaitable[str]]
"""Answers a customer's message, and returns the whole reply."""


async def get_order_status(order_id: str) -> str:
    """Look up the status of an order.

    Args:
        order_id: The order number.
    """
    return json.dumps(
        {
            "order_id": order_id,
            "status": "shipped on Monday",
            "carrier": "DHL",
            "at": "the Lyon hub",
            "eta": "Thursday before noon",
            "tracking": "DH123456",
        }
    )


async def search_products(query: str, gender: str = "", size: str = "") -> str:
    """Search the product catalogue.

    Args:
        query: Free-text query.
        gender: men, women or kids.
        size: Shoe size.
    """
    stock = "in stock, ships in two days"
    return json.dumps(
        {
            "wanted": {"query": query, "gender": gender, "size": size},
            "products": [
                {"sku": "A1", "name": "Aero Run", "price": "79 euros", "stock": stock},
                {"sku": "S2", "name": "Street Low", "price": "59 euros", "stock": stock},
            ],
        }
    )


TOOLS = {"orders": get_order_status, "products": search_products}
"""Each agent's only tool."""
