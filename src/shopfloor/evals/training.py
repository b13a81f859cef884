"""Learning from a merchant's labelled history, and measuring what was learned on rows that were kept aside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import permutations

from shopfloor.evals.figures import REFUSED
from shopfloor.evals.nearness import Fingerprint, Neighbours, fingerprint
from shopfloor.evals.routing import Bench
from shopfloor.evals.rows import Row
from shopfloor.kernel.errors import InvalidInput
from shopfloor.planning.clauses import clauses
from shopfloor.planning.recognition import NOT_OURS, Recogniser
from shopfloor.planning.trained import Labelled, Trained, fit

ENOUGH = 0.1
"""The score by its card from which on a part of a message is believed to be an agent's."""
MOST_AGENTS = 4
"""A message for more is passed over: its parts could be given to them in too many ways."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What one row teaches."""

    row: Row
    parts: tuple[Labelled, ...]
    """Its text, or the parts of it, each with its agent; none where it teaches nothing."""
    cuts: tuple[str, ...]
    """The parts of a message for several agents, and otherwise its text."""


def lessons(rows: Sequence[Row], known: Recogniser) -> list[Lesson]:
    """Return what rows teach: a message for one agent as it is, one for several by its parts, as far as they are clear.

    A row that only what was said before explains teaches nothing.
    """
    return [_lesson(row, known) for row in rows]


def train(taught: Sequence[Lesson]) -> Trained:
    """Fit to lessons.

    Raises:
        InvalidInput: they teach nothing.
    """
    return fit([part for one in taught for part in one.parts])


def check_agents(rows: Sequence[Row], bench: Bench, where: str) -> None:
    """Check that rows name agents of the team.

    Raises:
        InvalidInput: naming the row and the team.
    """
    team = sorted(str(card.id) for card in bench.cards)
    for row in rows:
        if unknown := sorted(row.expected.difference(team, {REFUSED})):
            raise InvalidInput(
                f"{where}, id {row.id}: expected_agents: there is no agent {unknown[0]}: "
                f"use {', '.join(team)} or {REFUSED}"
            )


async def cross_validated(
    bench: Bench,
    taught: Sequence[Lesson],
    folds: int,
    tell: Callable[[int], None] = lambda _done: None,
) -> dict[str, frozenset[str]]:
    """Return who each row goes to when the router has seen neither it nor anything nearly the same.

    Near-duplicates are kept together; a message with several wishes goes to a router that has not seen its parts.
    """
    alike = _Alike(taught)
    groups = alike.groups()
    fold = [_fold(taught[group].row.id, folds) for group in groups]
    found: dict[str, frozenset[str]] = {}
    for number in range(folds):
        aside = [place for place in range(len(taught)) if fold[place] == number]
        for places in ([p for p in aside if not alike.is_joined(p)], [p for p in aside if alike.is_joined(p)]):
            if not places:
                continue
            seen = alike.seen_by(places)
            router = train([one for place, one in enumerate(taught) if fold[place] != number and place not in seen])
            outcome = await bench.route([taught[place].row for place in places], trained=router)
            found |= outcome.agents
            tell(len(found))
    return found


def _lesson(row: Row, known: Recogniser) -> Lesson:
    wanted = [NOT_OURS if row.kind == "oos" or agent == REFUSED else agent for agent in row.expected_agents]
    if row.kind == "context" or len(wanted) > MOST_AGENTS:
        return Lesson(row=row, parts=(), cuts=(row.text,))
    cuts = tuple(part.text for part in clauses(row.text, lambda text: known.match(text, False), known.is_fragment))
    if len(wanted) == 1:
        pieces = cuts if len(cuts) > 1 else ()
        parts = tuple(Labelled(known=known.by_cards(text), agent=wanted[0]) for text in (row.text, *pieces))
        return Lesson(row=row, parts=parts, cuts=(row.text,))
    return Lesson(row=row, parts=tuple(_assigned(cuts, wanted, known)), cuts=cuts)


def _assigned(cuts: Sequence[str], wanted: Sequence[str], known: Recogniser) -> list[Labelled]:
    """Give as many parts as there are agents to them, so that their cards' scores are the highest together."""
    if len(cuts) != len(wanted):
        return []
    known_by = [known.by_cards(text) for text in cuts]
    ways = [
        [Labelled(known=one, agent=agent) for one, agent in zip(known_by, order, strict=True)]
        for order in permutations(wanted)
    ]
    best = max(ways, key=lambda way: sum(_likely(one) for one in way))
    return [one for one in best if _likely(one) >= ENOUGH]


def _likely(one: Labelled) -> float:
    return one.known.scores.get(one.agent, 0.0)


def _fold(name: str, folds: int) -> int:
    return int(sha256(name.encode()).hexdigest(), 16) % folds


class _Alike:
    """Knows which lessons tell each other's answers in advance."""

    def __init__(self, taught: Sequence[Lesson]) -> None:
        self._taught = taught
        self._whole: list[Fingerprint] = [fingerprint(one.row.text) for one in taught]
        pieces = [(place, fingerprint(cut)) for place, one in enumerate(taught) for cut in one.cuts]
        self._owners = [place for place, _ in pieces]
        self._pieces = [piece for _, piece in pieces]
        self._near_pieces = Neighbours(self._pieces)
        self._near_whole = Neighbours(self._whole)
        self._own: Mapping[int, list[Fingerprint]] = {place: [] for place in range(len(taught))}
        for place, piece in pieces:
            self._own[place].append(piece)

    def is_joined(self, place: int) -> bool:
        """Whether a row asks for several agents."""
        return len(self._taught[place].row.expected) > 1

    def groups(self) -> list[int]:
        """Return for each lesson the place of the first that it is near, or near to one that is."""
        first = list(range(len(self._taught)))

        def root(place: int) -> int:
            while first[place] != place:
                first[place] = first[first[place]]
                place = first[place]
            return place

        for place, one in enumerate(self._whole):
            for other in self._near_whole.of(one):
                low, high = sorted((root(place), root(other)))
                first[high] = low
        return [root(place) for place in range(len(first))]

    def seen_by(self, places: Sequence[int]) -> set[int]:
        """Return the lessons that tell the answers of some: near them, near or with a part of them, or part of them."""
        found: set[int] = set()
        wholes = Neighbours([self._whole[place] for place in places])
        for place in places:
            for piece in (self._whole[place], *self._own[place]):
                found.update(self._owners[other] for other in self._near_pieces.of(piece))
            if self.is_joined(place):
                found.update(self._near_whole.within(self._whole[place]))
        for place in range(len(self._taught)):
            if self.is_joined(place) and any(True for _ in wholes.within(self._whole[place])):
                found.add(place)
        return found.difference(places)
