"""A process is killed at random moments while customers talk; nothing is lost, nothing is done or said twice.

`CRASHES` says how often on each database. What fails is named by the seed that its moments are drawn from: that very
one is drawn by `CRASHES=1` and `CRASH_SEED`.
"""

import os
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from conversation.crashing_at_random import STEPS, Conversations, converse, go_on, opened, serving
from conversation.told_by_talks import Told, check, looked_at, told
from copies import Original
from dbos import DBOS
from dbos import error as dbos_errors
from dying import killed, times_of
from kills import NAME, Kills

from shopfloor.actions.store import ActionFilter
from shopfloor.app import App, open_app
from shopfloor.config import Config

pytestmark = pytest.mark.anyio

CRASHES = int(os.environ.get("CRASHES", "3"))
"""On each database."""
FIRST = int(os.environ.get("CRASH_SEED", "0"))
AGAIN = 1 / 3
"""How often it is killed a second time, while it recovers."""
PENDING = ["PENDING", "ENQUEUED", "DELAYED"]
PATIENCE_S = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A demo shop in which conversations have begun, and how it goes on where nothing is killed."""

    original: Original
    conversations: Conversations
    steps_s: Sequence[float]
    """How long each step takes."""
    undisturbed: Told


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    original = Original.at(folder / "data", server)

    conversations = anyio.run(opened, original.config)
    with original.copied(folder / "undisturbed") as config:
        times = times_of(converse, str(config.data), config.database_url, conversations)
        undisturbed = anyio.run(looked_at, config, conversations)
    assert len(times) == STEPS
    steps_s = [after - before for before, after in pairwise(times)]
    return Prepared(original=original, conversations=conversations, steps_s=steps_s, undisturbed=undisturbed)


async def until_nothing_is_pending() -> None:
    """Wait until DBOS, which starts beside all else, holds nothing that is to go on."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            with suppress(dbos_errors.DBOSException):
                if not await DBOS.list_workflows_async(status=PENDING):
                    return
            await anyio.sleep(0.05)


async def test_after_a_crash_at_a_random_moment_each_message_is_answered_once_and_each_effect_is_there_once(
    prepared: Prepared, tmp_path: Path, subtests: pytest.Subtests, record_property: Callable[[str, object], None]
) -> None:
    for seed in range(FIRST, FIRST + CRASHES):
        with subtests.test(seed=seed), prepared.original.copied(tmp_path / "data") as config:
            found = await crashed(prepared, config, random.Random(seed))
            record_property(NAME, found.recorded())


async def crashed(prepared: Prepared, config: Config, chance: random.Random) -> Kills:
    """Kill a process or two, let all go on to their end, and check what there is."""
    work = partial(killed, converse, str(config.data), config.database_url, prepared.conversations)
    ends: list[int] = []
    before = 0
    for _ in range(2 if chance.random() < AGAIN else 1):
        step = chance.randrange(before, len(prepared.steps_s))
        after_s = chance.uniform(0, prepared.steps_s[step])
        ends.append(await to_thread.run_sync(partial(work, told=1 + step - before, after_s=after_s)))
        before = step
    assert {*ends} <= {0, -9}
    async with open_app(config) as app:
        found = await kills(app, prepared, ends)
        async with serving(app):
            await go_on(app, prepared.conversations)
            await until_nothing_is_pending()
        assert await told(app, prepared.conversations) == prepared.undisturbed
        await check(app, prepared.conversations)
    return found


async def kills(app: App, prepared: Prepared, ends: list[int]) -> Kills:
    states = [await app.chat.state(one) for one in prepared.conversations.values()]
    actions = [record.state for record in await app.actions.find(ActionFilter())]
    return Kills(
        of=f"conversations on {prepared.original.database}",
        killed=ends.count(-9),
        ended=ends.count(0),
        there={
            "messages answered": sum(len(state.answered) for state in states),
            "actions carried out": actions.count("executed"),
            "actions under way": actions.count("confirmed"),
        },
    )
