"""What remembering and forgetting make of the entries there are; both ways of keeping profiles go by it."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from shopfloor.profiles.contract import ALL, MAX_VALUES, RANKS, Remembered
from shopfloor.profiles.vocabulary import KEYS, checked


def valid(entries: Iterable[Remembered]) -> list[Remembered]:
    """Return entries with their values as they are stored.

    Raises:
        InvalidInput: a key or value that is not in the vocabulary.
    """
    return [replace(entry, value=checked(entry.key, entry.value)) for entry in entries]


def added(held: Sequence[Remembered], new: Remembered) -> list[Remembered]:
    """Return a customer's entries once one more is remembered."""
    own = list(in_order(entry for entry in held if entry.key == new.key))
    others = [entry for entry in held if entry.key != new.key]
    if KEYS[new.key].is_list:
        own = [entry for entry in own if entry.value != new.value]
        return [*others, *in_order([*own, new])[-MAX_VALUES:]]
    if own and RANKS[own[0].origin] > RANKS[new.origin]:
        return list(held)
    return [*others, new]


def is_unwanted(entry: Remembered, forgotten: Container[str]) -> bool:
    """Whether an entry tells what was to be forgotten, and not in the customer's own words.

    An open matter is the shop's, whatever was to be forgotten.
    """
    is_told = RANKS[entry.origin] >= RANKS["said"] or entry.origin == "ticket"
    return not is_told and (ALL in forgotten or entry.key in forgotten)


def in_order(entries: Iterable[Remembered]) -> tuple[Remembered, ...]:
    """Return entries by key, those of one key the oldest first."""
    return tuple(sorted(entries, key=lambda entry: (entry.key, entry.at, entry.value)))
