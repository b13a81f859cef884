"""Effects run inside the caller's task: for one process, and for tests.

It remembers keys only as long as its process lives. Over restarts, the effect's own key is what keeps it from happening
twice: the shop notes the key in the transaction of the change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from shopfloor.durable.contract import Effect
from shopfloor.durable.trying import tried
from shopfloor.kernel.canonical import canonical_json, digest
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.finishing import GRACE_S, to_the_end
from shopfloor.kernel.keyed_locks import KeyedLocks

REMEMBERED = 10_000
"""Keys kept; the oldest is forgotten first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    digest: str
    """Of kind and arguments."""
    result: str | None = None
    """As JSON; None until the effect has ended well."""


class InlineDurable:
    """A `Durable` that lasts as long as its process."""

    def __init__(self, effects: Mapping[str, Effect], *, grace_s: float = GRACE_S) -> None:
        """Take the effects by the name of their kind."""
        self._effects = effects
        self._grace_s = grace_s
        self._running = KeyedLocks()
        self._runs: dict[str, _Run] = {}

    async def run_once(self, key: str, kind: str, args: dict[str, JsonValue]) -> JsonValue:
        """Run an effect to its end, or return what it returned before under this key."""
        effect = self._effects.get(kind)
        if effect is None:
            raise NotFound(f"no effect is registered under {kind!r}: register it where the application is put together")
        wanted = digest([kind, args])
        async with self._running.hold(key):
            run = self._runs.setdefault(key, _Run(digest=wanted))
            if run.digest != wanted:
                raise Conflict(f"the key {key!r} was used for something else: use a new key")
            if run.result is not None:
                return json.loads(run.result)
            if len(self._runs) > REMEMBERED:
                del self._runs[next(iter(self._runs))]
            return await to_the_end(self._run(effect, key, args), self._grace_s)

    async def run(self) -> None:
        """Return at once: what a process that died had begun died with it."""

    async def _run(self, effect: Effect, key: str, args: dict[str, JsonValue]) -> JsonValue:
        result = await tried(effect, key, args)
        if key in self._runs:
            self._runs[key] = replace(self._runs[key], result=canonical_json(result))
        return result
