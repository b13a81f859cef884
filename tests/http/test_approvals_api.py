"""The merchant's decisions over HTTP."""

import json
from datetime import timedelta
from itertools import count

import anyio
import pytest
from deciding import Counter, counter
from demo_app import JONAS, demo_app
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import serving

from shopfloor.kernel.ids import OrderNumber

pytestmark = pytest.mark.anyio


async def test_what_waits_is_listed_with_its_risk() -> None:
    async with counter() as till:
        name = await till.waiting()
        [shown] = (await till.call("GET", "/v1/approvals", "support")).json()["approvals"]
        assert (shown["id"], shown["kind"], shown["summary"]) == (name, "pay", "Pay 900 for 1.")
        assert (shown["amount"]["text"], shown["rule"], shown["args"]["minor"]) == (
            "$9.00",
            "approval.irreversible",
            900,
        )
        assert (shown["is_reversible"], shown["undo_within_s"]) == (False, None)
        assert shown["expires_at"] == "2026-05-05T12:00:00Z"


async def test_an_approved_action_is_done_and_a_second_decision_is_told_who_was_first() -> None:
    async with counter() as till:
        name = await till.waiting()
        done = await till.call("POST", f"/v1/approvals/{name}/approve")
        assert (done.status_code, done.json()["state"], done.json()["staff"]) == (200, "executed", "the operator")
        assert till.desk.till.paid == {"k": 900}
        for path, body in (
            (f"/v1/approvals/{name}/approve", None),
            (f"/v1/approvals/{name}/reject", {"reason": "No."}),
        ):
            late = await till.call("POST", path, "owner", json=body)
            assert (late.status_code, late.headers["content-type"]) == (409, "application/problem+json")
            assert late.json()["detail"] == "the operator has approved this action already"
        assert (await till.call("GET", "/v1/approvals", "support")).json() == {"approvals": [], "next": None}


async def test_an_action_is_edited_and_approved_in_one_go() -> None:
    async with counter() as till:
        name = await till.waiting()
        for args, field in (({"minor": "much"}, "args.minor"), ({"order": "2"}, "args"), ({"whom": "me"}, "args.whom")):
            wrong = await till.call("POST", f"/v1/approvals/{name}/approve", json={"args": args})
            assert wrong.status_code == 422, wrong.text
            assert [error["field"] for error in wrong.json()["errors"]] == [field]
        done = await till.call("POST", f"/v1/approvals/{name}/approve", json={"args": {"minor": 700}})
        assert (done.json()["state"], done.json()["args"]["minor"], till.desk.till.paid) == (
            "executed",
            700,
            {"k": 700},
        )
        edited = {step["state"]: step["edited"] for step in done.json()["steps"]}
        assert (edited["approved"], edited["needs_approval"], edited["executed"]) == ({"minor": 700}, {}, {})


async def test_a_rejection_takes_a_reason_and_nothing_is_done() -> None:
    async with counter() as till:
        name = await till.waiting()
        for body in ({}, {"reason": ""}, {"reason": " \n"}, {"reason": "x" * 501}, {"reason": 7}):
            wrong = await till.call("POST", f"/v1/approvals/{name}/reject", json=body)
            assert wrong.status_code == 422
            assert [error["field"] for error in wrong.json()["errors"]] == ["reason"]
        done = await till.call("POST", f"/v1/approvals/{name}/reject", json={"reason": " It was paid before. "})
        assert (done.json()["state"], done.json()["reason"]) == ("rejected", "It was paid before.")
        assert till.desk.till.paid == {}


async def test_what_nobody_decided_on_in_time_cannot_be_decided_on() -> None:
    async with counter() as till:
        name = await till.waiting()
        till.desk.clock.at += timedelta(hours=24)
        for _ in range(2):
            late = await till.call("POST", f"/v1/approvals/{name}/approve")
            assert (late.status_code, "expired" in late.json()["detail"]) == (409, True)
            await till.desk.approvals.settle()
        shown = (await till.call("GET", f"/v1/actions/{name}", "support")).json()
        assert ([step["state"] for step in shown["steps"]], shown["staff"]) == (["needs_approval", "expired"], "nobody")


async def test_pages_of_what_waits_follow_each_other() -> None:
    async with counter() as till:
        till.desk.own = {f"order:{number}" for number in range(5)}
        for number in range(5):
            await till.waiting(f"k{number}", {"order": str(number), "minor": 900})
            till.desk.clock.at += timedelta(seconds=1)
        first = (await till.call("GET", "/v1/approvals", "support", params={"limit": 3})).json()
        rest = (await till.call("GET", "/v1/approvals", "support", params={"after": first["next"]})).json()
        assert [one["key"] for one in first["approvals"] + rest["approvals"]] == ["k4", "k3", "k2", "k1", "k0"]
        assert rest["next"] is None


LARGE_ORDER = OrderNumber("150")
"""Nothing of it was sent, and it is over the limit."""
RACES = count()
DECISIONS = st.lists(st.sampled_from(["approve", "reject", "edit"]), min_size=2, max_size=6)


@given(decisions=DECISIONS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_of_people_who_decide_at_once_one_wins_and_the_others_are_told_who(
    two: Counter, decisions: list[str]
) -> None:
    key = f"race{next(RACES)}"
    two.desk.own.add(f"order:{key}")
    name = await two.waiting(key, {"order": key, "minor": 900})
    answers: dict[int, tuple[int, dict]] = {}

    async def decide(person: int, decision: str) -> None:
        verb = "reject" if decision == "reject" else "approve"
        body = {"reject": {"reason": "No."}, "edit": {"args": {"minor": 600 + person}}, "approve": {}}[decision]
        headers = await _person(two, person)
        answer = await two.served.client.post(f"/v1/approvals/{name}/{verb}", json=body, headers=headers)
        answers[person] = (answer.status_code, answer.json())

    async with anyio.create_task_group() as tasks:
        for person, decision in enumerate(decisions):
            tasks.start_soon(decide, person, decision)
    [winner] = [person for person, (status, _) in answers.items() if status == 200]
    lost = [told["detail"] for person, (_, told) in answers.items() if person != winner]
    did = "rejected" if decisions[winner] == "reject" else "approved"
    assert lost == [f"person {winner} has {did} this action already"] * (len(decisions) - 1)
    paid = {"reject": None, "edit": 600 + winner, "approve": 900}[decisions[winner]]
    assert two.desk.till.paid.get(key) == paid


async def _person(two: Counter, number: int) -> dict[str, str]:
    if f"person {number}" not in two.heads:
        _, secret = await two.served.app.keys.create(f"person {number}", "operator")
        two.heads[f"person {number}"] = {"Authorization": f"Bearer {secret}"}
    return two.heads[f"person {number}"]


@pytest.fixture
async def two():
    async with counter() as opened:
        yield opened


async def test_a_page_that_follows_sees_what_waits_come_and_go() -> None:
    async with counter(poll_s=0.02, heartbeat_s=0.05) as till:
        headers = await till.served.key("support")
        seen: list[list[str]] = []
        with anyio.fail_after(20):
            async with till.served.client.stream("GET", "/v1/approvals/stream", headers=headers) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                beats = 0
                async for line in response.aiter_lines():
                    beats += line.startswith(": still here")
                    if not line.startswith("data: "):
                        continue
                    seen.append([one["key"] for one in json.loads(line.removeprefix("data: "))["approvals"]])
                    match len(seen):
                        case 1:
                            name = await till.waiting()
                        case 2:
                            await till.call("POST", f"/v1/approvals/{name}/reject", json={"reason": "No."})
                        case _:
                            break
        assert seen == [[], ["k"], []]


async def test_one_key_holds_only_so_many_streams() -> None:
    async with counter(streams_per_key=1) as till:
        headers = await till.served.key("support")
        async with till.served.client.stream("GET", "/v1/approvals/stream", headers=headers):
            second = await till.served.client.get("/v1/approvals/stream", headers=headers)
            assert second.status_code == 429


async def test_a_cancellation_over_the_limit_waits_and_happens_when_it_is_approved() -> None:
    app = await demo_app()
    async with serving(app=app) as served:
        talk = await served.open(await served.token(JONAS))
        await talk.say("please cancel order 150", "1")
        await talk.say("yes", "2")
        support, operator = await served.key("support"), await served.key("operator")
        [waiting] = (await served.client.get("/v1/approvals", headers=support)).json()["approvals"]
        assert (waiting["kind"], waiting["customer_id"]) == ("cancel_order", "c-002")
        assert (waiting["conversation_id"], waiting["is_reversible"]) == (talk.conversation_id, False)
        assert (await app.shop.orders.get_order(LARGE_ORDER)).state != "cancelled"
        done = await served.client.post(f"/v1/approvals/{waiting['id']}/approve", headers=operator)
        assert done.json()["state"] == "executed", done.text
        assert (await app.shop.orders.get_order(LARGE_ORDER)).state == "cancelled"
