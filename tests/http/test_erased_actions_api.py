"""What of actions is left for the staff to read once their customer is erased: that they were done, and no word."""

import json

import pytest
from demo_app import MAYA
from serving import Served

pytestmark = pytest.mark.anyio

STREET = "Elm Street 12"
ADDRESS = {
    "name": "M. Rivers",
    "line1": STREET,
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}
SAID = (STREET, "M. Rivers", "97201", MAYA, "shoe size", "rang us")
NOTHING = {
    "summary": "",
    "reason": "",
    "args": {},
    "inputs": {},
    "result": None,
    "before": None,
    "after": None,
}


async def test_of_an_erased_customers_actions_no_word_is_left_to_read(served: Served) -> None:
    owner, support = await served.key("owner"), await served.key("support")
    customer = await served.app.shop.customers.find_customer(MAYA)
    assert customer
    talk = await served.open(await served.token(MAYA))
    await talk.say("I wear size 9", "m1")
    await talk.say("cancel order 141", "m2")
    await talk.say("no", "m3")
    for kind, args in (
        ("change_default_address", {"customer_id": customer.id, **ADDRESS}),
        ("cancel_order", {"order_number": "141", "reason": "She rang us."}),
        ("cancel_order", {"order_number": "107", "reason": "She rang us."}),
        ("subscribe_newsletter", {"email": MAYA, "conversation_id": "none"}),
    ):
        made = await served.client.post("/v1/actions", json={"kind": kind, "args": args}, headers=owner)
        assert made.status_code == 201, made.text

    async def read() -> list[str]:
        listed = (await served.client.get("/v1/actions", headers=support)).json()
        paths = [f"/v1/actions/{action['id']}" for action in listed["actions"]]
        return [json.dumps(listed), *[(await served.client.get(path, headers=support)).text for path in paths]]

    before = await read()
    assert len(before) == 7
    assert all(any(word in text for text in before) for word in SAID)
    erased = await served.client.post("/v1/customers/erase", json={"customer": MAYA}, headers=owner)
    assert (erased.status_code, erased.json()["erased"]["staff_actions"]) == (200, 4)
    after = await read()
    assert len(after) == len(before)
    assert not [word for word in SAID for text in after if word in text]
    for text in after[1:]:
        shown = json.loads(text)
        assert {name: shown[name] for name in NOTHING} == NOTHING
        assert {step["reason"] for step in shown["steps"]} == {""}
        assert shown["undo"]["is_undoable"] is False
        assert shown["undo"]["summary"] == ""
    events = await served.client.get("/v1/audit/events?type=ACTION&personal=true", headers=owner)
    assert {event["personal"] for event in events.json()["events"]} == {None}
    whole = (await served.client.get("/v1/audit/verify", headers=owner)).json()
    assert (whole["broken"], whole["differing"], whole["actions"]) == ([], [], 6)
