"""`shopfloor eval`: how well the team does on labelled messages."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import anyio
import typer
from anyio import to_thread
from rich.markup import escape

from shopfloor.cli.options import Json, Router, read_file, write_file
from shopfloor.cli.output import Output
from shopfloor.evals.figures import Figures, Judged, Share, by_source, figures, judged, to_json
from shopfloor.evals.overlap import Overlap, example_count, overlaps, without
from shopfloor.evals.reliability import ALLOWED, believed, bins, diagram
from shopfloor.evals.routing import Mistake, Outcome, mistakes, shipped_bench, took
from shopfloor.evals.rows import Row, read_rows, write_predictions
from shopfloor.planning.trained import load_trained

evaluation = typer.Typer(help="Measure the team on labelled messages.", no_args_is_help=True)
STEP = 100
"""Rows between two signs of life."""
WIDTH = 40

Gold = Annotated[str, typer.Argument(metavar="GOLD.jsonl", help="Labelled messages, one a line; - is stdin.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="PRED.jsonl", help="Write who each message was given to, one a line.")
]
Without = Annotated[
    str | None,
    typer.Option("--without", metavar="FILE.jsonl", help="Leave out examples that overlap with this file's."),
]
Reliability = Annotated[
    Path | None,
    typer.Option("--reliability", metavar="FILE.svg", help="Draw how often the planner was right by how sure it was."),
]
Errors = Annotated[int, typer.Option("--errors", help="Show so many of the most frequent mistakes.", min=0)]


@evaluation.command("routing")
def routing(
    gold: Gold,
    out: Out = None,
    router: Router = None,
    without_file: Without = None,
    errors: Errors = 0,
    reliability: Reliability = None,
    as_json: Json = False,
) -> None:
    """Measure which agents messages are given to, with the shipped cards and the demo shop's catalogue."""
    rows = read_rows(read_file(gold), gold)
    trained = load_trained(router) if router else None
    unwanted = read_rows(read_file(without_file), without_file) if without_file else []
    if out:
        write_predictions(out, [], {})  # what cannot be written is told before the work, not after it
    output = Output(as_json=as_json)

    async def work() -> Outcome:
        bench = await shipped_bench()
        if unwanted:
            found = await to_thread.run_sync(overlaps, bench, unwanted)
            count = await to_thread.run_sync(example_count, bench)
            output.progress(f"Without {_count(found):,} of {count:,} examples.")
            bench = without(bench, found)
        return await bench.route(rows, teller(output, len(rows)), trained=trained)

    outcome = anyio.run(work)
    if out:
        write_predictions(out, rows, outcome.agents)
    all_ = judged(rows, outcome.agents)
    if reliability:
        write_file(reliability, diagram(bins(all_, outcome.confidences)))
    if as_json:
        output.line(json.dumps(_json(all_, outcome, errors), indent=2, ensure_ascii=False))
        return
    for line in [
        *table(all_),
        *sources(all_),
        *times(rows, outcome),
        *sureness(all_, outcome),
        *shown(mistakes(all_, errors)),
    ]:
        output.line(line)


@evaluation.command("overlap")
def overlap(gold: Gold, as_json: Json = False) -> None:
    """Show which of the shipped cards' examples are the same as messages of a file, or nearly so."""
    rows = read_rows(read_file(gold), gold)
    output = Output(as_json=as_json)

    async def work() -> tuple[list[Overlap], int]:
        bench = await shipped_bench()
        return await to_thread.run_sync(overlaps, bench, rows), await to_thread.run_sync(example_count, bench)

    found, count = anyio.run(work)
    if as_json:
        output.line(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in sorted(found, key=lambda one: (one.kind, one.where, one.example)):
        message = " ".join(one.message.split())
        output.line(f"{one.kind:<6} {escape(one.where)}: {escape(one.example)} = {escape(one.row)}: {escape(message)}")
    for kind in ("exact", "near"):
        pairs = [one for one in found if one.kind == kind]
        messages = len({one.row for one in pairs})
        output.line(f"[bold]{kind}[/]: {_count(pairs):,} of {count:,} examples, {messages:,} of {len(rows):,} messages")


def _count(found: Sequence[Overlap]) -> int:
    return len({(one.where, one.example) for one in found})


def teller(output: Output, count: int, *, what: str = "messages", step: int = STEP) -> Callable[[int], None]:
    """Return what says how many are done: on one line of a terminal every `step`, else now and then."""

    def tell(done: int) -> None:
        if done % step and done != count:
            return
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{done:,} of {count:,} {what}" + ("\n" if done == count else ""))
            sys.stderr.flush()
        elif done % (10 * step) == 0 or done == count:
            output.progress(f"{done:,} of {count:,} {what}")

    return tell


def table(all_: Sequence[Judged]) -> list[str]:
    """Return the figures, line by line."""
    found = figures(all_)
    lines = [_line(name, share) for name, share in found.shares.items() if share.of]
    if found.multi.hits + found.multi.missed:
        fit = found.multi
        lines.append(
            f"  {'multi, precision / recall / F1':<{WIDTH}} {fit.precision:.4f} / {fit.recall:.4f} / {fit.f1:.4f}"
        )
    return [
        f"[bold]{found.count:,} messages[/]",
        *lines,
        *_section("Messages with one wish, recall by agent", found.single_by_agent),
        *([f"  {'mean of the agents':<{WIDTH}} {found.single_macro_recall:.4f}"] if found.single_by_agent else []),
        *_section("Human recall by label", found.person_by_label),
        *_agents(found),
    ]


def _agents(found: Figures) -> list[str]:
    lines = [
        f"  {name:<{WIDTH}} {fit.precision:.3f} / {fit.recall:.3f} / {fit.f1:.3f}"
        for name, fit in found.by_agent.items()
    ]
    return [
        "",
        "[bold]All messages: precision / recall / F1[/]",
        *lines,
        f"  {'mean F1':<{WIDTH}} {found.agent_macro_f1:.4f}",
    ]


def sources(all_: Sequence[Judged]) -> list[str]:
    """Return how each source did, line by line."""
    lines = [
        f"  {escape(source):<{WIDTH}} {kind:<11} {_value(strict)} / {_value(lenient)}  of {strict.of:,}"
        for (source, kind), (strict, lenient) in by_source(all_).items()
    ]
    return ["", "[bold]By source: right / accepted[/]", *lines]


def times(rows: Sequence[Row], outcome: Outcome) -> list[str]:
    """Return how long it took, line by line."""
    several = {row.id for row in rows if row.kind == "multi"}
    named = {
        "one wish": [ms for row, ms in outcome.took_ms.items() if row not in several],
        "several wishes": [ms for row, ms in outcome.took_ms.items() if row in several],
    }
    lines = [
        f"  {name:<{WIDTH}} {found.p50:.1f} / {found.p95:.1f}  of {found.of:,}"
        for name, values in named.items()
        if (found := took(values))
    ]
    return ["", "[bold]Milliseconds a message, on one core: p50 / p95[/]", *lines] if lines else []


def sureness(all_: Sequence[Judged], outcome: Outcome) -> list[str]:
    """Return how often the planner was right by how sure it was, line by line."""
    found = bins(all_, outcome.confidences)
    if not found:
        return []
    sure = believed(all_, outcome.confidences)
    told = (
        f"from {sure.confidence:.2f} on: {sure.share:.1%} of messages, {sure.wrong:.1%} wrong"
        if sure
        else "never that sure"
    )
    return [
        "",
        "[bold]How sure the planner was: how often it was right[/]",
        *(f"  {f'{one.low:.1f} to {one.high:.1f}':<{WIDTH}} {one.right:.4f}  of {one.of:,}" for one in found),
        f"  {f'wrong in {ALLOWED:.0%} at most':<{WIDTH}} {told}",
    ]


def shown(all_: Sequence[Mistake]) -> list[str]:
    """Return mistakes, line by line."""
    lines = ["", "[bold]The most frequent mistakes[/]"] if all_ else []
    for one in all_:
        expected, found = " + ".join(one.expected), " + ".join(one.found) or "nobody"
        lines.append(f"  {one.count:>4}  {escape(one.source)}: {expected} → {found}")
        lines += [f"          {escape(' '.join(text.split()))}" for text in one.messages]
    return lines


def _section(title: str, shares: Mapping[str, Share]) -> list[str]:
    return ["", f"[bold]{title}[/]", *(_line(escape(name), share) for name, share in shares.items())] if shares else []


def _line(name: str, share: Share) -> str:
    return f"  {name:<{WIDTH}} {_value(share)}  of {share.of:,}"


def _value(share: Share) -> str:
    return "-" if share.value is None else f"{share.value:.4f}"


def _json(all_: Sequence[Judged], outcome: Outcome, errors: int) -> dict[str, object]:
    return {
        **to_json(figures(all_)),
        "by source": [
            {"source": source, "kind": kind, "right": strict.value, "accepted": lenient.value, "of": strict.of}
            for (source, kind), (strict, lenient) in by_source(all_).items()
        ],
        "ms": _times(outcome),
        "reliability": [asdict(one) for one in bins(all_, outcome.confidences)],
        "mistakes": [
            {
                "source": one.source,
                "expected": one.expected,
                "found": one.found,
                "count": one.count,
                "messages": one.messages,
            }
            for one in mistakes(all_, errors)
        ],
    }


def _times(outcome: Outcome) -> dict[str, float]:
    found = took(list(outcome.took_ms.values()))
    return {"p50": round(found.p50, 2), "p95": round(found.p95, 2)} if found else {}
