"""Figures that are read when somebody looks: each within a bound of time, and by one reader at a time.

What is not read in time is left out, and goes on being read for whoever looks next: a scrape never waits for a database
that does not answer, and many scrapes do not pile reads upon it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import anyio
from anyio.abc import TaskGroup

logger = logging.getLogger(__name__)

WITHIN_S = 1.0
"""How long all readings together may take."""
Probe = Callable[[], Awaitable[Mapping[str, float]]]
"""Returns figures by their names."""


class _Reading:
    """A probe under way."""

    def __init__(self) -> None:
        self.is_over = anyio.Event()
        self.figures: Mapping[str, float] | None = None
        """None until it has ended well."""


class Gauges:
    """What can be read."""

    def __init__(self, probes: Mapping[str, Probe], within_s: float = WITHIN_S) -> None:
        """Take the probes by name, and how many seconds all together may take."""
        self._probes = probes
        self._within_s = within_s
        self._under_way: dict[str, _Reading] = {}
        self._group: TaskGroup | None = None

    def open(self, group: TaskGroup) -> None:
        """Take the parent of all readings."""
        self._group = group

    async def read(self) -> tuple[Mapping[str, float], Sequence[str]]:
        """Return what could be read in time, by name, and the names of the probes that told nothing."""
        readings = {name: self._started(name) for name in self._probes}
        with anyio.move_on_after(self._within_s):
            for reading in readings.values():
                await reading.is_over.wait()
        figures: dict[str, float] = {}
        for reading in readings.values():
            figures |= reading.figures or {}
        return figures, [name for name, reading in readings.items() if reading.figures is None]

    def _started(self, name: str) -> _Reading:
        reading = self._under_way.get(name)
        if reading is None:
            reading = _Reading()
            if self._group:
                self._under_way[name] = reading
                self._group.start_soon(self._run, name, reading)
            else:  # the server has not begun, or is ending
                reading.is_over.set()
        return reading

    async def _run(self, name: str, reading: _Reading) -> None:
        try:
            reading.figures = await self._probes[name]()
        except Exception as error:  # the other figures are told all the same
            logger.warning("%s could not be read: %s", name, error)
        finally:
            del self._under_way[name]
            reading.is_over.set()
