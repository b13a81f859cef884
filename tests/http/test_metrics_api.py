"""The figures over HTTP: in Prometheus' format, as its own parser reads it, and how things stand."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import anyio
import pytest
from demo_app import MAYA, NOW, demo_app
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from serving import FREE, Reader, Served, read, serving, until
from telemetry.measuring import by_labels, figures, measured

from shopfloor.app import services_of
from shopfloor.http.probes import probes_of
from shopfloor.http.running import Running
from shopfloor.identity.identity import GUEST
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import StorageError
from shopfloor.kernel.ids import ConversationId
from shopfloor.telemetry.metrics import GAUGES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def metered(clock: FixedClock) -> AsyncGenerator[Served]:
    app = await demo_app(clock=clock, telemetry=measured(clock))
    async with serving(app=app) as served:
        yield served


async def scraped(served: Served, accept: str = "") -> str:
    headers = await served.key("viewer") | {"Accept": accept}
    answer = await served.client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_talk_is_in_the_figures_as_prometheus_reads_them(metered: Served) -> None:
    talk = await metered.open()
    await talk.say("Do you ship to Canada?", "m1")
    text = await scraped(metered)
    told = figures(text)
    assert by_labels(told, "shopfloor_turns_total", "channel", "origin", "outcome") == {
        ("web", "message", "answered"): 1
    }
    assert by_labels(told, "shopfloor_build_info", "version") == {"1.2.3": 1}
    assert {name for name, _ in told} >= set(GAUGES)
    assert "_created" not in text


async def test_the_format_is_the_one_that_the_scraper_accepts(metered: Served) -> None:
    plain = await metered.client.get("/metrics", headers=await metered.key("viewer"))
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    accept = "application/openmetrics-text; version=1.0.0"
    newer = await metered.client.get("/metrics", headers=await metered.key("viewer") | {"Accept": accept})
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert {family.name for family in open_metrics(newer.text)} >= set(GAUGES)
    assert plain.headers["cache-control"] == "no-store"


async def test_who_waits_and_for_how_long_is_read_when_somebody_looks(metered: Served, clock: FixedClock) -> None:
    app = metered.app
    for _ in range(2):
        conversation, _ = await app.chat.open("web", GUEST)
        await app.chat.post(conversation, "Do you ship to Canada?")
        clock.at += timedelta(seconds=30)
    told = figures(await scraped(metered))
    assert by_labels(told, "shopfloor_conversations_waiting") == {(): 2}
    assert by_labels(told, "shopfloor_oldest_wait_seconds") == {(): 60}
    for stream in await app.journal.unanswered():
        await app.chat.answer(ConversationId(stream.partition("/")[2]))
    told = figures(await scraped(metered))
    assert by_labels(told, "shopfloor_conversations_waiting") == {(): 0}
    assert by_labels(told, "shopfloor_oldest_wait_seconds") == {(): 0}


async def test_open_streams_are_counted(metered: Served) -> None:
    talk = await metered.open()
    async with anyio.create_task_group() as group:
        group.start_soon(read, talk, Reader(), lambda _reader: False)
        await until(lambda: metered.followers(talk))
        assert by_labels(figures(await scraped(metered)), "shopfloor_streams_open") == {(): 1}
        group.cancel_scope.cancel()


async def test_actions_that_wait_for_the_merchant_are_counted(metered: Served) -> None:
    app = metered.app
    talk = await metered.open(await metered.token(MAYA))
    policy = "rules:\n  - {id: ours.all, kinds: [cancel_order], then: approve, says: A colleague looks at it.}\n"
    taken = await metered.client.put(
        "/v1/policy", content=policy, headers=await metered.key("owner") | {"Content-Type": "application/yaml"}
    )
    assert taken.status_code == 200, taken.text
    await talk.say("cancel order 141", "m1")
    await talk.say("yes", "m2")
    assert len(await app.approvals.waiting()) == 1
    told = figures(await scraped(metered))
    assert by_labels(told, "shopfloor_actions_waiting_for_approval") == {(): 1}
    assert by_labels(told, "shopfloor_actions_unsettled") == {(): 0}


async def test_a_gauge_that_cannot_be_read_is_left_out_and_counted(
    metered: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone() -> object:
        raise StorageError("the database is gone")

    monkeypatch.setattr(metered.app.actions, "live_counts", gone)
    told = figures(await scraped(metered))
    assert by_labels(told, "shopfloor_gauge_failures_total", "reading") == {"actions": 1}
    assert {name for name, _ in told} & set(GAUGES) == set(GAUGES) - {
        "shopfloor_actions_waiting_for_approval",
        "shopfloor_actions_unsettled",
    }


async def test_what_is_not_measured_says_so() -> None:
    async with serving(app=await demo_app()) as served:
        answer = await served.client.get("/metrics", headers=await served.key("viewer"))
    assert answer.status_code == 404
    assert "is_measured" in answer.json()["detail"]


async def test_each_gauge_has_a_probe_and_each_probe_its_gauges(metered: Served) -> None:
    running = Running(services_of(metered.app), FREE)
    told = [await probe() for probe in probes_of(running.services, running.places).values()]
    assert {name for figures in told for name in figures} == set(GAUGES)
