"""API keys over HTTP."""

import pytest
from serving import Served

pytestmark = pytest.mark.anyio


async def test_an_owner_makes_lists_and_revokes_keys(served: Served) -> None:
    owner = await served.key("owner")
    made = await served.client.post("/v1/keys", json={"name": "till", "role": "support"}, headers=owner)
    assert made.status_code == 201
    secret = {"Authorization": f"Bearer {made.json()['key']}"}
    listed = await served.client.get("/v1/keys", headers=owner)
    assert made.json()["key"] not in listed.text
    (shown,) = [key for key in listed.json()["keys"] if key["id"] == made.json()["id"]]
    assert (shown["name"], shown["role"], shown["last_used_at"]) == ("till", "support", None)
    assert (await served.client.get("/v1/keys", headers=secret)).status_code == 403
    assert (await served.client.delete(f"/v1/keys/{shown['id']}", headers=owner)).status_code == 204
    assert (await served.client.get("/v1/keys", headers=secret)).status_code == 401


async def test_a_key_that_is_not_there_cannot_be_revoked(served: Served) -> None:
    refused = await served.client.delete("/v1/keys/key_0", headers=await served.key("owner"))
    assert refused.status_code == 404
    assert refused.json()["detail"] == "there is no key key_0: the list of keys shows their ids"


async def test_a_customers_secret_is_no_key(served: Served) -> None:
    talk = await served.open()
    assert (await served.client.get("/v1/keys", headers=talk.headers)).status_code == 401
