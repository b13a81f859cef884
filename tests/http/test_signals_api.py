"""Signals over HTTP: from the merchant's system to the customer's open page, and to the outbox."""

import json

import pytest
from demo_app import MAYA
from demo_outreach import HOODIE, crier_app, wait_for
from serving import Reader, Served, read, serving

pytestmark = pytest.mark.anyio
BACK = {"id": "s1", "kind": "stock_returned", "data": {"sku": HOODIE}}


async def test_who_waits_for_a_hoodie_reads_of_it_on_the_page_as_it_returns() -> None:
    async with serving(app=await crier_app()) as served:
        talk = await served.open(await served.token(MAYA))
        await wait_for(served.app, MAYA, talk.conversation_id, customer="c-001")
        operator = await served.key("operator")
        for count in range(5):
            taken = await served.client.post("/v1/events", json=BACK, headers=operator)
            assert (taken.status_code, taken.json()) == (202, {"id": "s1", "is_new": count == 0})
        reader = Reader()
        await read(talk, reader, lambda r: r.is_idle)
        assert [text for _, text in reader.transcript()] == [f"{HOODIE} is back."]
        made = await served.app.outreach.seen_to("s1", timeout_s=10)
        assert [outreach.state for outreach in made or ()] == ["sent"]
        shown = await served.client.get("/v1/outbox", headers=await served.key("support"))
        (message,) = shown.json()["messages"]
        assert message["email"] == MAYA
        assert message["text"] == f"{HOODIE} is back."
        assert message["conversation_id"] == talk.conversation_id
        assert (message["not_before"], message["sent_at"]) == (None, None)


async def test_another_signal_under_a_known_id_is_a_conflict(served: Served) -> None:
    operator = await served.key("operator")
    await served.client.post("/v1/events", json=BACK, headers=operator)
    refused = await served.client.post("/v1/events", json={**BACK, "data": {"sku": "P115-BLACK-XS"}}, headers=operator)
    assert refused.status_code == 409
    assert "use a new id" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": " "}, "id"),
        ({"id": 7}, "id"),
        ({"kind": "moon_landing"}, "kind"),
        ({"kind": "action_settled", "data": {"action_key": "k", "state": "executed"}}, "kind"),
        ({"id": "action:0123"}, "id"),
        ({"data": {}}, "data.sku"),
        ({"data": {"sku": "\x00"}}, "data.sku"),
        ({"data": {"sku": "\ud800"}}, "data.sku"),
        ({"data": {"sku": HOODIE, "more": 1}}, "data.more"),
        ({"data": []}, "data"),
        ({"at": "tomorrow"}, "at"),
        ({"at": "2099-01-01T00:00:00Z"}, "at"),
        ({"at": "2026-11-21T15:00:00"}, "at"),
        ({"more": 1}, "more"),
    ],
)
async def test_a_bad_signal_is_refused_with_the_field_named(served: Served, changes: dict, field: str) -> None:
    headers = {**await served.key("operator"), "Content-Type": "application/json"}
    body = json.dumps({**BACK, **changes})  # half a surrogate pair can only be sent escaped
    refused = await served.client.post("/v1/events", content=body, headers=headers)
    assert refused.status_code == 422, refused.text
    assert field in [error["field"] for error in refused.json()["errors"]]


async def test_signals_take_an_operator_and_the_outbox_takes_support(served: Served) -> None:
    statuses = {
        role: (
            (await served.client.post("/v1/events", json={**BACK, "id": role}, headers=headers)).status_code,
            (await served.client.get("/v1/outbox", headers=headers)).status_code,
        )
        for role, headers in [(one, await served.key(one)) for one in ("viewer", "support", "operator", "owner")]
    }
    assert statuses == {"viewer": (403, 403), "support": (403, 200), "operator": (202, 200), "owner": (202, 200)}
    assert (await served.client.post("/v1/events", json=BACK)).status_code == 401
    assert (await served.client.get("/v1/outbox")).status_code == 401
