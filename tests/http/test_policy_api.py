"""The policy over HTTP: shown, replaced by an owner, tried on what was done, brought back; and it holds at once."""

import pytest
from demo_app import MAYA
from serving import Served, serving

pytestmark = pytest.mark.anyio

WHEN = "amount > 100 and facts.order_total == amount"
RULE = {
    "id": "cancel.dear",
    "kinds": ["cancel_order"],
    "when": WHEN,
    "then": "refuse",
    "says": "Above {amount} I do not.",
}


async def cancelled(served: Served) -> str:
    """Let Maya cancel her order, and return what she is told."""
    talk = await served.open(await served.token(MAYA))
    await talk.say("cancel order 141, I ordered it by mistake", "m1")
    return await talk.say("yes", "m2")


async def test_a_new_policy_holds_for_the_next_action() -> None:
    async with serving() as served:
        owner = await served.key("owner")
        assert (await served.client.put("/v1/policy", json={"rules": [RULE]}, headers=owner)).json()["version"] == 2
        talk = await served.open(await served.token(MAYA))
        assert "Above $119.71 I do not." in await talk.say("cancel order 141, I ordered it by mistake", "m1")


async def test_a_policy_is_exported_replaced_and_brought_back() -> None:
    async with serving() as served:
        owner, viewer = await served.key("owner"), await served.key("viewer")
        first = (await served.client.get("/v1/policy", headers=viewer)).json()
        exported = await served.client.get("/v1/policy?format=yaml", headers=viewer)
        yaml = owner | {"Content-Type": "application/yaml"}
        same = await served.client.put("/v1/policy", content=exported.content, headers=yaml)
        assert same.json() == first
        assert (await served.client.put("/v1/policy", json={}, headers=owner)).json()["version"] == 2
        versions = (await served.client.get("/v1/policy/versions", headers=viewer)).json()["versions"]
        assert [(one["version"], one["is_shipped"]) for one in versions] == [(2, False), (1, True)]
        assert (await served.client.get("/v1/policy/versions/1", headers=viewer)).json() == first
        back = await served.client.post("/v1/policy/versions/1/restore", headers=owner)
        assert (back.json()["version"], back.json()["policy"]) == (3, first["policy"])
        assert (await served.client.get("/v1/policy/versions/9", headers=viewer)).status_code == 404


async def test_only_an_owner_changes_what_needs_nobodys_approval() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        for path, method in (("/v1/policy", "PUT"), ("/v1/policy/versions/1/restore", "POST")):
            refused = await served.client.request(method, path, json={}, headers=operator)
            assert (refused.status_code, "owner" in refused.json()["detail"]) == (403, True)
        viewer = await served.key("viewer")
        assert (await served.client.post("/v1/policy/test", json={}, headers=viewer)).status_code == 403


async def test_a_wrong_policy_is_refused_by_field_and_a_late_one_as_a_conflict() -> None:
    async with serving() as served:
        owner = await served.key("owner")
        wrong = {"rules": [RULE | {"when": "amout > 1"}], "agents": {"nobody": {}}}
        for path, method in (("/v1/policy", "PUT"), ("/v1/policy/test", "POST")):
            refused = await served.client.request(method, path, json=wrong, headers=owner)
            assert refused.status_code == 422
            assert {error["field"] for error in refused.json()["errors"]} == {"rules.0.when", "agents.nobody"}
        assert (await served.client.put("/v1/policy", json=[1], headers=owner)).status_code == 422
        path = "/v1/policy?if_version=1"
        assert (await served.client.put(path, json={}, headers=owner)).status_code == 200
        assert (await served.client.put(path, json={"rules": [RULE]}, headers=owner)).status_code == 409


async def test_a_policy_is_tried_on_what_was_done() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        assert "is cancelled" in await cancelled(served)
        current = (await served.client.get("/v1/policy", headers=operator)).json()["policy"]
        same = (await served.client.post("/v1/policy/test", json=current, headers=operator)).json()
        assert (same["judged"], same["changed"]) == (1, [])
        other = await served.client.post("/v1/policy/test?days=2", json={"rules": [RULE]}, headers=operator)
        (changed,) = other.json()["changed"]
        assert (changed["kind"], changed["new"]["verdict"], changed["new"]["rule"]) == (
            "cancel_order",
            "refuse",
            "cancel.dear",
        )
        assert (await served.client.get("/v1/policy", headers=operator)).json()["version"] == 1
