"""Whether two objects of the domain are the same, and where they are not.

Amounts are compared in cents, since the domain counts with floats; countries by what they are and not by how they are
written; a field without a value is the same as no field; and a payment of nothing moves no money, so it is none.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from pydantic import JsonValue

from shopfloor.evals.tau2.data import cents
from shopfloor.evals.tau2.importing import country_of

AMOUNTS = frozenset({"price", "amount", "balance", "exchange_price_difference"})
"""Fields in dollars."""
SHOWN = 3
"""Differences of one object that are told."""

Objects = Mapping[tuple[str, str], Mapping[str, JsonValue]]
"""Objects by sort and id."""


def differences(expected: Objects, found: Objects) -> list[str]:
    """Return in what the objects that were changed differ from those expected, one line each; none where they agree."""
    told: list[str] = []
    for sort, id_ in sorted({*expected, *found}):
        wanted, had = expected.get((sort, id_)), found.get((sort, id_))
        name = f"{sort} {id_}"
        if wanted is None:
            told.append(f"{name}: it should not be changed")
        elif had is None:
            told.append(f"{name}: it should be changed, and is not")
        else:
            those = list(_differences("", plain(wanted), plain(had)))
            told += [f"{name}: {one}" for one in those[:SHOWN]]
            told += [f"{name}: and {len(those) - SHOWN} more"] if len(those) > SHOWN else []
    return told


def same(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> bool:
    """Say whether two objects are the same."""
    return plain(one) == plain(other)


def plain(value: JsonValue | Mapping[str, JsonValue], field: str = "") -> JsonValue:
    """Return a value as it is compared: what may differ without meaning anything is written in one way."""
    if isinstance(value, Mapping):
        members = {name: plain(each, name) for name, each in value.items()}
        return {name: each for name, each in members.items() if each is not None}
    if isinstance(value, list):
        return [plain(each) for each in value if not (field == "payment_history" and _is_nothing(each))]
    if field in AMOUNTS and isinstance(value, int | float) and not isinstance(value, bool):
        return cents(value)
    if field == "country" and isinstance(value, str):
        return country_of(value)
    return value


def _is_nothing(entry: JsonValue) -> bool:
    amount = entry.get("amount") if isinstance(entry, dict) else None
    return isinstance(amount, int | float) and cents(amount) == 0


def _differences(path: str, wanted: JsonValue, had: JsonValue) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(had, dict):
        for name in dict.fromkeys([*wanted, *had]):
            yield from _differences(f"{path}.{name}" if path else name, wanted.get(name), had.get(name))
    elif isinstance(wanted, list) and isinstance(had, list) and len(wanted) == len(had):
        for place, (one, other) in enumerate(zip(wanted, had, strict=True)):
            yield from _differences(f"{path}.{place}", one, other)
    elif wanted != had:
        name = path.rpartition(".")[2]
        yield f"{path}: {_told(wanted, name)} expected, {_told(had, name)} found"


def _told(value: JsonValue, field: str) -> str:
    if value is None:
        return "nothing"
    if field in AMOUNTS:
        return f"{cast(int, value) / 100:.2f}"
    return str(value)
