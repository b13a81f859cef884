"""Routing labelled messages with a team and a shop in memory, whatever is installed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from anyio import to_thread

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import shipped_cards
from shopfloor.agents.settings import shipped_brand
from shopfloor.evals.figures import Judged
from shopfloor.evals.lived import LivedThrough
from shopfloor.evals.rows import Row, Said
from shopfloor.evals.transcripts import SHOP_TIME, Transcripts
from shopfloor.language.detection import detect
from shopfloor.language.languages import DEFAULT
from shopfloor.planning.background import Background, shipped_background
from shopfloor.planning.recognition import Recogniser
from shopfloor.planning.rules import RulePlanner
from shopfloor.planning.trained import Trained
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.demo import demo_contents

WARMING = "where is my order?"
"""Said before the first row, so that no row pays for what is done once."""
SHOWN_LETTERS = 160
SHOWN_MESSAGES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Took:
    """How long routing took, in ms a message."""

    p50: float
    p95: float
    of: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What was found for rows."""

    agents: Mapping[str, frozenset[str]]
    """By row."""
    took_ms: Mapping[str, float]
    """By row, of those that were not lived through."""
    confidences: Mapping[str, float]
    """The plans', by row, of those that were not lived through."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """Rows of a source that were given to the same wrong agents."""

    source: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    count: int
    messages: tuple[str, ...]
    """Some of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What messages are routed with."""

    cards: Sequence[AgentCard]
    brand: Brand
    contents: ShopContents
    background: Background

    def recogniser(self) -> Recogniser:
        """Return what recognises skills by the cards alone."""
        return Recogniser(self.cards, self.background, CatalogueSearch(self.contents.products))

    async def route(
        self,
        rows: Sequence[Row],
        tell: Callable[[int], None] = lambda _done: None,
        *,
        trained: Trained | None = None,
    ) -> Outcome:
        """Route the last message of each row; `tell` hears how many rows are done.

        Rows with what a team said are planned with what was said; rows of several of the customer's messages alone are
        lived through in the demo shop.
        """
        planner = RulePlanner(CatalogueSearch(self.contents.products), {}, self.background, trained)
        transcripts = Transcripts(planner, self.cards, self.brand)
        lived = LivedThrough(trained, self.cards, self.brand, self.contents)
        await to_thread.run_sync(detect, WARMING, DEFAULT)  # which reads files at first
        await transcripts.route([Said(role="user", content=WARMING)])
        agents: dict[str, frozenset[str]] = {}
        took_ms: dict[str, float] = {}
        confidences: dict[str, float] = {}
        for done, row in enumerate(rows, 1):
            if len(row.messages) > 1 and not row.is_answered:
                agents[row.id] = await lived.route(row.messages)
            else:
                routed = await transcripts.route(row.messages)
                agents[row.id], took_ms[row.id] = routed.agents, routed.took_ms
                confidences[row.id] = routed.confidence
            tell(done)
        return Outcome(agents=agents, took_ms=took_ms, confidences=confidences)


async def shipped_bench() -> Bench:
    """Return the seven cards that come with the product, and the demo shop."""
    return Bench(
        cards=await to_thread.run_sync(shipped_cards),
        brand=await to_thread.run_sync(shipped_brand),
        contents=await to_thread.run_sync(demo_contents, SHOP_TIME),
        background=await to_thread.run_sync(shipped_background),
    )


def took(values: Sequence[float]) -> Took | None:
    """Return the median and the 95th percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    places = [min(len(ordered) - 1, int(len(ordered) * share)) for share in (0.5, 0.95)]
    return Took(p50=ordered[places[0]], p95=ordered[places[1]], of=len(ordered))


def mistakes(all_: Sequence[Judged], count: int) -> list[Mistake]:
    """Return the most frequent mistakes, by source and pair of expected and found agents, with some messages each."""
    wrong = [one for one in all_ if not one.is_right_leniently]
    keys = [(one.row.source, tuple(sorted(one.row.expected)), tuple(sorted(one.found))) for one in wrong]
    return [
        Mistake(
            source=key[0],
            expected=key[1],
            found=key[2],
            count=number,
            messages=tuple(_shown(one.row) for one, of in zip(wrong, keys, strict=True) if of == key)[:SHOWN_MESSAGES],
        )
        for key, number in Counter(keys).most_common(count)
    ]


def _shown(row: Row) -> str:
    """Return a row's last message, behind what the customer said before."""
    said = [said.content for said in row.messages if said.role == "user"][-2:]
    return " ⏎ ".join(" ".join(one.split())[:SHOWN_LETTERS] for one in said)
