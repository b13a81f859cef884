"""What remembering and forgetting make of the entries there are; both ways of keeping profiles go by it."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from shopfloor.kernel.errors import InvalidInput
from shopfloor.profiles.contract import ALL, MAX_VALUES, RANKS, Kept, Remembered
from shopfloor.profiles.vocabulary import KEYS, checked


def with_remembered(kept: Kept, entries: Iterable[Remembered]) -> Kept:
    """Return what is stored of a customer once entries are remembered; their keys count as forgotten no more.

    Raises:
        InvalidInput: a key or value that is not in the vocabulary.
    """
    held, forgotten = list(kept.entries), dict(kept.forgotten)
    for entry in valid(entries):
        if not is_unwanted(entry, forgotten):
            held = added(held, entry)
            forgotten.pop(entry.key, None)
    return Kept(entries=in_order(held), forgotten=forgotten)


def without(kept: Kept, key: str, value: str | None, at: datetime) -> Kept:
    """Return what is stored once a key, or a single value of it, is forgotten."""
    held = [entry for entry in kept.entries if entry.key != key or value not in {None, entry.value}]
    return Kept(entries=tuple(held), forgotten={**kept.forgotten, **({key: at} if value is None else {})})


def without_things(kept: Kept, things: Iterable[tuple[str, str]], at: datetime) -> Kept:
    """Return what is stored once values of keys are forgotten; a key of one value goes whole.

    Raises:
        InvalidInput: a key or value that is not in the vocabulary.
    """
    for key, value in things:
        meant = checked(key, value)
        kept = without(kept, key, meant if KEYS[key].is_list else None, at)
    return kept


def as_before(kept: Kept, keys: Collection[str], earlier: Kept) -> Kept:
    """Return what is stored once some keys hold just what they held earlier.

    Raises:
        InvalidInput: a key or value that is not in the vocabulary, or one that is not among the keys.
    """
    if strange := {*(entry.key for entry in earlier.entries), *earlier.forgotten} - set(keys):
        raise InvalidInput(f"{min(strange)[:60]!r} is not among the keys that shall be as they were")
    held = [entry for entry in kept.entries if entry.key not in keys]
    forgotten = {key: at for key, at in kept.forgotten.items() if key not in keys}
    return Kept(entries=in_order([*held, *valid(earlier.entries)]), forgotten={**forgotten, **earlier.forgotten})


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
