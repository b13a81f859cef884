"""`shopfloor eval knowledge`: how well an installation's knowledge answers questions."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from anyio import to_thread
from rich.markup import escape

from shopfloor.app import App
from shopfloor.cli.options import Data, Json, read_file
from shopfloor.cli.output import Output
from shopfloor.cli.versions import on_app
from shopfloor.evals.knowledge import judge, read_questions


def evaluate_knowledge(
    questions: Annotated[
        str, typer.Option("--questions", metavar="FILE.jsonl", help="Questions with their answers; - is stdin.")
    ],
    show_missed: Annotated[bool, typer.Option("--missed", help="Show the questions that went wrong.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Ask an installation's knowledge questions whose answers are known."""

    async def ask(app: App, output: Output) -> None:
        asked = read_questions(await to_thread.run_sync(read_file, questions), questions)
        found = await judge(asked, app.knowledge.base)
        if output.is_json:
            output.line(json.dumps(asdict(found), indent=2, ensure_ascii=False))
            return
        output.line(f"[bold]{found.answerable} questions with an answer, {found.unanswerable} without[/]")
        for name, share in (
            ("its page among the first three", found.hit_page),
            ("its section among the first three", found.hit_section),
            ("taken to have an answer", found.said_answerable),
            ("without one, taken to have none", found.recognised),
        ):
            output.line(f"  {name:<36} {'-' if share is None else f'{share:.3f}'}")
        for one in found.missed if show_missed else ():
            output.line(f"[bold]{escape(one.question)}[/]")
            for passage in one.found:
                output.line(f"  [dim]{escape(passage)}[/]")

    on_app(ask, data, as_json=as_json)
