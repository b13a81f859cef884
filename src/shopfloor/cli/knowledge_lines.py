"""How sources, reports, passages and corrections read, for people and as JSON."""

from typing import cast
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from rich.markup import escape

from shopfloor.cli.times import moment
from shopfloor.knowledge.contract import Correction, Source
from shopfloor.knowledge.questions import Unanswered
from shopfloor.search.contract import Passage

NAMED = 20
"""Pages of one kind that are named for people; JSON names all."""
View = dict[str, JsonValue]


def report_lines(report: View) -> list[str]:
    """Write a report for a reader, with rich's markup."""
    numbers = {name: cast(int, report[name]) for name in ("pages", "new", "changed", "unchanged")}
    told = [f"{numbers[name]:,} {name}" for name in ("new", "changed", "unchanged") if numbers[name]]
    pages = "1 page" if numbers["pages"] == 1 else f"{numbers['pages']:,} pages"
    head = f"[bold]{escape(str(report['source']))}[/]: {pages}"
    lines = [f"{head} ({', '.join(told)})" if told else head]
    removed = [{"place": place, "why": "it is gone"} for place in cast("list[str]", report["removed"])]
    for name, title, places in (
        ("removed", "Removed", removed),
        ("skipped", "Not taken", cast("list[dict[str, str]]", report["skipped"])),
        ("kept", "Kept as it was", cast("list[dict[str, str]]", report["kept"])),
        ("withheld", "Taken without a part", cast("list[dict[str, str]]", report["withheld"])),
    ):
        if places:
            lines.append(f"{title}: {len(places):,}")
            lines += [f"  {escape(one['place'])}: {escape(one['why'])}" for one in places[:NAMED]]
        if len(places) > NAMED:
            lines.append(f"  and {len(places) - NAMED:,} more, which --json names ({name})")
    if report["ended"]:
        lines.append(f"Not all was looked at: {escape(str(report['ended']))}.")
    return lines


def source_lines(source: Source, zone: str) -> list[str]:
    """Write a source for a reader, with rich's markup."""
    pages = "1 page" if source.documents == 1 else f"{source.documents:,} pages"
    at = moment(source.refreshed_at, ZoneInfo(zone))
    ended = str(source.report.get("ended") or "")
    trouble = [f"  [yellow]{escape(ended)}[/]"] if ended else []
    return [f"[bold]{escape(source.name)}[/]  {source.kind}, {pages}, looked at {at}", *trouble]


def source_view(source: Source) -> View:
    """Write a source as JSON."""
    return {
        "name": source.name,
        "kind": source.kind,
        "pages": source.documents,
        "added_at": source.added_at.isoformat(),
        "refreshed_at": source.refreshed_at.isoformat(),
        "most_pages": source.most_pages,
        "allows_private": source.allows_private,
        "ended": source.report.get("ended", ""),
    }


def passage_view(passage: Passage) -> View:
    """Write a passage as JSON."""
    return {
        "source": passage.source,
        "heading": passage.heading,
        "score": passage.score,
        "text": passage.text,
        "document_id": passage.document_id,
        "title": passage.title,
        "updated": passage.updated,
    }


def correction_view(correction: Correction) -> View:
    """Write a correction as JSON."""
    return {
        "id": correction.id,
        "question": correction.question,
        "answer": correction.answer,
        "made_at": correction.made_at.isoformat(),
        "made_by": correction.made_by,
    }


def question_view(question: Unanswered) -> View:
    """Write a question without an answer as JSON."""
    return {
        "question": question.question,
        "kind": question.kind,
        "count": question.count,
        "last_at": question.last_at.isoformat(),
        "also": list(question.also),
    }
