"""What became of a write whose answer was lost: looked up in the shop by its key."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar

from pydantic import JsonValue, TypeAdapter

from shopfloor.shop.contract import Capability, Shop

T = TypeVar("T")
LookUp = Callable[[str], Awaitable[JsonValue]]


def by_key(shop: Shop, gives: TypeAdapter[T], view: Callable[[T], JsonValue | Awaitable[JsonValue]]) -> LookUp | None:
    """Return what looks a kind's write up; None where the shop cannot tell.

    `view` writes what the shop keeps as the kind's execution returns it.
    """
    if Capability.LOOK_UP not in shop.capabilities:
        return None

    async def look_up(key: str) -> JsonValue:
        effect = await shop.effects.find_effect(key)
        if effect is None:
            return None
        written = view(gives.validate_python(effect.result))
        result: JsonValue = await written if isawaitable(written) else written
        return result

    return look_up
