"""`shopfloor audit`: the journal as an audit log, shown, exported, checked, and kept no longer than wanted."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import anyio
import typer
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.actions.verification import check_page, check_stream
from shopfloor.app import open_app
from shopfloor.cli.audit_lines import audit_line, audit_view
from shopfloor.cli.options import Data, Json, To, config, read_file
from shopfloor.cli.output import Output
from shopfloor.cli.streaming import written_to
from shopfloor.cli.times import instant
from shopfloor.config import Config
from shopfloor.journal.chain import KNOWN_TYPES
from shopfloor.journal.export import FORMATS, ExportFormat, heading_of, pages, text_of
from shopfloor.journal.verification import (
    HEADS_FORMAT,
    Findings,
    Heads,
    check_export,
    compare,
    ends,
    heads_text,
    read_heads,
)
from shopfloor.journal.wanted import Wanted
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import AgentId, ConversationId, StreamId, TimedIds, stream_of
from shopfloor.privacy.belonging import Belonging
from shopfloor.privacy.retention import Removed
from shopfloor.stores import Stores, open_stores

audit = typer.Typer(help="What happened, as an audit log: the journal of all streams.", no_args_is_help=True)

PAGE = 100
"""Streams checked between two words on how far it is."""
UNSEEN = (
    "A chain cannot show an end that was cut off together with the row that names it, a stream that is gone whole, or "
    "one that was written anew, chain and all: keep what `shopfloor audit heads` prints elsewhere, and check --against "
    "that."
)
Stream = Annotated[str | None, typer.Option("--stream", help="Only this stream, such as conversation/conv_...")]
Conversation = Annotated[str | None, typer.Option("--conversation", help="Only this conversation, by its id.")]
Customer = Annotated[
    str | None, typer.Option("--customer", help="Only a customer's events, by their id or e-mail address.")
]
Personal = Annotated[bool, typer.Option("--personal", help="With what is personal: words, names, addresses.")]


@audit.command("show")
def show(
    since: Annotated[
        str | None, typer.Option(help="From then on: 2026-11-21, 2026-11-21T15:00, or 24h, 7d ago.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before then.")] = None,
    stream: Stream = None,
    conversation: Conversation = None,
    customer: Customer = None,
    agent: Annotated[str | None, typer.Option(help="By this agent.")] = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Of this type, such as ACTION.")] = None,
    kind: Annotated[str | None, typer.Option(help="Of this kind of action or signal.")] = None,
    rule: Annotated[str | None, typer.Option(help="Decided by this rule.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    personal: Personal = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show events of all streams, the newest last."""
    asked = Asked(
        since=since,
        until=until,
        stream=_stream(stream, conversation),
        customer=customer,
        agent=agent,
        types=_types(types or []),
        kind=kind,
        rule=rule,
    )
    anyio.run(_show, config(data), asked, limit, personal, as_json)


@audit.command("export")
def export(
    form: Annotated[str, typer.Option("--format", help=f"{' or '.join(FORMATS)}.")] = "jsonl",
    to: To = None,
    stream: Stream = None,
    conversation: Conversation = None,
    customer: Customer = None,
    personal: Personal = False,
    data: Data = None,
) -> None:
    """Write whole streams, event by event: JSON lines can be checked by themselves, CSV is for tables."""
    if form not in FORMATS:
        raise InvalidInput(f"there is no format {form}: choose {' or '.join(FORMATS)}")
    anyio.run(_export, config(data), form, to, _stream(stream, conversation), customer, personal)


@audit.command("heads")
def heads(to: To = None, data: Data = None) -> None:
    """Write where every stream ends: kept elsewhere, it shows later what chains cannot."""
    anyio.run(_heads, config(data), to)


@audit.command("verify")
def verify(
    stream: Stream = None,
    conversation: Conversation = None,
    file: Annotated[str | None, typer.Option("--file", help="Check an export in JSON lines instead.")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Also compare with what `audit heads` printed earlier.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Check that nothing was changed, removed or slipped in; status 1 names each stream that is broken, and where.

    The record of actions, by which they are listed and judged, is held against the events that it is made of.
    """
    named = _stream(stream, conversation)
    if file and named:
        raise InvalidInput("--file is checked as a whole: leave --stream and --conversation out")
    where = config(data)
    if not file and not where.is_on_server and not where.database.exists():
        raise InvalidInput(f"there is no installation in {where.data}: name its folder with --data")
    output = Output(as_json=as_json)
    known = read_heads(read_file(against), against) if against else None
    findings = _check_file(file, known, output) if file else anyio.run(_verify, where, named, known, output)
    _tell(findings, output, is_complete=file is None and known is None, with_actions=file is None)
    if findings.broken or findings.differing:
        raise typer.Exit(1)


@audit.command("retain")
def retain(
    is_trial: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Erase and remove what is older than the settings keep it; a running server does so by itself, every hour."""
    anyio.run(_retain, config(data), is_trial, as_json)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is looked for, as it was typed."""

    since: str | None
    until: str | None
    stream: StreamId | None
    customer: str | None
    agent: str | None
    types: frozenset[str]
    kind: str | None
    rule: str | None


def _stream(stream: str | None, conversation: str | None) -> StreamId | None:
    if stream and conversation:
        raise InvalidInput("--stream and --conversation name the same thing: give one of them")
    if conversation:
        return stream_of(ConversationId(conversation))
    return StreamId(stream) if stream else None


def _types(given: Sequence[str]) -> frozenset[str]:
    named = frozenset(one.upper() for one in given)
    if unknown := sorted(named - set(KNOWN_TYPES)):
        raise InvalidInput(f"there is no type of events {unknown[0]}: there are {', '.join(sorted(KNOWN_TYPES))}")
    return named


@asynccontextmanager
async def _stores(where: Config, output: Output) -> AsyncGenerator[Stores]:
    clock = SystemClock()
    async with open_stores(where, clock, TimedIds(clock), output.progress) as stores:
        yield stores


def _belonging(stores: Stores) -> Belonging:
    return Belonging(stores.journal, stores.shop.customers, stores.shop.orders, stores.outreaches)


async def _show(where: Config, asked: Asked, limit: int, personal: bool, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with _stores(where, output) as stores:
        zone, now = (await stores.settings.in_force()).zone, SystemClock().now()
        wanted = Wanted(
            since=instant(asked.since, now, ZoneInfo(zone)) if asked.since else None,
            until=instant(asked.until, now, ZoneInfo(zone)) if asked.until else None,
            stream=asked.stream,
            whose=await _belonging(stores).whose(asked.customer) if asked.customer else None,
            types=asked.types,
            agent=AgentId(asked.agent) if asked.agent else None,
            kind=asked.kind,
            rule=asked.rule,
        )
        entries = await stores.journal.newest(wanted, limit=limit)
    if as_json:
        for entry in reversed(entries):
            output.line(json.dumps(audit_view(entry, with_personal=personal), ensure_ascii=False))
        return
    output.progress(f"Times are those of {zone}." if entries else "Nothing of the kind has happened.")
    for entry in reversed(entries):
        output.line(audit_line(entry, zone, with_personal=personal))
    if len(entries) == limit:
        output.progress(f"These are the newest {limit}; there may be earlier ones: see --limit.")


async def _export(
    where: Config, form: ExportFormat, to: Path | None, stream: StreamId | None, customer: str | None, personal: bool
) -> None:
    output = Output(as_json=False)
    async with _stores(where, output) as stores, written_to(to) as write:
        streams = None if stream is None else {stream}
        if customer:
            theirs = (await _belonging(stores).whose(customer)).streams
            streams = theirs if streams is None else theirs & streams
        await write(heading_of(form))
        count = 0
        with output.working("Exporting...") as tell:
            async for page in pages(stores.journal, streams):
                await write(text_of(page, form, with_personal=personal))
                count += len(page)
                tell(f"Exporting... {count:,} events, at {page[-1].stream}")
        if stream and not count:
            raise NotFound(f"there is no stream {stream}")
    output.progress(f"Exported {count:,} events{f' to {to}' if to else ''}.")


async def _heads(where: Config, to: Path | None) -> None:
    output = Output(as_json=False)
    async with _stores(where, output) as stores, written_to(to) as write:
        at = SystemClock().now().isoformat()
        await write(f'{{"format": "{HEADS_FORMAT}", "at": "{at}", "heads": {{\n')
        is_first = True
        async for page in ends(stores.journal):
            if text := heads_text(page):
                await write(text if is_first else f",\n{text}")
                is_first = False
        await write("\n}}\n")


async def _verify(where: Config, stream: StreamId | None, known: Heads | None, output: Output) -> Findings:
    findings = Findings()
    async with _stores(where, output) as stores:
        journal = stores.journal
        if stream:
            if not await journal.entries(stream, limit=1) and not (known and stream in known.heads):
                raise NotFound(f"there is no stream {stream}")
            await check_stream(journal, stores.actions, stream, findings)
        else:
            with output.working("Checking...") as tell:
                after = await check_page(journal, stores.actions, findings, after=None, limit=PAGE)
                while after:
                    tell(f"Checking... {findings.streams:,} streams, {findings.events:,} events")
                    after = await check_page(journal, stores.actions, findings, after=after, limit=PAGE)
        if known:
            named = {one: head for one, head in known.heads.items() if stream in {None, one}}
            await compare(journal, named, findings)
    return findings


def _check_file(file: str, known: Heads | None, output: Output) -> Findings:
    try:
        with Path(file).open(encoding="utf-8") as lines, output.working("Checking..."):
            return check_export(lines, file, known.heads if known else None)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is no text in UTF-8, so it is no export in JSON lines") from error


def _tell(findings: Findings, output: Output, *, is_complete: bool, with_actions: bool) -> None:
    if output.is_json:
        broken: list[JsonValue] = [
            {"stream": one.stream, "seq": one.seq, "problem": one.problem} for one in findings.broken
        ]
        found: dict[str, JsonValue] = {"streams": findings.streams, "events": findings.events, "broken": broken}
        if with_actions:
            found["actions"] = findings.actions
            found["differing"] = [
                {"action": one.id, "stream": one.stream, "problem": one.problem} for one in findings.differing
            ]
        output.line(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in findings.broken:
        output.line(f"[red]broken[/]  {escape(one.stream)}: event {one.seq} {escape(one.problem)}")
    for one in findings.differing:
        output.line(f"[red]differs[/]  {one.id}: {escape(one.problem)} ({escape(one.stream)})")
    whole = findings.streams - len({one.stream for one in findings.broken})
    output.line(f"{whole:,} of {findings.streams:,} streams are whole, with {findings.events:,} events.")
    if with_actions:
        every = findings.actions + len(findings.differing)
        output.line(f"{findings.actions:,} of {every:,} actions stand in their record as the events tell.")
    if is_complete:
        output.progress(UNSEEN)


async def _retain(where: Config, is_trial: bool, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(where, output.progress) as app:
        with output.working("Looking for what is old..."):
            done = await app.retention.apply(is_trial=is_trial)
    if as_json:
        output.line(json.dumps([_removed_view(one) for one in done], indent=2))
        return
    if not done:
        output.line("Everything is kept: `shopfloor settings set retention.conversations_days=365` would change that.")
    for one in done:
        verb = "would be" if is_trial else "were"
        what = "erased" if one.kind in {"conversations", "staff_actions"} else "removed"
        name = one.kind.replace("_", " ")
        output.line(f"{one.count:,} {name} that rest since before {one.before:%Y-%m-%d %H:%M} UTC {verb} {what}.")
        for why in one.kept:
            output.line(f"  kept: {escape(why)}")


def _removed_view(one: Removed) -> JsonValue:
    return {"kind": one.kind, "before": one.before.isoformat(), "count": one.count, "kept": [*one.kept]}
