"""`shopfloor eval tau2`: the retail domain of tau2-bench, done and refused by the tools and the gate."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import anyio
import typer
from rich.markup import escape

from shopfloor.cli.evaluate import teller
from shopfloor.cli.options import Json, read_file
from shopfloor.cli.output import Output
from shopfloor.evals.tau2.data import read_diffs, read_domain, read_negatives, read_tasks
from shopfloor.evals.tau2.negatives import Refused, check_negatives, refuse
from shopfloor.evals.tau2.replay import Replayed, check_tasks, replay
from shopfloor.evals.tau2.visits import Shops

STEP = 5
"""Between two signs of life."""
WIDTH = 40

Database = Annotated[str, typer.Option("--db", metavar="FILE", help="The domain's db.json; - is stdin.")]
Tasks = Annotated[str, typer.Option("--tasks", metavar="FILE", help="Its tasks.json, with the calls that solve them.")]
Diffs = Annotated[
    str, typer.Option("--diffs", metavar="FILE", help="What each task changes, and which of its writes are done.")
]
Negatives = Annotated[
    str, typer.Option("--negatives", metavar="FILE", help="Calls of which the last has to be refused.")
]


def tau2(db: Database, tasks: Tasks, diffs: Diffs, negatives: Negatives, as_json: Json = False) -> None:
    """Measure the writes of a shop with the retail domain of tau2-bench."""
    domain = read_domain(read_file(db), db)
    solved = read_tasks(read_file(tasks), tasks)
    expected = read_diffs(read_file(diffs), diffs)
    cases = read_negatives(read_file(negatives), negatives)
    check_tasks(solved, expected)
    check_negatives(domain, cases)
    output = Output(as_json=as_json)

    async def work() -> tuple[Replayed, Refused]:
        shops = Shops(domain)
        done = await replay(shops, solved, expected, teller(output, len(solved), what="tasks", step=STEP))
        return done, await refuse(shops, cases, teller(output, len(cases), what="cases", step=STEP))

    replayed, refused = anyio.run(work)
    if as_json:
        output.line(json.dumps(_json(replayed, refused), indent=2, ensure_ascii=False))
        return
    for line in [*_tasks(replayed), *_cases(refused, {case.id: case.rule for case in cases})]:
        output.line(line)


def _tasks(done: Replayed) -> list[str]:
    """Return how the tasks ended, line by line."""
    return [
        f"[bold]{done.tasks:,} tasks[/]",
        f"  {'ended as expected':<{WIDTH}} {done.equal:,}",
        *_section("Deviations", [f"{one.task}: {one.reason}" for one in done.deviations]),
        *_section("Wrongly refused", [f"{one.task}: {one.call}, by {one.rule}" for one in done.wrongly_refused]),
    ]


def _cases(found: Refused, rules: Mapping[str, str]) -> list[str]:
    """Return how the cases ended, line by line; `rules` are those that they break, by the case's id."""
    by_rule: dict[str, list[str]] = {}
    for one in found.refusals:
        by_rule.setdefault(rules[one.id], []).append(one.rule)
    return [
        "",
        f"[bold]{found.negatives:,} cases to refuse[/]",
        f"  {'refused':<{WIDTH}} {len(found.refusals):,}",
        *_section("Refused, by the rule that is broken", [_counted(*one) for one in sorted(by_rule.items())]),
        *_section("Allowed", [f"{id_}: {rules[id_]}" for id_ in found.allowed]),
        *_section("Not reached: an earlier call was refused", [f"{one.id}: {one.rule}" for one in found.not_reached]),
    ]


def _counted(rule: str, ours: Sequence[str]) -> str:
    counts = Counter(ours)
    return f"{rule:<{WIDTH}} {', '.join(f'{name} ({count})' for name, count in counts.most_common())}"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"[bold]{title}[/]", *(f"  {escape(line)}" for line in lines)] if lines else []


def _json(done: Replayed, found: Refused) -> dict[str, object]:
    return {
        "tasks": done.tasks,
        "equal": done.equal,
        "deviations": [asdict(one) for one in done.deviations],
        "wrongly_refused": [asdict(one) for one in done.wrongly_refused],
        "negatives": found.negatives,
        "refused": len(found.refusals),
        "refusals": [asdict(one) for one in found.refusals],
        "allowed": list(found.allowed),
    }
