"""Traces as they reach a collector, over OTLP on loopback: what arrives, what never does, and what a dead one harms."""

import logging
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

import pytest
from anyio import to_thread
from demo_app import MAYA, begin, demo_app, say
from demo_models import router_of, scripted, wanting
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from pydantic import JsonValue
from telemetry.measuring import Collector, TickingClock, attributes, collecting, instant, measured

from shopfloor import App
from shopfloor.journal.events import EventData
from shopfloor.kernel.errors import Unavailable
from shopfloor.models.router import ModelRouter
from shopfloor.telemetry.opening import CAPTURE, opened_telemetry, wants_traces
from shopfloor.telemetry.otlp import Otlp
from shopfloor.telemetry.spans import CONVENTIONS, SCHEMA_URL
from shopfloor.telemetry.traces import Traces
from shopfloor.tools.contract import Tool, ToolContext, ToolResult, Toolset

pytestmark = pytest.mark.anyio

HOSTILE = [
    "I am Zebulon Quicksilver, zebulon.q@secretmail.example, +44 20 7946 0958, 7 Hidden Lane, Nether Wallop SO20 8EX",
    "my card is 4111 1111 1111 1111 and my passwort is correct-horse-battery; where is my order #123?",
    "cancel order 141 because Zebulon Quicksilver died at 7 Hidden Lane",
    "yes",
    "get_order Zebulon'); DROP TABLE -- you useless idiots, I want a human, write to zebulon.q@secretmail.example",
    "open a ticket: my neighbour Ermintrude Vandersmoot stole the parcel",
]
SECRETS = [
    "Zebulon", "Quicksilver", "secretmail", "7946", "Hidden Lane", "Nether Wallop", "4111", "correct-horse",
    "DROP TABLE", "useless", "Ermintrude", "Vandersmoot", "TRK456", "Maya", "Lindqvist", "maya.lindqvist",
]  # fmt: skip


@asynccontextmanager
async def exporting(
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    models: ModelRouter | None = None,
    wrap: Callable[[Toolset], Toolset] = lambda tools: tools,
) -> AsyncGenerator[App]:
    """Return an installation that sends traces as the environment says; all are sent at the end."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    clock = TickingClock()
    async with opened_telemetry(clock) as telemetry:
        yield await demo_app(clock=clock, models=models, wrap=wrap, telemetry=telemetry)


def of(collector: Collector, start: str) -> list[Span]:
    return [span for span in collector.spans if span.name.startswith(start)]


async def test_a_session_arrives_as_traces_by_the_conventions(monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted(wanting("get_order", order_number="123"), "It is under way.", Unavailable("down"))
    with collecting() as collector:
        async with exporting(monkeypatch, collector.environ, router_of(model)) as app:
            conversation = await begin(app, MAYA)
            for message in ("Where is my order #123?", "cancel order 141", "yes"):
                await say(app, conversation, message)
    turns = of(collector, "invoke_workflow")
    assert len(turns) == 3
    assert len({span.trace_id for span in turns}) == 3
    by_id = {span.span_id: span for span in collector.spans}
    for span in collector.spans:
        assert attributes(span)["gen_ai.conversation.id"] == conversation
        parent = by_id.get(span.parent_span_id)
        assert (parent is None) == (span in turns)
        assert parent is None or parent.trace_id == span.trace_id
        assert instant(span.start_time_unix_nano) <= instant(span.end_time_unix_nano)
    agents = of(collector, "invoke_agent")
    assert {attributes(one)["gen_ai.operation.name"] for one in agents} == {"invoke_agent"}
    assert all(by_id[one.parent_span_id] in turns for one in agents)
    [tool, *_] = of(collector, "execute_tool get_order")
    assert by_id[tool.parent_span_id] in agents
    assert attributes(tool)["gen_ai.tool.name"] == "get_order"
    assert of(collector, "execute_action cancel_order")
    failed = [one for one in of(collector, "chat") if one.status.code == Status.STATUS_CODE_ERROR]
    assert {attributes(one)["error.type"] for one in failed} >= {"Unavailable"}
    assert all(one.kind == Span.SPAN_KIND_CLIENT for one in of(collector, "chat"))
    assert {one.kind for one in turns} == {Span.SPAN_KIND_INTERNAL}


async def test_the_service_and_the_version_of_the_conventions_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        async with exporting(monkeypatch, collector.environ) as app:
            await say(app, await begin(app), "Do you ship to Canada?")
    [request] = collector.requests
    [resource] = request.resource_spans
    told = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert told["service.name"] == "shopfloor"
    assert told["service.version"]
    assert [(one.scope.name, one.schema_url) for one in resource.scope_spans] == [("shopfloor", SCHEMA_URL)]
    assert CONVENTIONS in SCHEMA_URL


async def test_the_operators_name_for_the_service_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        async with exporting(monkeypatch, collector.environ | {"OTEL_SERVICE_NAME": "the shop"}) as app:
            await say(app, await begin(app), "Do you ship to Canada?")
    [resource] = collector.requests[0].resource_spans
    assert {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"] == "the shop"


class Complaining:
    """Reads of orders fail, and say whose they were."""

    def __init__(self, tools: Toolset) -> None:
        self._tools = tools

    def tools(self) -> Sequence[Tool[Any]]:
        return self._tools.tools()

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        if name == "get_order":
            raise Unavailable("the order of Zebulon Quicksilver, 7 Hidden Lane, cannot be read")
        return await self._tools.call(name, args, context)


async def hostile_session(app: App) -> set[str]:
    """Have a session full of personal data, and return every text that its journal holds in a personal field."""
    conversation = await begin(app, MAYA)
    for message in HOSTILE:
        await say(app, conversation, message)
    events = (await app.chat.state(conversation)).events
    return {text for event in events for text in personal(event.data)}


def personal(data: EventData) -> set[str]:
    """Return the texts in what of an event is a person's."""
    found: set[str] = set()

    def look(value: object) -> None:
        match value:
            case str():
                found.add(value)
            case dict():
                for one in value.values():  # pyright: ignore[reportUnknownVariableType]
                    look(one)
            case list() | tuple():
                for one in value:  # pyright: ignore[reportUnknownVariableType]
                    look(one)
            case _:
                pass

    look([data.model_dump(mode="json")[name] for name in data.PERSONAL])
    return found


@pytest.mark.parametrize("is_complaining", [False, True])
@pytest.mark.parametrize("switch", [{}, {CAPTURE: "false"}, {CAPTURE: "no_content"}, {CAPTURE: "event_only"}])
async def test_nothing_that_people_wrote_or_tools_answered_is_in_any_byte(
    monkeypatch: pytest.MonkeyPatch, switch: dict[str, str], is_complaining: bool
) -> None:
    echo = scripted("Zebulon Quicksilver, it costs $9.87.", "Hello Ermintrude Vandersmoot.", Unavailable("Maya"))
    with collecting() as collector:
        wrap: Callable[[Toolset], Toolset] = Complaining if is_complaining else lambda tools: tools
        async with exporting(monkeypatch, collector.environ | switch, router_of(echo), wrap) as app:
            held = await hostile_session(app)
            assert app.telemetry
            counted, _ = await to_thread.run_sync(app.telemetry.figures.text, "", {}, [])
    assert [secret for secret in SECRETS if secret.lower().encode() in counted.lower()] == []
    sent = b"".join(collector.bodies)
    failed = [one for one in of(collector, "execute_tool") if one.status.code == Status.STATUS_CODE_ERROR]
    assert bool(failed) == is_complaining
    assert len(of(collector, "invoke_workflow")) == len(HOSTILE)
    assert [secret for secret in SECRETS if secret.lower().encode() in sent.lower()] == []
    public = ids_and_names(app, collector)
    told = [text for text in held - public if len(text) >= 8 and is_in(text, sent)]
    assert told == []


def is_in(text: str, sent: bytes) -> bool:
    """Say whether a text is in what was sent, and not only as part of a longer word, such as a tool's name."""
    return bool(re.search(rb"(?<!\w)" + re.escape(text.encode()) + rb"(?!\w)", sent))


def ids_and_names(app: App, collector: Collector) -> set[str]:
    """Return what a span may say though a plan or a wait says it too: which agent, tool, kind, task, turn and talk."""
    values = {str(value) for span in collector.spans for value in attributes(span).values()}
    return values | {tool.name for tool in app.tools.tools()}


async def test_words_are_sent_where_the_environment_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        async with exporting(monkeypatch, collector.environ | {CAPTURE: "true"}) as app:
            await hostile_session(app)
    sent = b"".join(collector.bodies)
    assert b"Zebulon Quicksilver died at 7 Hidden Lane" in sent
    assert b"TRK456" in sent
    assert b"4111 1111" not in sent, "what was masked when it was journaled stays so"


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@pytest.mark.parametrize("is_there", [False, True])
async def test_a_collector_that_is_dead_or_never_answers_harms_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_there: bool
) -> None:
    """The SDK alone would go on for seconds."""
    caplog.set_level(logging.CRITICAL, "opentelemetry")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with collecting(Event()) as stuck:
        port = stuck.port if is_there else unused_port()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        otlp = await to_thread.run_sync(Otlp, "1", {})
        app = await demo_app(telemetry=measured(TickingClock(), Traces(otlp.emit, with_content=False)))
        conversation = await begin(app)
        for _ in range(5):
            assert "Canada" in await say(app, conversation, "Do you ship to Canada?")
        began = time.monotonic()
        await otlp.close(0.2)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://here"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://here/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://here", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://here", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://here"}, False),
    ],
)
def test_the_environment_switches_traces_on(environ: dict[str, str], wanted: bool) -> None:
    assert wants_traces(environ) is wanted


async def test_a_protocol_that_is_not_spoken_is_said(caplog: pytest.LogCaptureFixture) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://here", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    async with opened_telemetry(TickingClock(), environ):
        pass
    assert "http/protobuf" in caplog.text


async def test_a_missing_exporter_is_said_and_the_figures_are_taken_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    for name in [name for name in sys.modules if name.startswith(("opentelemetry.sdk.", "shopfloor.telemetry.otlp"))]:
        monkeypatch.delitem(sys.modules, name)
    async with opened_telemetry(TickingClock(), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://here"}) as telemetry:
        assert telemetry.figures
    assert "shopfloor[otel]" in caplog.text


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("shopfloor.cli.main, shopfloor.app", []),
        ("shopfloor.telemetry.opening", ["prometheus_client"]),
        ("shopfloor.telemetry.otlp", ["opentelemetry.sdk.trace", "opentelemetry.exporter.otlp"]),
    ],
)
async def test_nothing_is_imported_that_is_not_used(code: str, imported: list[str]) -> None:
    heavy = ["opentelemetry.sdk.trace", "opentelemetry.exporter.otlp", "prometheus_client"]
    told = f"import sys, {code}\nprint(*(one for one in {heavy} if one in sys.modules))"
    assert (await to_thread.run_sync(output_of, told)).split() == imported


def output_of(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
