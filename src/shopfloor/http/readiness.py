"""Whether this server can take requests: each check is made once at a time and at most once a second."""

import logging
from collections.abc import Mapping, Sequence
from time import monotonic

import anyio
from anyio.abc import TaskGroup

from shopfloor.database.health import Check
from shopfloor.kernel.errors import FieldProblem

logger = logging.getLogger(__name__)

FRESH_S = 1.0
"""How long what was found holds, so that nobody can load the database by asking."""
PATIENCE_S = 2.0
"""How long a check may take before it counts as failed."""
ENDING = FieldProblem("server", "it is ending")


class Readiness:
    """Knows what keeps a server from taking requests."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        """Take the checks by their names."""
        self._probes = [_Probe(name, check) for name, check in checks.items()]
        self._group: TaskGroup | None = None
        self._was_ready = True

    def open(self, group: TaskGroup) -> None:
        """Take the parent of all checks; before that nothing is ready."""
        self._group = group

    def close(self) -> None:
        """Be ready no longer, since the server ends."""
        self._group = None

    async def failing(self) -> Sequence[FieldProblem]:
        """Return each check that fails, with what is wrong; it takes 2 seconds at most."""
        group = self._group
        if group is None:
            return [ENDING]
        for probe in self._probes:
            probe.start(group)
        found = [(probe.name, await probe.problem()) for probe in self._probes]
        failing = [FieldProblem(name, problem) for name, problem in found if problem]
        if failing and self._was_ready:
            logger.error("not ready: %s", "; ".join(f"{name}: {problem}" for name, problem in failing))
        elif not failing and not self._was_ready:
            logger.warning("ready again")
        self._was_ready = not failing
        return failing


class _Probe:
    """One check, and what it found last."""

    def __init__(self, name: str, check: Check) -> None:
        self.name = name
        self._check = check
        self._problem: str | None = None
        self._begun_at = 0.0
        self._found_at: float | None = None
        self._going: anyio.Event | None = None

    def start(self, group: TaskGroup) -> None:
        """Begin to look, unless that is going on or what was found is fresh."""
        is_fresh = self._found_at is not None and monotonic() - self._found_at < FRESH_S
        if self._going is None and not is_fresh:
            self._going = anyio.Event()
            self._begun_at = monotonic()
            group.start_soon(self._look, self._going)

    async def problem(self) -> str | None:
        """Return what was found, once it is."""
        if self._going is None:
            return self._problem
        with anyio.move_on_after(self._begun_at + PATIENCE_S - monotonic()):
            await self._going.wait()
            return self._problem
        return f"no answer within {PATIENCE_S:g} seconds"

    async def _look(self, going: anyio.Event) -> None:
        try:
            self._problem = await self._check()
        except Exception:
            logger.exception("%s could not be checked", self.name)
            self._problem = "it could not be checked; the server's log says why"
        finally:
            self._found_at = monotonic()
            self._going = None
            going.set()
