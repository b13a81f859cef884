"""The kinds of facts that every installation has; agents' own come with their cards."""

from typing import Annotated

from pydantic import Field

from shopfloor.facts.kinds import FactKind, FactValue

Words = Annotated[str, Field(min_length=1, max_length=500)]


class Notice(FactValue):
    """What customers are to hear."""

    text: Words
    """As it is said to them, word for word."""


SHIPPED = (
    FactKind(
        name="notice",
        says="What customers are told with a product, such as when it comes back.",
        about="product",
        value=Notice,
        owner="staff",
    ),
)
