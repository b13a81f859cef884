"""What the staff did on behalf of a customer is given out, erased and grows old, and nobody else's with it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from demo_app import JONAS, MAYA, NOW, begin, demo_app, say
from privacy.people import JONAS_ID, MAYA_ID, ZOE, guest_of, order_of_a_guest, whole

from shopfloor.actions.desk import STREAM
from shopfloor.actions.store import ActionFilter, ActionRecord
from shopfloor.actions.undo import Scope
from shopfloor.agents.brand import RetentionRules
from shopfloor.app import App
from shopfloor.identity.identity import Staff
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import AgentId

pytestmark = pytest.mark.anyio

ALAN = Staff(name="Alan")
STREET = "Elm Street 12"
ADDRESS = {
    "name": "Maya L.",
    "line1": STREET,
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}


async def does(app: App, kind: str, **args: Any) -> ActionRecord:
    done = await app.staff_desk.propose(kind, args, ALAN)
    assert done.state == "executed", (done.rule, done.reason)
    return done


async def helped(app: App) -> dict[str, ActionRecord]:
    """Let the staff do something of each sort for Maya, and the like for others."""
    return {
        "address": await does(app, "change_default_address", customer_id=MAYA_ID, **ADDRESS),
        "order": await does(app, "cancel_order", order_number="141", reason="Maya rang us"),
        "profile": await does(app, "remember", customer_id=MAYA_ID, entries=[{"key": "size.shoes", "value": "9"}]),
        "cart": await does(
            app, "set_cart_line", cart_id="cart-01", conversation_id="c", customer_id=MAYA_ID, sku=SKU, quantity=1
        ),
        "ticket": await does(app, "open_ticket", email=MAYA, subject="A call", summary="She rang."),
        "lead": await does(app, "subscribe_newsletter", email=MAYA.title(), conversation_id="c"),
    }


SKU = "P115-BLACK-M"


async def helped_others(app: App) -> list[ActionRecord]:
    return [
        await does(app, "remember", customer_id=JONAS_ID, entries=[{"key": "size.shoes", "value": "11"}]),
        await does(app, "open_ticket", email=JONAS, subject="A call", summary=f"He rang, not {MAYA}."),
    ]


async def words(app: App) -> str:
    return "\n".join(entry.personal or "" for entry in await app.journal.entries(STREAM, limit=10_000))


async def kept(app: App, record: ActionRecord) -> ActionRecord:
    found = await app.actions.get(record.key)
    assert found
    return found


async def given_out(app: App, customer: str) -> list[dict[str, Any]]:
    return json.loads("".join([piece async for piece in app.customers.export(customer, staff=None)]))["actions"]


def said(record: ActionRecord) -> tuple[object, ...]:
    return (
        record.args,
        record.summary,
        record.digest,
        record.inputs,
        record.reason,
        record.result,
        record.before,
        record.after,
    )


NOTHING = ({}, "", "", {}, "", None, None, None)


async def test_what_the_staff_did_is_given_out_to_whom_it_concerns() -> None:
    app = await demo_app()
    hers, others = await helped(app), await helped_others(app)
    by_kind = {action["kind"]: action for action in await given_out(app, MAYA)}
    assert {action["key"] for action in by_kind.values()} == {record.key for record in hers.values()}
    assert by_kind["change_default_address"]["args"]["line1"] == STREET
    assert {action["key"] for action in await given_out(app, JONAS)} == {record.key for record in others}


async def test_what_the_staff_did_is_erased_with_its_customer_and_nothing_of_others() -> None:
    app = await demo_app()
    hers, others = await helped(app), await helped_others(app)
    events = await app.journal.read(STREAM)
    done = await app.customers.erase(MAYA, staff=None)
    assert done.staff_actions == len(hers) == 6
    assert done.events == sum(
        isinstance(e.data, ActionMoved) and e.data.key in {r.key for r in hers.values()} for e in events
    )
    for record in hers.values():
        now = await kept(app, record)
        assert said(now) == NOTHING
        assert (now.kind, now.state, now.resources, now.staff) == (record.kind, "executed", record.resources, "Alan")
    for record in others:
        assert await kept(app, record) == record
    left = await words(app)
    assert not [word for word in (STREET, "rang us", "She rang", SKU) if word in left]
    assert "He rang" in left
    assert len(await app.journal.read(STREAM)) > len(events), "that it was erased is an event too"
    await whole(app.journal)


async def test_what_touches_an_order_is_of_its_owner_whoever_is_named_in_it() -> None:
    app = await demo_app()
    await app.journal.append(STREAM, [moved("a", "executed", resources=("order:150",), args={"email": MAYA})])
    assert await given_out(app, MAYA) == []
    assert (await app.customers.erase(MAYA, staff=None)).staff_actions == 0
    assert (await app.customers.erase(JONAS, staff=None)).staff_actions == 1


async def test_erasing_twice_erases_what_the_staff_did_once_and_what_they_did_since() -> None:
    app = await demo_app()
    await helped(app)
    await app.customers.erase(MAYA, staff=None)
    length = len(await app.journal.read(STREAM))
    assert (await app.customers.erase(MAYA, staff=None)).staff_actions == 0
    assert len(await app.journal.read(STREAM)) == length
    await does(app, "change_default_address", customer_id=MAYA_ID, **{**ADDRESS, "line1": "Oak Street 3"})
    assert (await app.customers.erase(MAYA, staff=None)).staff_actions == 1
    assert "Oak Street" not in await words(app)
    await whole(app.journal)


async def test_what_was_undone_is_erased_with_what_undid_it() -> None:
    app = await demo_app()
    address = await does(app, "change_default_address", customer_id=MAYA_ID, **ADDRESS)
    (step,) = await app.undoing.run(Scope(key=address.key), ALAN)
    assert step.is_undone
    assert (await app.customers.erase(MAYA, staff=None)).staff_actions == 2
    assert STREET not in await words(app)


async def test_what_the_staff_did_for_a_guest_is_found_by_the_address_of_the_order() -> None:
    app = await demo_app()
    order = await order_of_a_guest(app)
    await app.journal.append(STREAM, [moved("g", "executed", resources=(f"order:{order.number}",))])
    assert (await app.customers.erase(ZOE, staff=None)).staff_actions == 0
    conversation = await guest_of(app, order.number, order.email)
    await say(app, conversation, f"where is order {order.number}?")
    assert [action["key"] for action in await given_out(app, order.email)] == ["g"]
    assert (await app.customers.erase(order.email, staff=None)).staff_actions == 1
    assert "Elm" not in await words(app)


async def test_a_guests_cart_is_theirs_whose_conversation_it_is() -> None:
    app = await demo_app()
    mine, other = await guest_of(app, "123", MAYA), await begin(app)
    for conversation in (mine, other):
        await app.journal.append(
            STREAM, [moved(conversation, "executed", resources=(f"guest_cart:guest/{conversation}",))]
        )
    assert (await app.customers.erase(MAYA, staff=None)).staff_actions == 1
    record = await app.actions.get(other)
    assert record
    assert record.summary


def moved(key: str, state: ActionState, **changes: Any) -> ActionMoved:
    values: dict[str, Any] = {
        "agent": AgentId("staff"),
        "agent_name": "Alan",
        "staff": "Alan",
        "is_for_shop": True,
        "kind": "cancel_order",
        "digest": "d",
        "args": {"street": STREET},
        "summary": STREET,
        "resources": ("order:123",),
    }
    return ActionMoved(key=key, state=state, **(values | changes))


@pytest.mark.parametrize("state", ["confirmed", "outcome_unknown"])
async def test_what_nobody_knows_the_outcome_of_is_kept_and_named(state: ActionState) -> None:
    app = await demo_app()
    await app.journal.append(STREAM, [moved("a", state)])
    done = await app.customers.erase(MAYA, staff=None)
    assert (done.is_whole, done.staff_actions) == (False, 0)
    (why,) = [one.why for one in done.kept if one.what.startswith("act_")]
    assert f"cancel_order of the staff is {state.replace('_', ' ')}" in why
    assert STREET in await words(app)
    assert (await app.customers.erase(MAYA, staff=None, even_open=True)).is_whole
    assert STREET not in await words(app)
    await whole(app.journal)


async def test_what_the_staff_did_grows_old_by_a_setting_of_its_own() -> None:
    clock = FixedClock(NOW)
    app = await demo_app(clock=clock)
    await app.journal.append(
        STREAM, [moved("old", "executed"), moved("open", "outcome_unknown", resources=("order:7",))]
    )
    await app.journal.append(STREAM, [moved("going on", "proposed")])
    clock.at += timedelta(days=10)
    await app.journal.append(STREAM, [moved("going on", "executed"), moved("young", "executed", resources=())])
    await keep_for(app, conversations_days=1)
    await app.retention.apply()
    assert (await words(app)).count(f'"summary":"{STREET}"') == 5, "its own setting, and no other"
    await keep_for(app, staff_actions_days=5)
    (trial,) = await app.retention.apply(is_trial=True)
    assert (trial.kind, trial.count, len(trial.kept)) == ("staff_actions", 1, 1)
    assert (await words(app)).count(f'"summary":"{STREET}"') == 5
    (done,) = await app.retention.apply()
    assert (done.kind, done.count, len(done.kept)) == ("staff_actions", 1, 1)
    assert {record.key for record in await app.actions.find(ActionFilter(stream=STREAM)) if record.summary == ""} == {
        "old"
    }
    assert [one.count for one in await app.retention.apply()] == [0]
    await whole(app.journal)


async def keep_for(app: App, **days: int) -> None:
    brand = await app.settings.in_force()
    await app.settings.put(brand.model_copy(update={"retention": RetentionRules(**days)}))
