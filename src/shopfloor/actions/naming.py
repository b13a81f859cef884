"""What an action is called by people: a short id made of its key, which is long and holds slashes."""

import hashlib

from shopfloor.kernel.ids import ALPHABET, base32

PREFIX = "act_"
LENGTH = 12
"""Characters behind the prefix, 60 bits: among a million actions two share an id once in two million shops."""
SHORTEST = 4
"""Characters from which on the beginning of an id stands for it."""


def action_id(key: str) -> str:
    """Return the id of the action with a key: the same wherever and whenever it is asked for."""
    digest = hashlib.sha256(key.encode("utf-8", "replace")).digest()
    return f"{PREFIX}{base32(int.from_bytes(digest[:8], 'big') >> 4, LENGTH)}"


def beginning(text: str) -> str | None:
    """Return what an id begins with that somebody typed, with or without its prefix; None where it cannot be one."""
    typed = text.strip().lower().removeprefix(PREFIX)
    if not SHORTEST <= len(typed) <= LENGTH or set(typed) - set(ALPHABET):
        return None
    return f"{PREFIX}{typed}"


def ids_from(start: str) -> tuple[str, str]:
    """Return the first and the last of all ids that begin so."""
    length = len(PREFIX) + LENGTH
    return start.ljust(length, ALPHABET[0]), start.ljust(length, ALPHABET[-1])
