"""Undoing over HTTP: by an action, a conversation, a turn, or an agent since a time."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from actions.till import NOW
from deciding import CONVERSATION, Counter, counter
from demo_app import MAYA, demo_app
from serving import serving

from shopfloor.actions.naming import action_id
from shopfloor.actions.proposal import Origin
from shopfloor.kernel.ids import AgentId, CustomerId, TurnId

pytestmark = pytest.mark.anyio
BOY = Origin(agent=AgentId("boy"), agent_name="Boy", turn_id=TurnId("turn_2"), task_id="t1")


@pytest.fixture
async def till() -> AsyncGenerator[Counter]:
    """A counter at which two loans were given by a clerk, one by a boy, and one payment was made for good."""
    async with counter() as opened:
        await opened.lent("a", "1", 100)
        opened.desk.clock.at += timedelta(seconds=1)
        await opened.desk.submit({"order": "2", "minor": 30}, kind="lend", key="b", origin=BOY)
        opened.desk.clock.at += timedelta(seconds=1)
        await opened.lent("c", "2", 7)
        await opened.desk.submit({"order": "1", "minor": 5}, key="d")
        opened.desk.clock.at += timedelta(seconds=1)
        yield opened


async def undo(till: Counter, scope: dict[str, Any], path: str = "") -> dict[str, Any]:
    done = await till.call("POST", f"/v1/undo{path}", json=scope)
    assert done.status_code == 200, done.text
    return done.json()


def told(shown: dict[str, Any], name: str) -> list[tuple[str, bool, str | None]]:
    return [(step["action"]["key"], step[name], step["rule"]) for step in shown["steps"]]


@pytest.mark.parametrize(
    ("scope", "steps"),
    [
        ({"action": action_id("c")}, [("c", True, None)]),
        ({"action": "c"}, [("c", True, None)]),
        ({"action": action_id("d")}, [("d", False, "undo.irreversible")]),
        ({"turn": "turn_2"}, [("b", False, "undo.changed")]),
        ({"agent": "boy", "since": NOW.isoformat()}, [("b", False, "undo.changed")]),
        ({"agent": "boy", "since": (NOW + timedelta(seconds=2)).isoformat()}, []),
        (
            {"conversation": CONVERSATION, "since": "2026-05-04T14:00:01+02:00"},
            [("d", False, "undo.irreversible"), ("c", True, None), ("b", True, None)],
        ),
    ],
)
async def test_what_is_shown_first_is_what_is_done(
    till: Counter, scope: dict[str, Any], steps: list[tuple[str, bool, str | None]]
) -> None:
    before = dict(till.desk.till.out)
    shown = await undo(till, scope, "/preview")
    assert told(shown, "is_undoable") == steps
    assert shown["is_all_undoable"] is all(is_undoable for _, is_undoable, _ in steps)
    assert till.desk.till.out == before
    done = await undo(till, {**scope, "digest": shown["digest"]})
    assert told(done, "is_undone") == steps
    assert done["is_all_undone"] is shown["is_all_undoable"]
    undone = {key: minor for key, minor in {"a": 100, "b": 30, "c": 7}.items() if (key, True, None) in steps}
    assert sum(till.desk.till.out.values()) == sum(before.values()) - sum(undone.values())


async def test_what_stays_says_why(till: Counter) -> None:
    [step] = (await undo(till, {"action": "d"}, "/preview"))["steps"]
    assert (step["kind"], step["summary"], step["reason"]) == (None, "", "Nothing undoes this.")
    await undo(till, {"action": "c"})
    done = await undo(till, {"action": "c"})
    assert told(done, "is_undone") == [("c", False, "undo.already")]
    till.desk.till.out["1"] += 1  # by somebody who passed no gate
    done = await undo(till, {"action": "a"})
    assert told(done, "is_undone") == [("a", False, "undo.changed")]


async def test_what_has_changed_since_it_was_shown_is_not_undone(till: Counter) -> None:
    scope = {"conversation": CONVERSATION}
    shown = await undo(till, scope, "/preview")
    await till.lent("e", "1", 1)
    before = dict(till.desk.till.out)
    refused = await till.call("POST", "/v1/undo", json={**scope, "digest": shown["digest"]})
    assert (refused.status_code, "look at it again" in refused.json()["detail"]) == (409, True)
    assert till.desk.till.out == before


async def test_an_undo_is_journaled_under_the_name_of_who_did_it(till: Counter) -> None:
    await undo(till, {"action": "c"})
    shown = (await till.call("GET", f"/v1/actions/{action_id('c')}", "support")).json()
    by = (await till.call("GET", f"/v1/actions/{shown['undone_by']}", "support")).json()
    assert (by["staff"], by["undoes"], by["conversation_id"]) == ("the operator", shown["id"], CONVERSATION)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["action", "agent", "conversation", "turn"]),
        ({"action": "c", "turn": "turn_1"}, ["action", "turn"]),
        ({"agent": "boy"}, ["since"]),
        ({"action": "c", "since": NOW.isoformat()}, ["since"]),
        ({"turn": "turn_1", "since": "2h"}, ["since"]),
        ({"turn": ""}, ["turn"]),
        ({"turn": "turn_1", "all": True}, ["all"]),
    ],
)
async def test_a_wrong_scope_names_its_fields(till: Counter, body: dict[str, Any], fields: list[str]) -> None:
    for path in ("/v1/undo", "/v1/undo/preview"):
        refused = await till.call("POST", path, json=body)
        assert refused.status_code == 422, refused.text
        assert sorted({error["field"] for error in refused.json()["errors"]}) == fields


@pytest.mark.parametrize("scope", [{"action": "act_000000000000"}, {"action": "x"}, {"conversation": "x"}])
async def test_what_is_not_there_is_not_found(till: Counter, scope: dict[str, str]) -> None:
    for path in ("/v1/undo", "/v1/undo/preview"):
        assert (await till.call("POST", path, json=scope)).status_code == 404


async def test_all_that_a_conversation_did_in_the_shop_is_undone() -> None:
    app = await demo_app()
    async with serving(app=app) as served:
        talk = await served.open(await served.token(MAYA))
        before = await app.shop.carts.carts_of(CustomerId("c-001"))
        await talk.say("add the Speedster Red Edition in size 9 to my cart", "1")
        [after] = await app.shop.carts.carts_of(CustomerId("c-001"))
        assert after.lines
        operator = await served.key("operator")
        scope = {"conversation": talk.conversation_id}
        shown = await served.client.post("/v1/undo/preview", json=scope, headers=operator)
        assert shown.json()["is_all_undoable"], shown.text
        done = await served.client.post("/v1/undo", json=scope, headers=operator)
        assert done.json()["is_all_undone"], done.text
        carts = await app.shop.carts.carts_of(CustomerId("c-001"))
        assert [cart.lines for cart in carts if cart.lines] == [cart.lines for cart in before if cart.lines]
