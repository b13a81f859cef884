"""What is older than the settings say is erased or removed, and nothing that is open, young or not named in them."""

from datetime import timedelta

import anyio
import pytest
from demo_app import JONAS, MAYA, NOW, begin, demo_app, say
from demo_outreach import happen, only_crier
from privacy.people import proposes, stream_of, whole, words_of

from shopfloor.agents.brand import RetentionRules
from shopfloor.app import App, services_of
from shopfloor.journal.record_events import RECORDS, RetentionApplied
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import InvalidFields
from shopfloor.models.ledger import ModelCall

pytestmark = pytest.mark.anyio

CALL = ModelCall(
    at=NOW,
    task_class="support_reply",
    asked_tier="fast",
    tier="fast",
    provider="openai",
    model="gpt-5-mini",
    outcome="failed",
    total_s=1.0,
)


async def keep_for(app: App, **days: int) -> None:
    brand = await app.settings.in_force()
    await app.settings.put(brand.model_copy(update={"retention": RetentionRules(**days)}))


async def applied(app: App) -> dict[str, tuple[int, int]]:
    return {one.kind: (one.count, len(one.kept)) for one in await app.retention.apply()}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


async def test_nothing_is_removed_unless_it_is_set(clock: FixedClock) -> None:
    app = await demo_app(clock=clock)
    conversation = await begin(app, MAYA)
    await say(app, conversation, "where is my order 123?")
    await app.ledger.record(CALL)
    clock.at += timedelta(days=5_000)
    assert await applied(app) == {}
    assert "order 123" in await words_of(app.journal, conversation)
    assert await app.ledger.count(clock.at) == 1
    assert await app.journal.read(RECORDS) == []


async def test_what_has_rested_for_its_days_is_erased_and_what_has_not_stays(clock: FixedClock) -> None:
    app = await demo_app(clock=clock)
    old, young = await begin(app, MAYA), await begin(app, JONAS)
    await say(app, old, "where is my order 123?")
    await keep_for(app, conversations_days=30)
    clock.at += timedelta(days=1)
    await say(app, young, "where is my order 150?")
    clock.at = NOW + timedelta(days=30)
    assert await applied(app) == {"conversations": (0, 0)}, "30 days are not more than 30 days"
    clock.at += timedelta(seconds=1)
    trial = await app.retention.apply(is_trial=True)
    assert [(one.kind, one.count, one.before) for one in trial] == [("conversations", 1, clock.at - timedelta(days=30))]
    assert "order 123" in await words_of(app.journal, old), "a trial erases nothing"
    assert await applied(app) == {"conversations": (1, 0)}
    assert await words_of(app.journal, old) == ""
    assert "order 150" in await words_of(app.journal, young)
    assert await applied(app) == {"conversations": (0, 0)}
    (event,) = await app.journal.read(RECORDS)
    assert event.data == RetentionApplied(kind="conversations", before=clock.at - timedelta(days=30), count=1)
    await whole(app.journal)
    assert len(await app.journal.read(stream_of(old))) > 5, "the events stay"


async def test_a_conversation_that_goes_on_after_it_was_erased_grows_old_again(clock: FixedClock) -> None:
    app = await demo_app(clock=clock)
    conversation = await begin(app, MAYA)
    await say(app, conversation, "where is my order 123?")
    await keep_for(app, conversations_days=1)
    clock.at += timedelta(days=2)
    assert await applied(app) == {"conversations": (1, 0)}
    await say(app, conversation, "and where is my order 118?")
    assert await applied(app) == {"conversations": (0, 0)}
    clock.at += timedelta(days=2)
    assert await applied(app) == {"conversations": (1, 0)}
    assert await words_of(app.journal, conversation) == ""


async def test_what_is_open_keeps_a_conversation(clock: FixedClock) -> None:
    app = await demo_app(clock=clock)
    unanswered, waiting = await begin(app, MAYA), await begin(app, JONAS)
    await say(app, waiting, "where is my order 150?")
    await proposes(app, waiting, "needs_approval")
    await app.chat.post(unanswered, "where is my order 123?")
    await keep_for(app, conversations_days=1)
    clock.at += timedelta(days=10)
    for is_trial in (True, False):
        (done,) = await app.retention.apply(is_trial=is_trial)
        assert done.count == 0
        (why,) = done.kept
        assert f"{waiting} waits for cancel_order (needs_approval)" in why
    assert "order 123" in await words_of(app.journal, unanswered)
    await app.chat.answer(unanswered)
    await proposes(app, waiting, "expired")
    clock.at += timedelta(days=2)
    assert await applied(app) == {"conversations": (2, 0)}


async def test_old_outreaches_and_calls_are_removed(clock: FixedClock) -> None:
    app = await demo_app(clock=clock)
    await only_crier(app)
    await happen(app, "late", "parcel_delayed", order_number="123")
    await app.ledger.record(CALL)
    await keep_for(app, outreaches_days=10, model_calls_days=3)
    clock.at += timedelta(days=9)
    await app.ledger.record(ModelCall(**{name: getattr(CALL, name) for name in CALL.__slots__} | {"at": clock.at}))
    trial = {one.kind: one.count for one in await app.retention.apply(is_trial=True)}
    assert trial == {"outreaches": 0, "model_calls": 1}
    assert await applied(app) == {"outreaches": (0, 0), "model_calls": (1, 0)}
    assert len(await app.outreach.outreaches.outbox()) == 1
    clock.at += timedelta(days=2)
    assert (await applied(app))["outreaches"] == (1, 0)
    assert list(await app.outreach.outreaches.outbox()) == []
    assert list(await app.outreach.outreaches.signals()), "what happened outside stays"
    told = [event.data for event in await app.journal.read(RECORDS)]
    assert [(one.kind, one.count) for one in told if isinstance(one, RetentionApplied)] == [
        ("model_calls", 1),
        ("outreaches", 1),
    ]


@pytest.mark.parametrize(
    "days",
    [
        {"conversations_days": 0},
        {"outreaches_days": 7},
        {"model_calls_days": -1},
        {"conversations_days": 10**6},
        {"leads_days": 5},
    ],
)
async def test_days_that_cannot_be_are_refused(days: dict[str, int]) -> None:
    app = await demo_app()
    with pytest.raises(InvalidFields, match="retention"):
        await app.team.change_settings({"retention": days})


async def test_the_worker_removes_what_is_old_beside_the_server(clock: FixedClock) -> None:
    app = await demo_app(clock=clock)
    conversation = await begin(app, MAYA)
    await say(app, conversation, "where is my order 123?")
    await keep_for(app, conversations_days=1)
    clock.at += timedelta(days=2)
    assert app.schedules.run in services_of(app).background
    async with anyio.create_task_group() as group:
        group.start_soon(app.schedules.run)
        with anyio.fail_after(10):
            while not await app.journal.read(RECORDS):
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert await words_of(app.journal, conversation) == ""
