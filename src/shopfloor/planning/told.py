"""What customers tell of themselves beside what they wish for: it goes into the wish, and is noted once."""

from collections.abc import Sequence
from dataclasses import replace

from shopfloor.agents.slots import Focus, SlotReader
from shopfloor.language.preferences import statements
from shopfloor.language.text import words
from shopfloor.planning.clauses import ANEW
from shopfloor.planning.route import Route
from shopfloor.search.contract import ProductSearch

FRAGMENT = 3
"""Words at most of a part that only goes on telling: `size 9 shoes`, after `I wear M in shirts`."""


class Told:
    """Joins what is told with what is wished."""

    def __init__(self, reader: SlotReader, search: ProductSearch) -> None:
        """Take what reads slots, and what knows the products."""
        self._reader = reader
        self._search = search

    def joined(self, routes: Sequence[Route], *, is_kept: bool) -> list[Route]:
        """Return routes with what is told in one of them, and its size in the wishes.

        Where nothing is kept of the customer, as of a guest, and they wish for something, only the wish is left.
        """
        told = [route for route in routes if _preference(route)]
        if not told:
            return list(routes)
        told += [route for place, route in enumerate(routes) if place and self._is_told_on(routes[place - 1], route)]
        others = [route for route in routes if route not in told]
        text = ". ".join(_sentence(route) for route in routes if route in told)
        wishes = [str(route.arguments["wish"]) for route in others if "wish" in route.arguments]
        others = [self._sized(route, text) for route in others]
        if wishes and not is_kept:
            return others
        note = next(route for route in routes if route in told)
        slots = {**note.arguments, str(_preference(note)): text}
        for name in note.skill.takes:  # `do you have red sneakers` says what the size is the size of
            value = self._reader.fill(note.card.slots[name], " ".join(wishes), Focus())
            if name not in slots and value is not None and note.card.slots[name].type == "choice":
                slots[name] = value
        return [replace(note, text=text, arguments=slots), *others]

    def _is_told_on(self, before: Route, route: Route) -> bool:
        """Whether a part that looks like a wish goes on with what was told before it."""
        wish = str(route.arguments.get("wish", ""))
        is_begun = ANEW.match(route.text) is not None
        return bool(_preference(before) and wish and self._search.understand(wish).size) and not (
            is_begun or len(words(route.text)) > FRAGMENT
        )

    def _sized(self, route: Route, text: str) -> Route:
        sizes = [statement.value for statement in statements(text) if statement.kind == "size"]
        wish = route.arguments.get("wish")
        if len(sizes) != 1 or not isinstance(wish, str) or self._search.understand(wish).size:
            return route
        return replace(route, arguments={**route.arguments, "wish": f"{wish}, size {sizes[0]}"})


def _sentence(route: Route) -> str:
    """Return what is told as a sentence of its own, which one that only goes on is not."""
    return route.text.rstrip(".") if _preference(route) else f"I wear {route.text}"


def _preference(route: Route) -> str | None:
    """Return the slot of a route that holds what is told, or None where it tells nothing."""
    return next((name for name in route.arguments if route.card.slots[name].type == "preference"), None)
