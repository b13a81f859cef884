"""A process is killed at random moments while customers talk; nothing is lost, nothing is done or said twice.

`CRASHES` says how often on each database. What fails is named by the seed that its moments are drawn from: that very
one is drawn by `CRASHES=1` and `CRASH_SEED`.
"""

import os
import random
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from conversation.crashing_at_random import STEPS, TALKS, Conversations, converse, go_on, serving
from copies import Original
from dbos import DBOS
from dbos import error as dbos_errors
from demo_app import identity_of
from dying import killed, times_of
from kills import NAME, Kills

from shopfloor.actions.store import ActionFilter
from shopfloor.actions.verification import check_page
from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.journal.events import ActionMoved, MessageWritten, ReplyComposed
from shopfloor.journal.verification import Findings

pytestmark = pytest.mark.anyio

CRASHES = int(os.environ.get("CRASHES", "3"))
"""On each database."""
FIRST = int(os.environ.get("CRASH_SEED", "0"))
AGAIN = 1 / 3
"""How often it is killed a second time, while it recovers."""
PENDING = ["PENDING", "ENQUEUED", "DELAYED"]
PATIENCE_S = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What there is in the end, without what is different each time."""

    said: dict[str, list[tuple[str, str]]]
    """By whom and what, of each talk."""
    orders: dict[str, Any]
    actions: list[tuple[str, str, str]]
    """Conversation, kind and state of each."""


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

    async def prepare() -> Conversations:
        async with open_app(original.config) as app:
            return {
                name: (await app.chat.open("test", await identity_of(app, talk.email)))[0]
                for name, talk in TALKS.items()
            }

    conversations = anyio.run(prepare)
    with original.copied(folder / "undisturbed") as config:
        times = times_of(converse, str(config.data), config.database_url, conversations)
        undisturbed = anyio.run(looked_at, config, conversations)
    assert len(times) == STEPS
    steps_s = [after - before for before, after in pairwise(times)]
    return Prepared(original=original, conversations=conversations, steps_s=steps_s, undisturbed=undisturbed)


async def looked_at(config: Config, conversations: Conversations) -> Told:
    async with open_app(config) as app:
        return await told(app, conversations)


async def told(app: App, conversations: Conversations) -> Told:
    said: dict[str, list[tuple[str, str]]] = {}
    orders: dict[str, Any] = {}
    for name, talk in TALKS.items():
        state = await app.chat.state(conversations[name])
        said[name] = [(one.role, re.sub(r"TRK\d+", "TRK...", one.content)) for one in state.messages]
        order = await app.shop.orders.get_order(talk.order)
        assert order
        orders[name] = [timeless(asdict(one)) for one in (order, *await app.shop.returns.returns_of(talk.order))]
        for line in order.lines:
            product = await app.shop.catalogue.find_product(line.sku)
            assert product
            orders[f"{name}: {line.sku}"] = {one.sku: one.stock for one in product.variants}
    actions = [(record.stream, record.kind, record.state) for record in await app.actions.find(ActionFilter())]
    return Told(said=said, orders=orders, actions=sorted(actions))


def timeless(value: Any) -> Any:
    """Return a value with nothing in it that depends on the moment, or on the key of an action."""
    match value:
        case dict():
            return {name: timeless(one) for name, one in value.items() if name != "tracking_id"}
        case list() | tuple():
            return [timeless(one) for one in value]
        case datetime():
            return "some time"
        case _:
            return value


async def until_nothing_is_pending() -> None:
    """Wait until DBOS, which starts beside all else, holds nothing that is to go on."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            with suppress(dbos_errors.DBOSException):
                if not await DBOS.list_workflows_async(status=PENDING):
                    return
            await anyio.sleep(0.05)


async def check(app: App, conversations: Conversations) -> None:
    """Check what holds whatever had happened before."""
    keys: list[str] = []
    for name, talk in TALKS.items():
        state = await app.chat.state(conversations[name])
        data = [event.data for event in state.events]
        messages = [one for one in data if isinstance(one, MessageWritten) and one.role == "user"]
        replies = [one for one in data if isinstance(one, ReplyComposed)]
        assert [one.content for one in messages] == [*talk.says]
        assert [one for reply in replies for one in reply.message_ids] == [one.message_id for one in messages]
        said = "\n\n".join(one.content for one in state.messages if one.role == "assistant")
        assert said == "\n\n".join(reply.content for reply in replies)
        keys += [one.key for one in data if isinstance(one, ActionMoved) and one.state == "executed"]
    records = await app.actions.find(ActionFilter(states=frozenset({"executed"})))
    assert sorted(keys) == sorted(record.key for record in records)
    assert len(keys) == len(TALKS)
    findings, last = Findings(), None
    while (last := await check_page(app.journal, app.actions, findings, after=last, limit=50)) is not None:
        pass
    assert (findings.broken, findings.differing) == ([], [])
    assert await app.chat.recover() == 0


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
