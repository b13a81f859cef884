"""Puts together who listens to a server, as the environment says; only a server waits for its import."""

import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module, metadata
from typing import Protocol, cast

from anyio import to_thread

from shopfloor.kernel.clock import Clock
from shopfloor.telemetry.metrics import Metrics
from shopfloor.telemetry.spans import Span
from shopfloor.telemetry.telemetry import Telemetry
from shopfloor.telemetry.traces import Traces

logger = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
CAPTURING = frozenset({"true", "span_only", "span_and_event"})
"""What OpenTelemetry's own instrumentations take for a yes to words in spans."""


class Collector(Protocol):
    """Where spans are sent; `telemetry.otlp` keeps the promise."""

    def emit(self, span: Span) -> None:
        """Queue a tree of spans."""
        ...

    async def close(self) -> None:
        """Send what is left, as far as the time allows."""
        ...


@asynccontextmanager
async def opened_telemetry(clock: Clock, environ: Mapping[str, str] = os.environ) -> AsyncGenerator[Telemetry]:
    """Open who listens: figures always, traces where a collector is named; at the end, send what is left."""
    version = await to_thread.run_sync(metadata.version, "shopfloor")
    metrics = await to_thread.run_sync(Metrics, version)
    collector = await to_thread.run_sync(_collector, version, environ)
    if collector is None:
        yield Telemetry(clock, metrics, [metrics])
        return
    traces = Traces(collector.emit, with_content=is_capturing(environ))
    try:
        yield Telemetry(clock, metrics, [metrics, traces])
    finally:
        await collector.close()


def is_capturing(environ: Mapping[str, str]) -> bool:
    """Whether what people write may be in spans: only where the environment says so in so many words."""
    return environ.get(CAPTURE, "").strip().lower() in CAPTURING


def wants_traces(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a collector for traces, and does not switch them off."""
    is_off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporters = {one.strip() for one in environ.get("OTEL_TRACES_EXPORTER", "otlp").split(",")}
    return any(environ.get(name, "").strip() for name in ENDPOINTS) and not is_off and "otlp" in exporters


def _collector(version: str, environ: Mapping[str, str]) -> Collector | None:
    """Return the collector that the environment names; None where it names none, or none that can be used."""
    if not wants_traces(environ):
        return None
    protocol = next((value for name in PROTOCOLS if (value := environ.get(name, "").strip())), PROTOCOL)
    if protocol != PROTOCOL:
        logger.warning("no traces are sent: %s is not spoken here; set %s=%s", protocol, PROTOCOLS[1], PROTOCOL)
        return None
    try:
        # Imported here, since whoever names no collector should neither install nor wait for it.
        return cast(Collector, import_module("shopfloor.telemetry.otlp").Otlp(version, environ))
    except ImportError as error:
        logger.warning("no traces are sent, since %s is not installed: pip install 'shopfloor[otel]'", error.name)
    except (OSError, ValueError) as error:
        logger.warning("no traces are sent, since an OTEL_ variable cannot be used: %s", error)
    return None
