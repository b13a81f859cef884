"""The audit log over HTTP: found page by page, written out as it is read, and checked."""

import csv
import io
import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import httpx2
import pytest
from demo_app import JONAS, MAYA
from serving import Served, serving

from shopfloor.journal.memory import MemoryJournal
from shopfloor.journal.verification import check_export, read_heads
from shopfloor.kernel.ids import StreamId

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def spoken() -> AsyncGenerator[Served]:
    """A server with which Maya and Jonas have spoken."""
    async with serving() as served:
        maya, jonas = await served.open(await served.token(MAYA)), await served.open(await served.token(JONAS))
        await maya.say("cancel order 141", "m1")
        await jonas.say("where is order 150?", "m1")
        yield served


@pytest.fixture(scope="module")
async def owner(spoken: Served) -> dict[str, str]:
    return await spoken.key("owner")


async def get(served: Served, path: str, headers: dict[str, str], **params: Any) -> httpx2.Response:
    return await served.client.get(f"/v1/audit/{path}", headers=headers, params=params)


async def events(served: Served, headers: dict[str, str], **params: Any) -> dict[str, Any]:
    answer = await get(served, "events", headers, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_all_events_are_paged_the_newest_first(spoken: Served, owner: dict[str, str]) -> None:
    whole = (await events(spoken, owner, limit=500))["events"]
    paged: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    while True:
        page = await events(spoken, owner, limit=7, **before)
        paged += page["events"]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert paged == whole
    assert [event["at"] for event in whole] == sorted((event["at"] for event in whole), reverse=True)
    assert len({(event["stream"], event["seq"]) for event in whole}) == len(whole) > 20


async def test_a_verdict_is_found_with_its_rule(spoken: Served, owner: dict[str, str]) -> None:
    found = await events(spoken, owner, kind="cancel_order", rule="consent.yes", type="ACTION")
    (verdict,) = found["events"]
    assert (verdict["type"], verdict["header"]["state"]) == ("ACTION", "proposed")
    assert verdict["personal"] is None
    assert not verdict["is_erased"]
    jonas = await spoken.app.shop.customers.find_customer(JONAS)
    assert jonas
    assert (await events(spoken, owner, kind="cancel_order", customer_id=jonas.id))["events"] == []
    theirs = await events(spoken, owner, customer_id=jonas.id, limit=500)
    (stream,) = {event["stream"] for event in theirs["events"]}
    same = await events(spoken, owner, conversation_id=stream.removeprefix("conversation/"), limit=500)
    assert same == theirs
    assert (await events(spoken, owner, until="2020-01-01T00:00:00Z"))["events"] == []
    assert (await events(spoken, owner, agent="order_management", type=["TURN"]))["events"] == []


async def test_what_is_personal_takes_an_operator(spoken: Served) -> None:
    for role, status in (("support", 403), ("operator", 200)):
        answer = await get(spoken, "events", await spoken.key(role), personal=True, type="MESSAGE", limit=500)
        assert answer.status_code == status
        assert ("cancel order 141" in answer.text) == (status == 200)
    without = await get(spoken, "events", await spoken.key("support"), type="MESSAGE")
    assert without.status_code == 200
    assert "cancel order" not in without.text


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("events", {"since": "yesterday"}, "since"),
        ("events", {"until": "2026-11-21T15:00:00"}, "until"),
        ("events", {"limit": 0}, "limit"),
        ("events", {"limit": 501}, "limit"),
        ("events", {"type": "NONSENSE"}, "type"),
        ("events", {"before": "nonsense"}, "before"),
        ("events", {"before": "2026-01-01T00:00:00~1~x"}, "before"),
        ("events", {"before": "2026-01-01T00:00:00Z~" + "9" * 100 + "x~x"}, "before"),
        ("events", {"stream": "a", "conversation_id": "b"}, "stream"),
        ("events", {"kind": "x" * 1_000}, "kind"),
        ("export", {"format": "xml"}, "format"),
        ("verify", {"limit": 100_000}, "limit"),
        ("verify", {"stream": "a", "conversation_id": "b"}, "stream"),
    ],
)
async def test_what_cannot_be_looked_for_is_a_problem(
    spoken: Served, owner: dict[str, str], path: str, params: dict[str, Any], field: str
) -> None:
    refused = await get(spoken, path, owner, **params)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in refused.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "before", ["2026-01-01T00:00:00Z~" + "9" * 60 + "~x", "9999-12-31T23:59:59Z~-5~", "2026-01-01T00:00:00Z~٣~x"]
)
async def test_an_odd_place_breaks_nothing(spoken: Served, owner: dict[str, str], before: str) -> None:
    assert (await get(spoken, "events", owner, before=before)).status_code in {200, 422}


async def test_an_export_verifies_by_itself_and_against_the_heads(spoken: Served, owner: dict[str, str]) -> None:
    heads = await get(spoken, "heads", owner)
    exported = await get(spoken, "export", owner, personal=True)
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert exported.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    lines = list(io.StringIO(exported.text, newline="\n"))
    findings = check_export(lines, "the answer", read_heads(heads.text, "the heads").heads)
    assert findings.broken == []
    assert findings.events == len(lines) > 20
    assert "cancel order 141" in exported.text
    assert "cancel order 141" not in (await get(spoken, "export", owner)).text


async def test_an_export_for_tables_and_of_one_conversation(spoken: Served, owner: dict[str, str]) -> None:
    jonas = await spoken.app.shop.customers.find_customer(JONAS)
    assert jonas
    table = await get(spoken, "export", owner, format="csv", customer_id=jonas.id)
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    (stream,) = {row["stream"] for row in rows}
    one = await get(spoken, "export", owner, stream=stream)
    assert len(one.text.splitlines()) == len(rows)
    none = await get(spoken, "export", owner, stream="conversation/none")
    assert (none.status_code, none.text) == (200, "")


async def test_streams_are_checked_page_by_page(spoken: Served, owner: dict[str, str]) -> None:
    streams, broken, after = 0, [], None
    while True:
        page = (await get(spoken, "verify", owner, limit=1, **({"after": after} if after else {}))).json()
        streams += page["streams"]
        broken += page["broken"]
        after = page["next"]
        if after is None:
            break
    assert (streams, broken) == (2, [])
    missing = await get(spoken, "verify", owner, conversation_id="conv_none")
    assert missing.status_code == 404


async def test_a_stream_that_was_changed_is_named() -> None:
    async with serving() as served:
        talk = await served.open()
        await talk.say("hello", "m1")
        journal = served.app.journal
        assert isinstance(journal, MemoryJournal)
        stream = StreamId(f"conversation/{talk.conversation_id}")
        del journal._streams[stream][2]
        for params in ({}, {"stream": stream}):
            found = (await get(served, "verify", await served.key("operator"), **params)).json()
            assert found["broken"] == [{"stream": stream, "seq": 3, "problem": "was removed"}]
            assert found["events"] == 0


async def test_an_export_is_sent_as_it_is_read(spoken: Served, owner: dict[str, str]) -> None:
    pieces: list[bytes] = []
    async with spoken.client.stream("GET", "/v1/audit/export", headers=owner) as response:
        assert "content-length" not in response.headers
        with anyio.fail_after(20):
            async for piece in response.aiter_raw():
                pieces.append(piece)  # noqa: PERF401
    assert all(json.loads(line) for line in b"".join(pieces).splitlines())
