"""Actions over HTTP: listed, shown, proposed."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from actions.till import NOW
from deciding import CONVERSATION, Counter, counter

from shopfloor.actions.naming import action_id
from shopfloor.kernel.errors import Refused

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
async def till() -> AsyncGenerator[Counter]:
    """A counter at which three loans were given, one of them undone, and two payments wait."""
    async with counter() as opened:
        for number in range(3):
            await opened.lent(f"conv/1 ?#%/{number}", "1", 10 + number)
            opened.desk.clock.at += SECOND
        await opened.call("POST", "/v1/undo", json={"action": action_id("conv/1 ?#%/2")})
        await opened.waiting("w1")
        opened.desk.clock.at += SECOND
        await opened.waiting("w2", {"order": "2", "minor": 800})
        yield opened


async def keys(till: Counter, **params: Any) -> list[str]:
    found = await till.call("GET", "/v1/actions", "support", params=params)
    assert found.status_code == 200, found.text
    return [action["key"] for action in found.json()["actions"]]


async def test_actions_are_listed_newest_first_in_pages(till: Counter) -> None:
    everything = await keys(till)
    assert everything == ["w2", "w1", "undo/conv/1 ?#%/2", "conv/1 ?#%/2", "conv/1 ?#%/1", "conv/1 ?#%/0"]
    pages: list[str] = []
    after: str | None = None
    while True:
        params = {"limit": 2} | ({"after": after} if after else {})
        page = (await till.call("GET", "/v1/actions", "support", params=params)).json()
        pages += [action["key"] for action in page["actions"]]
        if (after := page["next"]) is None:
            break
        assert len(page["actions"]) == 2
    assert pages == everything


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"state": "needs_approval"}, ["w2", "w1"]),
        ({"state": ["needs_approval", "executed"], "resource": "order:2"}, ["w2"]),
        ({"kind": "pay", "conversation": CONVERSATION}, ["w2", "w1", "undo/conv/1 ?#%/2"]),
        ({"kind": "lend", "since": (NOW + SECOND).isoformat()}, ["conv/1 ?#%/2", "conv/1 ?#%/1"]),
        ({"until": "2026-05-04T14:00:01+02:00"}, ["conv/1 ?#%/0"]),
        ({"agent": "staff"}, ["undo/conv/1 ?#%/2"]),
        ({"customer": "ada", "turn": "turn_1", "kind": "pay"}, ["w2", "w1"]),
        ({"conversation": "other"}, []),
        ({"customer": ""}, []),
    ],
)
async def test_actions_are_found_by_what_they_are(till: Counter, params: dict[str, Any], found: list[str]) -> None:
    assert await keys(till, **params) == found


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"state": "odd"}, "state.0"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-05-04T12:00:00"}, "since"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "until"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "until"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"after": "act_000000000000"}, "after"),
        ({"after": "w1"}, "after"),
        ({"staet": "executed"}, "staet"),
        ({"kind": "x" * 400}, "kind"),
    ],
)
async def test_a_wrong_filter_is_named(till: Counter, params: dict[str, Any], field: str) -> None:
    refused = await till.call("GET", "/v1/actions", "support", params=params)
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]


async def test_an_action_is_shown_with_all_that_is_known_of_it(till: Counter) -> None:
    shown = (await till.call("GET", f"/v1/actions/{action_id('conv/1 ?#%/2')}", "support")).json()
    assert (shown["key"], shown["kind"], shown["state"]) == ("conv/1 ?#%/2", "lend", "executed")
    assert shown["amount"] == {"currency": "USD", "minor": 12, "text": "$0.12"}
    assert (shown["args"], shown["inputs"], shown["policy"]) == (
        {"order": "1", "minor": 12, "note": ""},
        {"principal": "customer", "facts": {"note": ""}},
        1,
    )
    assert (shown["before"], shown["after"], shown["result"]) == (21, 33, {"paid": 12})
    assert (shown["conversation_id"], shown["turn_id"], shown["customer_id"]) == (CONVERSATION, "turn_1", "ada")
    assert shown["undone_by"] == action_id("undo/conv/1 ?#%/2")
    assert shown["undo"] == {
        "is_undoable": False,
        "kind": None,
        "summary": "",
        "rule": "undo.already",
        "reason": "It was undone before.",
    }
    assert [step["state"] for step in shown["steps"]] == ["confirmed", "executed"]
    assert [step["at"] for step in shown["steps"]] == ["2026-05-04T12:00:02Z"] * 2
    undoing = (await till.call("GET", f"/v1/actions/{shown['undone_by']}", "support")).json()
    assert (undoing["undoes"], undoing["staff"], undoing["is_for_shop"]) == (shown["id"], "the operator", True)


async def test_an_action_that_is_not_there_is_not_found(till: Counter) -> None:
    for name in (
        "act_000000000000",
        "act_",
        "act_0000",
        "w1",
        "conv%2F1",
        action_id("w1")[:-1],
        action_id("w1").upper(),
    ):
        assert (await till.call("GET", f"/v1/actions/{name}", "support")).status_code == 404, name


# -- proposing -------------------------------------------------------------------------------------------------------


async def test_staff_propose_an_action_once_under_their_own_id() -> None:
    async with counter() as till:
        body = {"kind": "pay", "args": {"order": "2", "minor": 700}}
        answers = [
            await till.call("POST", "/v1/actions", json=body, headers={"Idempotency-Key": "my/1"}) for _ in range(3)
        ]
        assert {answer.status_code for answer in answers} == {201}
        shown = answers[0].json()
        assert (shown["key"], shown["state"], shown["staff"]) == ("staff/my/1", "executed", "the operator")
        assert (shown["is_for_shop"], shown["agent"], shown["conversation_id"]) == (True, "staff", None)
        assert all(answer.json() == shown for answer in answers)
        assert till.desk.till.paid == {"staff/my/1": 700}, "whatever a customer's limit is"
        assert answers[0].headers["location"] == f"/v1/actions/{shown['id']}"
        assert [event.data.state for event in await till.desk.journal.read("staff")] == ["confirmed", "executed"]
        other = {**body, "args": {"order": "2", "minor": 1}}
        refused = await till.call("POST", "/v1/actions", json=other, headers={"Idempotency-Key": "my/1"})
        assert (refused.status_code, "use a new key" in refused.json()["detail"]) == (409, True)
        free = [await till.call("POST", "/v1/actions", json=body) for _ in range(2)]
        assert len({answer.json()["key"] for answer in free}) == 2


async def test_what_the_rules_forbid_is_refused_to_staff_too_and_recorded() -> None:
    async with counter() as till:
        till.desk.till.shut = Refused("order.shipped", "It has left.")
        refused = await till.call("POST", "/v1/actions", json={"kind": "pay", "args": {"order": "1"}})
        assert refused.status_code == 201
        shown = refused.json()
        assert (shown["state"], shown["rule"], shown["reason"]) == (
            "refused",
            "order.shipped",
            "It has left.",
        )
        assert till.desk.till.paid == {}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"kind": "steal"}, ["kind"]),
        ({"args": {}}, ["args.order"]),
        ({"args": {"order": 1, "minor": "much"}}, ["args.minor", "args.order"]),
        ({"args": {"order": "1", "customer_id": "bob"}}, ["args.customer_id"]),
        ({"args": []}, ["args"]),
        ({"more": 1}, ["more"]),
    ],
)
async def test_a_wrong_proposal_names_its_fields(till: Counter, changes: dict[str, Any], fields: list[str]) -> None:
    body = {"kind": "pay", "args": {"order": "1"}, **changes}
    refused = await till.call("POST", "/v1/actions", json=body)
    assert refused.status_code == 422, refused.text
    assert sorted(error["field"] for error in refused.json()["errors"]) == fields


async def test_kinds_are_listed_with_their_arguments(till: Counter) -> None:
    kinds = (await till.call("GET", "/v1/action-kinds", "support")).json()["kinds"]
    assert [kind["name"] for kind in kinds] == ["pay", "lend"]
    assert kinds[0]["args"]["required"] == ["order"]
    assert [(kind["is_reversible"], kind["undone_by"]) for kind in kinds] == [(False, None), (True, "pay")]
