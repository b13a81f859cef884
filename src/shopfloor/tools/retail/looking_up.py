"""What became of a write whose answer was lost: looked up in the shop by its key."""

import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from shopfloor.kernel.errors import CallerError, Refused
from shopfloor.shop.contract import Shop

logger = logging.getLogger(__name__)

T = TypeVar("T")
LookUp = Callable[[str], Awaitable[JsonValue]]


def by_key(shop: Shop, gives: TypeAdapter[T], view: Callable[[T], JsonValue | Awaitable[JsonValue]]) -> LookUp:
    """Return what looks a kind's write up, in a shop that can tell.

    `view` writes what the shop keeps as the kind's execution returns it. Where it cannot, the write is known to be done
    all the same, and its result is empty.
    """

    async def look_up(key: str) -> JsonValue:
        effect = await shop.effects.find_effect(key)
        if effect is None:
            return None
        try:
            written = view(gives.validate_python(effect.result))
            result: JsonValue = await written if isawaitable(written) else written
        except (Refused, CallerError, ValidationError) as error:  # such as a product that is gone since
            logger.warning("what %s left cannot be told again: %s", key, type(error).__name__)
            return {}
        return {} if result is None else result

    return look_up
