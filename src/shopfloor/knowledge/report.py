"""What a look at a source came to: what was taken, what stayed, what was left out and why."""

from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A page, and what is to be said of it."""

    place: str
    why: str


@dataclass(kw_only=True, slots=True)
class Report:
    """What a look at a source came to."""

    source: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: list[str] = field(default_factory=list[str])
    """Places of pages that are gone."""
    skipped: list[Place] = field(default_factory=list[Place])
    """What was not taken."""
    kept: list[Place] = field(default_factory=list[Place])
    """Pages that stay as they were, since they could not be looked at."""
    withheld: list[Place] = field(default_factory=list[Place])
    """Pages of which a part was left out."""
    ended: str = ""
    """Why not all of it was looked at; empty where it was."""
    seconds: float = 0.0

    @property
    def taken(self) -> int:
        """Return how many pages there are now."""
        return self.new + self.changed + self.unchanged + len(self.kept)

    def view(self) -> dict[str, JsonValue]:
        """Return it as JSON."""
        return {
            "source": self.source,
            "pages": self.taken,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "removed": list(self.removed),
            "skipped": _views(self.skipped),
            "kept": _views(self.kept),
            "withheld": _views(self.withheld),
            "ended": self.ended,
            "seconds": round(self.seconds, 2),
        }


def _views(places: list[Place]) -> list[JsonValue]:
    return [{"place": one.place, "why": one.why} for one in places]
