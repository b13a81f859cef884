"""Metrics whose series are bounded, however many agents, tools or models come and go while a process runs."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

MOST_COUNTERS = 500
"""Series of one counter."""
MOST_HISTOGRAMS = 100
"""Series of one histogram, each of which has a figure for every bucket."""
MOST_CHARACTERS = 100
"""Of a label's value."""
OTHER = "other"
"""Under which all is counted for which there is no series left."""


class Counted:
    """A counter by labels."""

    def __init__(self, registry: CollectorRegistry, name: str, told: str, labels: Sequence[str]) -> None:
        """Take the name, what it counts, and its labels."""
        self._counter = Counter(name, told, labels, registry=registry)
        self._series: dict[tuple[str, ...], Counter] = {}

    def add(self, *values: str, amount: float = 1) -> None:
        """Count something under the values of its labels."""
        series = self._series.get(values)
        if series is None:
            series = self._counter.labels(*_kept(values, len(self._series) < MOST_COUNTERS))
            if len(self._series) < MOST_COUNTERS:
                self._series[values] = series
        series.inc(amount)


class Timed:
    """A histogram of seconds by labels."""

    def __init__(
        self, registry: CollectorRegistry, name: str, told: str, labels: Sequence[str], buckets: Sequence[float]
    ) -> None:
        """Take the name, what it measures, its labels, and the upper bounds of its buckets in seconds."""
        self._histogram = Histogram(name, told, labels, buckets=buckets, registry=registry)
        self._series: dict[tuple[str, ...], Histogram] = {}

    def add(self, *values: str, seconds: float) -> None:
        """Count a duration under the values of its labels; one that a clock which went back made negative is none."""
        series = self._series.get(values)
        if series is None:
            series = self._histogram.labels(*_kept(values, len(self._series) < MOST_HISTOGRAMS))
            if len(self._series) < MOST_HISTOGRAMS:
                self._series[values] = series
        series.observe(max(0.0, seconds))


def _kept(values: tuple[str, ...], is_room: bool) -> tuple[str, ...]:
    return tuple(value[:MOST_CHARACTERS] for value in values) if is_room else (OTHER,) * len(values)


class WithoutBirths(Collector):
    """Metrics without the instants at which each series began, which double what a scrape transfers."""

    def __init__(self, *collectors: Collector) -> None:
        """Take where the metrics come from."""
        self._collectors = collectors

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they stand."""
        for collector in self._collectors:
            for metric in collector.collect():
                metric.samples = [one for one in metric.samples if not one.name.endswith("_created")]
                yield metric
