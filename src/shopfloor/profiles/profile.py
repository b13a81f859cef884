"""A profile as the team may use it: what holds of all that is known, with where it is known from."""

from dataclasses import dataclass
from typing import get_args

from pydantic import JsonValue

from shopfloor.profiles.contract import Remembered
from shopfloor.profiles.vocabulary import KEYS, MATTER
from shopfloor.shop.garments import Garment

GARMENTS: tuple[Garment, ...] = get_args(Garment)


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What is known of one customer; empty for a guest."""

    entries: tuple[Remembered, ...] = ()
    """By key; a key of one value stands here once."""

    def value(self, key: str) -> str | None:
        """Return the value of a key that has one, or None."""
        return next((entry.value for entry in self.entries if entry.key == key), None)

    def values(self, key: str) -> tuple[str, ...]:
        """Return the values of a key that may have several, the oldest first."""
        return tuple(entry.value for entry in self.entries if entry.key == key)

    @property
    def sizes(self) -> dict[Garment, str]:
        """Return the known sizes."""
        return {garment: size for garment in GARMENTS if (size := self.value(f"size.{garment}"))}

    def view(self) -> dict[str, JsonValue]:
        """Write it as plain values, as templates and models may read it."""
        sizes: dict[str, JsonValue] = dict(self.sizes.items())
        return {
            "entries": [entry_view(entry) for entry in self.entries],
            "sizes": sizes,
            "likes": [*self.values("colour.likes"), *self.values("brand.likes")],
            "avoids": list(self.values("avoids")),
            "fit": self.value("fit"),
            "gender": self.value("gender"),
            "matters": [entry.value for entry in self.entries if entry.key.startswith(MATTER)],
        }


def entry_view(entry: Remembered) -> dict[str, JsonValue]:
    """Write one entry as plain values, with its key's `label`."""
    return {
        "key": entry.key,
        "label": KEYS[entry.key].label if entry.key in KEYS else "open",
        "value": entry.value,
        "origin": entry.origin,
        "conversation_id": entry.conversation_id,
        "at": entry.at.isoformat(),
    }


NOBODYS = Profile()
"""Of somebody who is not signed in."""
