"""Trying again where the outside world is to blame, has done nothing for certain, and may do better.

Not by DBOS's steps, which keep what an attempt raised: words about a customer would lie there, out of an erasure's way.
"""

from anyio import sleep
from pydantic import JsonValue

from shopfloor.durable.contract import Effect
from shopfloor.kernel.errors import Unavailable

PAUSES_S = (0.2, 0.6, 1.8)
"""Before each further attempt: a customer waits for the end of it."""
LONGEST_PAUSE_S = 5.0
"""What a system asks for beyond this is not waited for."""


async def tried(effect: Effect, key: str, args: dict[str, JsonValue]) -> JsonValue:
    """Run an effect, and again where it is certain that nothing was done.

    What may have been done is not sent a second time: whoever called looks its key up.
    """
    for pause_s in PAUSES_S:
        try:
            return await effect.run(key, args)
        except Unavailable as error:
            asked_s = error.retry_after_s or 0.0
            if not error.is_undone or asked_s > LONGEST_PAUSE_S:
                raise
            await sleep(max(pause_s, asked_s))
    return await effect.run(key, args)
