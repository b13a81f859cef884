"""`shopfloor knowledge`: where it comes from, what is found in it, what corrects it, and what is missing."""

import json
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from shopfloor.app import App
from shopfloor.cli.knowledge_lines import (
    correction_view,
    passage_view,
    question_view,
    report_lines,
    source_lines,
    source_view,
)
from shopfloor.cli.options import As, Data, Json, staff
from shopfloor.cli.output import Output
from shopfloor.cli.versions import on_app
from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.contract import OpenKind
from shopfloor.knowledge.limits import Tell, nobody

knowledge = typer.Typer(help="What the team knows, and where it comes from.", no_args_is_help=True)

BAR, COUNTED = 24, 16
"""Columns of the bar that shows how far something has come, and of the counts beside it."""
WHY: dict[OpenKind, str] = {
    "not_found": "",
    "no_product": ", looked for among the products",
    "declined": ", taken to be none of your business",
}
Where = Annotated[str, typer.Argument(metavar="URL|FILE|FOLDER", help="The source, as it was added.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=50, help="How many passages.")]


@knowledge.command("add")
def add_source(
    where: Annotated[
        str,
        typer.Argument(
            metavar="URL|FILE|FOLDER",
            help="https://shop.example/help and all below it; HTML, Markdown, text, CSV, PDF, DOCX.",
        ),
    ],
    pages: Annotated[int | None, typer.Option("--pages", min=1, max=20_000, help="How many pages at most.")] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also where it lies at a private address, such as localhost.")
    ] = False,
    as_staff: As = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Take the pages of a site, a file or a folder; the team answers from them a moment later."""
    who = staff(as_staff).name

    async def add(app: App, output: Output) -> None:
        with _bar() as tell:
            report = await app.knowledge.sources.add(
                where, staff=who, most_pages=pages, allow_private=allow_private, tell=tell
            )
        _tell(output, report.view())

    on_app(add, data, as_json=as_json)


@knowledge.command("refresh")
def refresh_source(
    where: Annotated[str | None, typer.Argument(metavar="URL|FILE|FOLDER", help="All sources without it.")] = None,
    as_staff: As = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Look at a source again, or at all; what is unchanged is not read again."""
    who = staff(as_staff).name

    async def refresh(app: App, output: Output) -> None:
        with _bar() as tell:
            sources = app.knowledge.sources
            reports = [await sources.refresh(where, staff=who, tell=tell)] if where else await sources.refresh_all(tell)
        if output.is_json:
            output.line(_json([report.view() for report in reports]))
            return
        for report in reports:
            _tell(output, report.view())
        if not reports:
            output.progress("There are no sources to look at: `shopfloor knowledge add` takes one.")

    on_app(refresh, data, as_json=as_json)


@knowledge.command("list")
def list_sources(as_json: Json = False, data: Data = None) -> None:
    """List the sources, each with its pages and when it was looked at last."""

    async def show(app: App, output: Output) -> None:
        sources = await app.knowledge.sources.knowledge.sources()
        if output.is_json:
            output.line(_json([source_view(one) for one in sources]))
            return
        zone = (await app.settings.in_force()).zone
        for one in sources:
            for line in source_lines(one, zone):
                output.line(line)
        if not sources:
            output.progress("There are no sources: `shopfloor knowledge add` takes one.")

    on_app(show, data, as_json=as_json)


@knowledge.command("show")
def show_source(where: Where, as_json: Json = False, data: Data = None) -> None:
    """Show a source's pages, and what the last look at it came to."""

    async def show(app: App, output: Output) -> None:
        source, pages = await app.knowledge.sources.show(where)
        listed: list[JsonValue] = [
            {
                "id": page.document.id,
                "title": page.document.title,
                "language": page.document.language,
                "updated": page.document.updated,
                "fetched_at": page.fetched_at.isoformat(),
            }
            for page in pages
        ]
        if output.is_json:
            output.line(_json({**source_view(source), "documents": listed, "report": source.report}))
            return
        for line in source_lines(source, (await app.settings.in_force()).zone):
            output.line(line)
        for page in pages:
            output.line(f"  {escape(page.document.id)}  [dim]{escape(page.document.title)}[/]")
        if source.report:
            _tell(output, source.report)

    on_app(show, data, as_json=as_json)


@knowledge.command("remove")
def remove_source(where: Where, as_staff: As = None, data: Data = None) -> None:
    """Remove a source with its pages; the team knows nothing of them a moment later."""
    who = staff(as_staff).name

    async def remove(app: App, output: Output) -> None:
        await app.knowledge.sources.remove(where, staff=who)
        output.line(f"Removed {escape(where)} with its pages.")

    on_app(remove, data)


@knowledge.command("search")
def search_knowledge(
    text: Annotated[str, typer.Argument(help="A question, in a customer's words.")],
    limit: Limit = 3,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show what the team finds to a question, and whether it answers it."""
    if not text.strip():
        raise InvalidInput("the question is empty: write it in a customer's words")

    async def search(app: App, output: Output) -> None:
        found = await app.knowledge.base.retrieve(text, limit=limit)
        if output.is_json:
            passages: list[JsonValue] = [passage_view(one) for one in found.passages]
            output.line(_json({"answerable": found.is_answerable, "passages": passages}))
            return
        output.progress("It is answered by the first." if found.is_answerable else "Nothing here answers it.")
        for one in found.passages:
            day = f", {one.updated}" if one.updated else ""
            output.line(f"[bold]{escape(one.heading)}[/]  {one.score:.2f}  [dim]{escape(one.source)}{day}[/]")
            output.line(f"{escape(one.text)}\n")

    on_app(search, data, as_json=as_json)


@knowledge.command("correct")
def correct_answer(
    question: Annotated[str, typer.Argument(help="The question, in a customer's words.")],
    answer: Annotated[str, typer.Argument(help="The right answer, as the customer is to read it.")],
    as_staff: As = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Say what the right answer to a question is; it goes before all pages at once."""
    who = staff(as_staff).name

    async def correct(app: App, output: Output) -> None:
        made = await app.knowledge.corrections.add(question, answer, staff=who)
        output.line(_json(correction_view(made)) if output.is_json else f"{made.id}: this is the answer from now on.")

    on_app(correct, data, as_json=as_json)


@knowledge.command("corrections")
def list_corrections(as_json: Json = False, data: Data = None) -> None:
    """List the corrections that hold, the newest first."""

    async def show(app: App, output: Output) -> None:
        found = await app.knowledge.corrections.all()
        if output.is_json:
            output.line(_json([correction_view(one) for one in found]))
            return
        for one in found:
            output.line(f"[bold]{one.id}[/]  {escape(one.question)}  [dim]by {escape(one.made_by)}[/]")
            output.line(f"  {escape(one.answer)}")
        if not found:
            output.progress("There are no corrections: `shopfloor knowledge correct` makes one.")

    on_app(show, data, as_json=as_json)


@knowledge.command("withdraw")
def withdraw_correction(
    correction: Annotated[str, typer.Argument(help="The correction's id.")], as_staff: As = None, data: Data = None
) -> None:
    """Take a correction back; the pages answer again."""
    who = staff(as_staff).name

    async def withdraw(app: App, output: Output) -> None:
        await app.knowledge.corrections.remove(correction, staff=who)
        output.line(f"Withdrew {escape(correction)}: the pages answer again.")

    on_app(withdraw, data)


@knowledge.command("questions")
def list_questions(as_json: Json = False, data: Data = None) -> None:
    """List the questions that customers had no answer to, those alike together, the most asked first."""

    async def show(app: App, output: Output) -> None:
        found = await app.knowledge.unanswered()
        if output.is_json:
            output.line(_json([question_view(one) for one in found]))
            return
        for one in found:
            asked = escape(" ".join(one.question.split()))
            output.line(f"[bold]{one.count:>4}[/]  {asked}  [dim]{one.last_at:%Y-%m-%d}{WHY[one.kind]}[/]")
            for words in one.also[:3]:
                output.line(f"      [dim]{escape(' '.join(words.split()))}[/]")
        if not found:
            output.progress("No question is without an answer.")

    on_app(show, data, as_json=as_json)


def _tell(output: Output, report: dict[str, JsonValue]) -> None:
    if output.is_json:
        output.line(_json(report))
        return
    for line in report_lines(report):
        output.line(line)


def _json(value: JsonValue | Sequence[dict[str, JsonValue]]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


@contextmanager
def _bar() -> Generator[Tell]:
    """Show on a terminal how far it has come; elsewhere say nothing."""
    if not sys.stderr.isatty():
        yield nobody
        return
    console = Console(stderr=True)
    columns = (BarColumn(bar_width=BAR), MofNCompleteColumn(), TextColumn("[dim]{task.description}"))
    room = max(console.width - BAR - COUNTED, 1)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, known, place: progress.update(
            task, completed=done, total=known, description=escape(_ending(place, room))
        )


def _ending(place: str, room: int) -> str:
    """Return the end of what is too long, where its pages differ."""
    return place if len(place) <= room else f"…{place[len(place) - room + 1 :]}"
