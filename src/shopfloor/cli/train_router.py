"""`shopfloor train-router`: the planner learns from a merchant's labelled messages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import anyio
import typer
from anyio import to_thread
from rich.markup import escape

from shopfloor.app import App, open_app
from shopfloor.cli.evaluate import Errors, shown, sources, table, teller
from shopfloor.cli.options import config, read_file
from shopfloor.cli.output import Output
from shopfloor.evals.figures import judged
from shopfloor.evals.routing import Bench, mistakes, shipped_bench
from shopfloor.evals.rows import Row, read_rows
from shopfloor.evals.training import Lesson, check_agents, cross_validated, lessons, train
from shopfloor.planning.recognition import NOT_OURS
from shopfloor.shop.models import Product

FOLDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """What was asked for on the command line."""

    rows: Sequence[Row]
    where: str
    out: Path
    folds: int
    errors: int
    data: Path | None


def train_router(
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="Labelled messages, one a line; - is stdin.")],
    out: Annotated[Path, typer.Option("--out", metavar="R", help="Write the router to this file.")],
    folds: Annotated[
        int, typer.Option(help="Measure what was learned, each part kept aside in turn; 0 skips it.", min=0, max=20)
    ] = FOLDS,
    errors: Errors = 0,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Learn for the agents and products of this data directory; the demo shop's without."
        ),
    ] = None,
) -> None:
    """Learn from labelled messages which agents they are for, on top of the cards.

    The file is for `--router` of serve, chat, demo and eval. Agents that no message is for keep what their cards say.
    """
    if folds == 1:
        raise typer.BadParameter("1 leaves nothing to learn from: use 2 or more, or 0", param_hint="--folds")
    rows = read_rows(read_file(file), file)
    made = Training(rows=rows, where=file, out=out, folds=folds, errors=errors, data=data)
    anyio.run(_train, made)


async def _train(asked: Training) -> None:
    rows, out, folds = asked.rows, asked.out, asked.folds
    output = Output(as_json=False)
    bench = await (_installed(asked.data, output) if asked.data else shipped_bench())
    check_agents(rows, bench, asked.where)
    known = await to_thread.run_sync(bench.recogniser)
    taught = await to_thread.run_sync(lessons, rows, known)
    router = await to_thread.run_sync(train, taught)
    await to_thread.run_sync(router.save, out)
    for line in _learned(taught):
        output.line(line)
    if folds:
        output.progress(f"Measuring: {folds} times without a part of the rows...")
        found = await cross_validated(bench, taught, folds, teller(output, len(rows)))
        all_ = judged(rows, found)
        output.line(f"\n[bold]On rows that were kept aside, {folds} times[/]")
        for line in [*table(all_), *sources(all_), *shown(mistakes(all_, asked.errors))]:
            output.line(line)
    output.line(f"\nWritten to {escape(str(out))}. Use it with --router.")


async def _installed(data: Path, output: Output) -> Bench:
    """Return the shipped bench with the agents and products of an installation."""
    bench = await shipped_bench()
    async with open_app(config(data), output.progress) as app:
        cards = [card for card in await app.registry.cards() if card.half == "conversation"]
        products = await _products(app)
        brand = await app.settings.in_force()
    return replace(bench, cards=cards, brand=brand, contents=replace(bench.contents, products=products))


async def _products(app: App) -> tuple[Product, ...]:
    found: list[Product] = []
    while page := await app.shop.catalogue.list_products(after=found[-1].id if found else None):
        found += page
    return tuple(found)


def _learned(taught: Sequence[Lesson]) -> list[str]:
    counts = Counter(agent for one in taught for agent in {part.agent for part in one.parts})
    lines = [f"  {'refuse' if agent == NOT_OURS else agent:<24} {counts[agent]:>6,}" for agent in sorted(counts)]
    passed_over = sum(not one.parts for one in taught)
    rest = [f"  {'(nothing learned from)':<24} {passed_over:>6,}"] if passed_over else []
    return ["[bold]Learned from rows, by agent[/]", *lines, *rest]
