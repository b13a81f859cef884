"""Measures the planner: a message, and what a team of fifty costs over one of seven.

`python benchmarks/routing.py` prints a table and writes it to `results/routing.json`. Each team is planned for in a
process of its own; the messages are those that the topics were learned from, a hundred of them, alone and two in one.
The added agents are one card under other names, each with twenty examples in words that no other has. Memory is the
most that the process held, from its start.

The figures stand in `docs/routing.md`.
"""

import asyncio
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import cast

import yaml
from figures import Figures, record, spread

from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import parse_card, shipped_cards
from shopfloor.planning.background import shipped_background
from shopfloor.planning.plan import PlanRequest
from shopfloor.planning.rules import RulePlanner
from shopfloor.search.products import CatalogueSearch
from shopfloor.shop.demo import demo_contents

ROOT = Path(__file__).parents[1]
TEAMS = (7, 50)
MESSAGES = 100
ROUNDS = 3
EXAMPLES = 20
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu")
AT = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
CARD = ROOT / "examples" / "agents" / "warranty_claim.yaml"


def team(size: int) -> list[AgentCard]:
    """Return the shipped cards with as many others as make up the size."""
    shipped = list(shipped_cards())
    card = parse_card(CARD.read_text("utf-8"), CARD.name)
    return [*shipped, *(_added(card, number) for number in range(size - len(shipped)))]


def _added(card: AgentCard, number: int) -> AgentCard:
    """Return a card under another name, asked for in words of its own."""
    chance = random.Random(number)
    own = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(5)]
    examples = tuple(f"{chance.choice(own)} my {chance.choice(own)} {chance.choice(own)}" for _ in range(EXAMPLES))
    skills = tuple(skill.model_copy(update={"examples": examples if skill.examples else ()}) for skill in card.skills)
    return card.model_copy(update={"id": f"{card.id}_{number}", "skills": skills})


def messages() -> list[str]:
    """Return messages with one wish, and as many with two."""
    known = cast(Mapping[str, Sequence[str]], yaml.safe_load((ROOT / "training" / "requests.yaml").read_text("utf-8")))
    texts = [text for listed in known.values() for text in listed]
    chosen = random.Random(1).sample(texts, MESSAGES)
    return [*chosen, *(f"{one}. Also, {two}" for one, two in pairwise(chosen))]


async def measured(size: int) -> Figures:
    """Return the figures of a team of some size."""
    cards = team(size)
    planner = RulePlanner(CatalogueSearch(demo_contents(AT).products), {}, shipped_background())
    begun = time.process_time()
    await planner.plan(PlanRequest(message="hello", cards=cards))
    fitted = time.process_time() - begun
    took: list[float] = []
    for text in messages():
        begun = time.perf_counter()
        await planner.plan(PlanRequest(message=text, cards=cards))
        took.append(time.perf_counter() - begun)
    one, several = took[:MESSAGES], took[MESSAGES:]
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**spread("one", one), **spread("several", several), "fit_s": round(fitted, 2), "held_mb": round(held)}


def main() -> None:
    """Measure each team in processes of their own, by turns, and write down the best of each."""
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(measured(int(sys.argv[1])))))
        return
    runs: dict[int, list[Figures]] = {size: [] for size in TEAMS}
    for _ in range(ROUNDS):
        for size in TEAMS:
            run = subprocess.run([sys.executable, __file__, str(size)], capture_output=True, check=True)
            runs[size].append(cast(Figures, json.loads(run.stdout)))
    best = {size: {name: min(run[name] for run in found) for name in found[0]} for size, found in runs.items()}
    small, large = (best[size] for size in TEAMS)
    figures = {f"a team of {size}": found for size, found in best.items()}
    record("routing", {**figures, "times as much": {name: round(large[name] / small[name], 2) for name in small}})


if __name__ == "__main__":
    main()
