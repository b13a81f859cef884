"""What is exported can be checked by itself, and against heads that were kept; a table works nothing out."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal.samples import any_event, asks, moves, replies, shows, written_events

from shopfloor.journal.contract import Journal, StreamEnd
from shopfloor.journal.events import EventData, MessageWritten
from shopfloor.journal.export import COLUMNS, FORMULA_STARTS, heading_of, pages, text_of
from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.verification import (
    Findings,
    Heads,
    check_export,
    compare,
    ends,
    heads_text,
    read_heads,
    verify_page,
)
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import StreamId

pytestmark = pytest.mark.anyio

STREAM = StreamId("conversation/1")
OTHER = StreamId("conversation/2")
LAWS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
lives = st.lists(
    st.tuples(
        st.sampled_from([STREAM, OTHER]),
        st.lists(written_events | any_event(MessageWritten), min_size=1, max_size=3) | st.integers(0, 9) | st.none(),
    ),
    min_size=1,
    max_size=5,
)
Life = Sequence[tuple[StreamId, Sequence[EventData] | int | None]]


async def lived(clock: FixedClock, life: Life) -> MemoryJournal:
    journal = MemoryJournal(clock)
    await journal.append(STREAM, [asks("a"), moves("cancel_order", "executed"), replies("a")])
    for stream, step in life:
        if isinstance(step, int) or step is None:
            await journal.erase(stream, up_to=step)
        else:
            await journal.append(stream, step)
    return journal


async def exported(journal: Journal, *, with_personal: bool = False, limit: int = 500) -> list[str]:
    texts = [text_of(page, "jsonl", with_personal=with_personal) async for page in pages(journal, limit=limit)]
    return list(io.StringIO("".join(texts), newline="\n"))


async def heads_of(journal: Journal, clock: FixedClock) -> Heads:
    told = ",".join([heads_text(page) async for page in ends(journal)])
    text = f'{{"format": "shopfloor-heads/1", "at": "{clock.now().isoformat()}", "heads": {{{told}}}}}'
    return read_heads(text, "heads.json")


def found(findings: Findings) -> list[tuple[str, int]]:
    return [(one.stream, one.seq) for one in findings.broken]


@LAWS
@given(life=lives, with_personal=st.booleans(), limit=st.integers(1, 5))
async def test_what_is_exported_verifies_by_itself(
    clock: FixedClock, life: Life, with_personal: bool, limit: int
) -> None:
    journal = await lived(clock, life)
    lines = await exported(journal, with_personal=with_personal, limit=limit)
    findings = check_export(lines, "x.jsonl", (await heads_of(journal, clock)).heads)
    assert found(findings) == []
    assert findings.events == len(lines) == sum([len(page) async for page in pages(journal)])
    assert findings.streams == len({json.loads(line)["stream"] for line in lines})


ALTERATIONS: dict[str, Callable[[Any], Any]] = {
    "seq": lambda seq: seq + 50,
    "at": lambda at: at.replace("2026", "2025"),
    "type": lambda kind: "TURN" if kind != "TURN" else "PLAN",
    "header": lambda header: header[:-1] + " }",
    "personal_digest": lambda digest: "0" * 64 if digest is None else ("b" if digest[0] == "a" else "a") + digest[1:],
    "chain": lambda chain: ("b" if chain[0] == "a" else "a") + chain[1:],
    "personal": lambda text: text and text[:-1] + " }",
    "salt": lambda salt: salt and ("0" if salt[0] == "1" else "1") + salt[1:],
}


@LAWS
@given(life=lives, which=st.integers(0, 999), how=st.integers(0, 999))
async def test_any_row_that_was_changed_or_left_out_is_named(
    clock: FixedClock, life: Life, which: int, how: int
) -> None:
    journal = await lived(clock, life)
    lines = await exported(journal, with_personal=True)
    heads = await heads_of(journal, clock)
    place = which % len(lines)
    row = json.loads(lines[place])
    possible = ["", *(one for one in ALTERATIONS if ALTERATIONS[one](row[one]) != row[one])]
    name = possible[how % len(possible)]
    changed = [json.dumps({**row, name: ALTERATIONS[name](row[name])})] if name else []
    findings = check_export([*lines[:place], *changed, *lines[place + 1 :]], "x.jsonl", heads.heads)
    (named,) = found(findings)
    is_whole_stream = not name and heads.heads[row["stream"]].seq == 1
    if not name and row["type"] == "ERASED":  # then what it erased is missing without a reason
        assert named[0] == row["stream"]
        assert named[1] <= row["seq"]
    else:
        assert named == (row["stream"], 1 if is_whole_stream else row["seq"])


async def test_a_personal_part_is_exported_only_where_it_is_wanted(clock: FixedClock) -> None:
    journal = await lived(clock, [])
    assert "Where is my order" not in "".join(await exported(journal))
    assert "Where is my order" in "".join(await exported(journal, with_personal=True))


async def test_an_export_that_was_cut_shows_against_heads_alone(clock: FixedClock) -> None:
    journal = await lived(clock, [(OTHER, [asks("b")])])
    heads = (await heads_of(journal, clock)).heads
    lines = await exported(journal)
    cut = [line for line in lines if json.loads(line)["seq"] < 3]
    assert found(check_export(cut, "x.jsonl")) == []
    assert found(check_export(cut, "x.jsonl", heads)) == [(STREAM, 3)]
    without = [line for line in lines if json.loads(line)["stream"] != OTHER]
    assert found(check_export(without, "x.jsonl", heads)) == [(OTHER, 1)]


async def test_rows_of_one_stream_stand_together(clock: FixedClock) -> None:
    journal = await lived(clock, [(OTHER, [asks("b")])])
    first, *rest = await exported(journal)
    assert found(check_export([*rest[-1:], first, rest[-1]], "x.jsonl")) == [(OTHER, 1)]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"stream": "a", "seq": "1"}', "7", ""])
async def test_a_line_that_is_no_row_is_the_callers_mistake(clock: FixedClock, line: str) -> None:
    lines = await exported(await lived(clock, []))
    with pytest.raises(InvalidInput, match=r"x\.jsonl, line 2, is no row"):
        check_export([lines[0], line], "x.jsonl")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format": "shopfloor-heads/2", "at": "2026-01-01T00:00:00Z", "heads": {}}']
)
async def test_a_file_without_heads_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"h\.json holds no heads"):
        read_heads(text, "h.json")


# A journal against heads that were kept


async def test_a_journal_that_went_on_holds_its_earlier_heads(journal: Journal, clock: FixedClock) -> None:
    await journal.append(STREAM, [asks("a"), replies("a")])
    heads = await heads_of(journal, clock)
    await journal.append(STREAM, [asks("b")])
    await journal.append(OTHER, [asks("c")])
    await journal.erase(STREAM)
    findings = Findings()
    await compare(journal, heads.heads, findings)
    assert found(findings) == []


async def test_what_no_chain_shows_is_shown_by_heads(clock: FixedClock) -> None:
    first = MemoryJournal(clock)
    names = [StreamId(name) for name in ("anew", "cut", "gone", "whole")]
    for name in names:
        await first.append(name, [asks("a"), replies("a"), asks("b")])
    heads = await heads_of(first, clock)
    second = MemoryJournal(clock)
    await second.append(names[0], [asks("a"), replies("a"), asks("quite another")])
    await second.append(names[1], [asks("a")])
    for name in names[1::2]:
        second._streams[name] = list(first._streams[name])
        second._ends[name] = first._ends[name]
    del second._streams[names[1]][1:]
    (last,) = second._streams[names[1]]
    second._ends[names[1]] = StreamEnd(stream=names[1], last_seq=1, head=last.chain)
    findings = Findings()
    assert await verify_page(second, findings, after=None, limit=10) is None
    assert found(findings) == [], "each chain by itself is whole"
    await compare(second, heads.heads, findings)
    assert found(findings) == [("anew", 3), ("cut", 3), ("gone", 3)]
    assert [one.problem.split(",")[0] for one in findings.broken] == [
        "is not the one that was there",
        "is gone",
        "is gone",
    ]


async def test_streams_are_verified_page_by_page_and_the_broken_ones_named(clock: FixedClock) -> None:
    journal = MemoryJournal(clock)
    for number in range(5):
        await journal.append(StreamId(f"conversation/{number}"), [asks("a"), replies("a")])
    del journal._streams[StreamId("conversation/1")][0]
    findings, after, seen = Findings(), None, list[str]()
    while after := await verify_page(journal, findings, after=after, limit=2):
        seen.append(after)
    assert seen == ["conversation/1", "conversation/3"]
    assert (findings.streams, findings.events) == (5, 8)
    assert found(findings) == [("conversation/1", 1)]


# For tables


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def as_csv(journal: Journal, *, with_personal: bool = False) -> str:
    texts = [text_of(page, "csv", with_personal=with_personal) async for page in pages(journal)]
    return heading_of("csv") + "".join(texts)


async def test_a_table_has_the_same_columns_whatever_happened(clock: FixedClock) -> None:
    journal = await lived(clock, [(OTHER, [shows("c-1", email="zoe@example.com")]), (STREAM, None)])
    for with_personal in (False, True):
        rows = table(await as_csv(journal, with_personal=with_personal))
        assert {tuple(row) for row in rows} == {COLUMNS}
        assert [row["erased"] for row in rows] == ["yes", "yes", "yes", "no", "no"]
        action = next(row for row in rows if row["type"] == "ACTION")
        assert (action["agent"], action["kind"], action["state"]) == ("orders", "cancel_order", "executed")
        (identity,) = [row for row in rows if row["type"] == "IDENTITY"]
        assert identity["customer_id"] == "c-1"
        assert ("zoe@example.com" in identity["personal"]) == with_personal


@LAWS
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=4, max_size=4))
async def test_no_cell_is_worked_out_as_a_formula(clock: FixedClock, texts: list[str]) -> None:
    kind, rule, customer, start = texts
    journal = MemoryJournal(clock)
    odd = StreamId(f"={start}")
    event = moves(kind, "refused", rule=rule, customer=customer)
    for prefix in FORMULA_STARTS:
        await journal.append(odd, [event.model_copy(update={"kind": prefix + kind, "rule": f" {prefix}{rule}"})])
    rows = table(await as_csv(journal, with_personal=True))
    assert len(rows) == len(FORMULA_STARTS)
    for row, prefix in zip(rows, FORMULA_STARTS, strict=True):
        assert not any(cell.lstrip(" ").startswith(FORMULA_STARTS) for cell in row.values())
        assert row["kind"] == f"'{prefix}{kind}"
        assert row["rule"] == f"' {prefix}{rule}"
        assert json.loads(row["header"])["kind"] == prefix + kind
