"""Trying again where the outside world is to blame and may do better.

Not by DBOS's steps, which keep what an attempt raised: words about a customer would lie there, out of an erasure's way.
"""

from anyio import sleep
from pydantic import JsonValue

from shopfloor.durable.contract import Effect
from shopfloor.kernel.errors import Unavailable, WorldError

PAUSES_S = (0.2, 0.6, 1.8)
"""Before each further attempt: a customer waits for the end of it."""
LONGEST_PAUSE_S = 5.0
"""What a system asks for beyond this is not waited for."""


async def tried(effect: Effect, key: str, args: dict[str, JsonValue]) -> JsonValue:
    """Run an effect, some times where it fails as what may do better. Before each time again its key is looked up."""
    for pause_s in PAUSES_S:
        try:
            return await effect.run(key, args)
        except WorldError as error:
            if not error.retryable:
                raise
            asked_s = (isinstance(error, Unavailable) and error.retry_after_s) or 0.0
            if asked_s > LONGEST_PAUSE_S:
                raise
            await sleep(max(pause_s, asked_s))
        try:
            found = await effect.look_up(key)
        except WorldError:
            continue
        if found is not None:
            return found
    return await effect.run(key, args)
