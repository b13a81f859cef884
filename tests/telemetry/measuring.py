"""What tests of figures and traces share: reading the figures, a clock that ticks, and a collector on loopback."""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any

from anyio import to_thread
from demo_app import NOW
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from shopfloor.kernel.clock import Clock
from shopfloor.telemetry.metrics import Metrics
from shopfloor.telemetry.telemetry import Ear, Telemetry

Figure = tuple[str, frozenset[tuple[str, str]]]


class TickingClock:
    """A clock that moves by a second whenever it is looked at: by more than anything takes here."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def measured(clock: Clock, *ears: Ear) -> Telemetry:
    metrics = Metrics("1.2.3")
    return Telemetry(clock, metrics, [metrics, *ears])


def figures(text: str) -> dict[Figure, float]:
    """Return all figures that a scraper reads, by name and labels."""
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


async def shown(telemetry: Telemetry) -> dict[Figure, float]:
    text, _ = await to_thread.run_sync(telemetry.figures.text, "", {}, [])
    return figures(text.decode())


def by_labels(read: Mapping[Figure, float], name: str, *labels: str) -> Counter[Any]:
    """Return the figures of a name by the values of some labels; by the one value, where one is named."""
    found: Counter[Any] = Counter()
    for (one, given), value in read.items():
        if one == name:
            values = tuple(dict(given)[label] for label in labels)
            found[values[0] if len(values) == 1 else values] += value
    return found


@dataclass
class Collector:
    """What arrived at a collector."""

    port: int
    bodies: list[bytes] = field(default_factory=list)
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    arrived: Condition = field(default_factory=Condition)

    @property
    def environ(self) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}"}

    @property
    def spans(self) -> list[Span]:
        scopes = (scope for one in self.requests for resource in one.resource_spans for scope in resource.scope_spans)
        return [span for scope in scopes for span in scope.spans]


def attributes(span: Span) -> dict[str, Any]:
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


def instant(nanoseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1_000)


@contextmanager
def collecting(held: Event | None = None) -> Iterator[Collector]:
    """Listen on loopback for OTLP over HTTP; `held` keeps every answer back until it is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            if held:
                held.wait(30)
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            with collector.arrived:
                collector.bodies.append(body)
                collector.requests.append(ExportTraceServiceRequest.FromString(body))
                collector.arrived.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(port=server.server_address[1])
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield collector
        finally:
            if held:
                held.set()
            server.shutdown()
            serving.join()
