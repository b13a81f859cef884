"""What the domain's own tools are known to do wrong, worked out anew from a call and the right result.

A shop that does it right deviates from what they left behind. Here it is shown that a deviation is just that defect,
and nothing else.
"""

from collections.abc import Mapping, Sequence
from itertools import islice

from pydantic import JsonValue

from shopfloor.evals.tau2.comparison import Objects, differences, same
from shopfloor.evals.tau2.data import Call, Domain, Item, PlacedOrder


def with_last_variant(domain: Domain, call: Call, order: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return an order whose items were changed rightly as "modify items" leaves it: all of them as the last one.

    The ids become those asked for, and so does the money, but each item gets the price and options of the last.
    """
    new = call.texts("new_item_ids")
    last = _variant(domain, new[-1]) if new else None
    items = order.get("items")
    if last is None or not isinstance(items, list):
        return order
    options: dict[str, JsonValue] = {**last.options}
    places = _places(domain.orders[call.text("order_id")], call.texts("item_ids"))
    changed: list[JsonValue] = [
        {**item, "price": last.price / 100, "options": options} if isinstance(item, dict) and place in places else item
        for place, item in enumerate(items)
    ]
    return {**order, "items": changed}


def _places(order: PlacedOrder, item_ids: Sequence[str]) -> frozenset[int]:
    """Return where in an order items stand, each of several alike once."""
    places: set[int] = set()
    for item_id in item_ids:
        free = (n for n, item in enumerate(order.items) if item.item_id == item_id and n not in places)
        places.update(islice(free, 1))
    return frozenset(places)


def _variant(domain: Domain, item_id: str) -> Item | None:
    return next((one.variants[item_id] for one in domain.products.values() if item_id in one.variants), None)


def explained(domain: Domain, calls: Sequence[Call], expected: Objects, found: Objects) -> str | None:
    """Return why the objects deviate from those expected, where known defects are all of it; else None.

    `calls` are the writes that were carried out.
    """
    as_upstream = dict(found)
    reasons: list[str] = []
    for call in calls:
        key = ("orders", call.text("order_id"))
        if call.name != "modify_pending_order_items" or key not in found:
            continue
        with_defect = with_last_variant(domain, call, as_upstream[key])
        if not same(with_defect, as_upstream[key]):
            as_upstream[key] = with_defect
            ids = call.texts("new_item_ids")
            reasons.append(
                f"orders {key[1]}: upstream writes the price and options of the last new item, {ids[-1]}, onto all "
                f"{len(ids)} modified items; here each has its own, and nothing else differs"
            )
    return "; ".join(reasons) if reasons and not differences(expected, as_upstream) else None
