"""Sends spans to a collector over OTLP, by OpenTelemetry's own SDK; imported only where a collector is named.

Spans are handed to the SDK's queue, which a thread of its own empties: nobody waits for the collector, and what does
not fit into the queue is dropped.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Thread

from anyio import CancelScope, to_thread
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context

from shopfloor.telemetry.spans import SCHEMA_URL, Span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SERVICE = "shopfloor"
"""What the service is called unless the environment says otherwise."""
FLUSH_S = 3.0
"""How long what is left may take to be sent when the process ends."""


class Otlp:
    """A collector that spans are sent to, as the environment's `OTEL_` variables say."""

    def __init__(self, version: str, environ: Mapping[str, str]) -> None:
        """Open it for a version of the product; it reads from the disk, and does not connect yet."""
        is_named = "OTEL_SERVICE_NAME" in environ or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        named = {"service.version": version} | ({} if is_named else {"service.name": SERVICE})
        self._exporter = OTLPSpanExporter()
        self._provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("shopfloor", version, schema_url=SCHEMA_URL)

    def emit(self, span: Span) -> None:
        """Queue a tree of spans as a trace of its own."""
        self._emit(span, Context())

    def _emit(self, span: Span, parent: Context) -> None:
        started = self._tracer.start_span(
            span.name,
            context=parent,
            kind=SpanKind.CLIENT if span.is_outside else SpanKind.INTERNAL,
            attributes={**span.attributes, **({"error.type": span.error} if span.error else {})},
            start_time=_nanoseconds(span.began_at),
        )
        for note in span.notes:
            started.add_event(note.name, note.attributes, timestamp=_nanoseconds(note.at))
        if span.error:
            started.set_status(StatusCode.ERROR)
        if span.children:
            within = set_span_in_context(started, parent)
            for child in span.children:
                self._emit(child, within)
        started.end(end_time=_nanoseconds(span.ended_at))

    async def close(self, within_s: float = FLUSH_S) -> None:
        """Send what is left, as far as the time allows."""
        with CancelScope(shield=True):
            await to_thread.run_sync(self._close, within_s)

    def _close(self, within_s: float) -> None:
        # A thread of our own, since the SDK waits for its queue longer than a server that ends may.
        ending = Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        ending.start()
        ending.join(within_s)
        if ending.is_alive():
            self._exporter.shutdown()  # it tries no more


def _nanoseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1) * 1_000
