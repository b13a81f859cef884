"""What is held of a customer, over HTTP: given out and erased by an owner, and each time journaled."""

import json

import pytest
from demo_app import JONAS, MAYA
from serving import Served, serving

from shopfloor.journal.record_events import RECORDS, CustomerErased, CustomerExported

pytestmark = pytest.mark.anyio


async def test_a_customers_data_is_given_out_and_erased() -> None:
    async with serving() as served:
        maya, jonas = await served.open(await served.token(MAYA)), await served.open(await served.token(JONAS))
        await maya.say("I wear size 9, and where is my order 123?", "m1")
        await jonas.say("where is order 150?", "m1")
        owner = await served.key("owner")
        given = await served.client.post("/v1/customers/export", json={"customer": MAYA}, headers=owner)
        assert given.status_code == 200
        assert given.headers["content-disposition"] == 'attachment; filename="customer.json"'
        held = given.json()
        assert [talk["id"] for talk in held["conversations"]] == [maya.conversation_id]
        assert JONAS not in given.text
        erased = await served.client.post("/v1/customers/erase", json={"customer": MAYA}, headers=owner)
        assert erased.status_code == 200
        told = erased.json()
        assert told["is_whole"]
        assert told["erased"]["conversations"] == told["erased"]["profile_entries"] == 1
        assert any("shop system" in kept["why"] for kept in told["kept"])
        again = await served.client.post("/v1/customers/export", json={"customer": MAYA}, headers=owner)
        assert "size 9" not in json.dumps(again.json()["conversations"])
        assert (await jonas.transcript())[0][1] == "where is order 150?"
        (key,) = [key for key in await served.app.keys.list() if key.role == "owner"]
        events = [event.data for event in await served.app.journal.read(RECORDS)]
        assert [type(event) for event in events] == [CustomerExported, CustomerErased, CustomerErased, CustomerExported]
        assert {event.staff for event in events if isinstance(event, CustomerExported | CustomerErased)} == {key.id}


async def test_a_customer_who_is_open_on_the_page_hears_that_they_were_erased() -> None:
    async with serving() as served:
        talk = await served.open(await served.token(MAYA))
        await talk.say("where is my order 123?", "m1")
        owner = await served.key("owner")
        await served.client.post("/v1/customers/erase", json={"customer": MAYA}, headers=owner)
        assert {text for _, text in await talk.transcript()} <= {""}
        assert "118" in await talk.say("and where is my order 118?", "m2")


@pytest.mark.parametrize("route", ["export", "erase"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"customer": ""}, 422),
        ({"customer": "  "}, 422),
        ({"customer": "a\nb"}, 422),
        ({"customer": "x" * 1_000}, 422),
        ({"customer": 7}, 422),
        ({"customer": MAYA, "nonsense": 1}, 422),
        ({}, 422),
        ([], 422),
    ],
)
async def test_who_is_named_by_nothing_is_a_problem(served: Served, route: str, body: object, status: int) -> None:
    refused = await served.client.post(f"/v1/customers/{route}", json=body, headers=await served.key("owner"))
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"


async def test_of_whom_nothing_is_held_there_is_nothing_to_give_out(served: Served) -> None:
    refused = await served.client.post(
        "/v1/customers/export", json={"customer": "nobody@example.com"}, headers=await served.key("owner")
    )
    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", ["support", "operator", "viewer"])
async def test_only_an_owner_says_for_how_long_what_is_kept(served: Served, role: str) -> None:
    change = {"retention": {"conversations_days": 1}}
    refused = await served.client.patch("/v1/settings", json=change, headers=await served.key(role))
    assert refused.status_code == 403
    assert (await served.app.settings.in_force()).retention.conversations_days is None


async def test_an_owner_says_for_how_long_what_is_kept() -> None:
    async with serving() as served:
        owner = await served.key("owner")
        changed = await served.client.patch(
            "/v1/settings", json={"retention": {"conversations_days": 90}}, headers=owner
        )
        assert changed.status_code == 200
        assert changed.json()["settings"]["retention"]["conversations_days"] == 90
        refused = await served.client.patch("/v1/settings", json={"retention": {"outreaches_days": 3}}, headers=owner)
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == ["retention.outreaches_days"]
