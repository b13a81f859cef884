"""Settings over HTTP: shown, replaced, changed in part, refused by field, brought back."""

import pytest
from demo_app import MAYA
from serving import serving

pytestmark = pytest.mark.anyio


async def test_changed_settings_hold_for_the_next_message() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        talk = await served.open(await served.token(MAYA))
        changed = await served.client.patch("/v1/settings", json={"refusal": "No, sorry."}, headers=operator)
        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        assert "No, sorry." in await talk.say("what is the capital of France", "m1")


async def test_settings_are_exported_replaced_and_brought_back() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        first = (await served.client.get("/v1/settings", headers=operator)).json()
        exported = await served.client.get("/v1/settings?format=yaml", headers=operator)
        yaml = operator | {"Content-Type": "application/yaml"}
        same = await served.client.put("/v1/settings", content=exported.content, headers=yaml)
        assert same.json() == first
        ours = first["settings"] | {"shop_name": "Ours"}
        assert (await served.client.put("/v1/settings", json=ours, headers=operator)).json()["version"] == 2
        versions = (await served.client.get("/v1/settings/versions", headers=operator)).json()["versions"]
        assert [(one["version"], one["is_shipped"]) for one in versions] == [(2, False), (1, True)]
        assert (await served.client.get("/v1/settings/versions/1", headers=operator)).json() == first
        back = await served.client.post("/v1/settings/versions/1/restore", headers=operator)
        assert (back.json()["version"], back.json()["settings"]) == (3, first["settings"])
        assert (await served.client.get("/v1/settings/versions/9", headers=operator)).status_code == 404


async def test_wrong_settings_are_refused_by_field_and_late_ones_as_a_conflict() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        wrong = {"zone": "Mars", "hours": {"sunday": {"opens": "noon", "closes": "13:00"}}, "slogan": "Buy"}
        refused = await served.client.patch("/v1/settings", json=wrong, headers=operator)
        assert refused.status_code == 422
        assert {error["field"] for error in refused.json()["errors"]} == {"zone", "hours.sunday.opens", "slogan"}
        assert (await served.client.patch("/v1/settings", json=[1], headers=operator)).status_code == 422
        path = "/v1/settings?if_version=1"
        assert (await served.client.patch(path, json={"thanks": "Bye."}, headers=operator)).status_code == 200
        assert (await served.client.patch(path, json={"thanks": "Ciao."}, headers=operator)).status_code == 409


async def test_a_limit_takes_an_owner() -> None:
    async with serving() as served:
        operator, owner = await served.key("operator"), await served.key("owner")
        more = {"irreversible_limit_minor": 10**12}
        refused = await served.client.patch("/v1/settings", json=more, headers=operator)
        assert (refused.status_code, "owner" in refused.json()["detail"]) == (403, True)
        settings = (await served.client.get("/v1/settings", headers=operator)).json()["settings"]
        whole = await served.client.put("/v1/settings", json=settings | more, headers=operator)
        assert whole.status_code == 403
        assert (await served.client.patch("/v1/settings", json=more, headers=owner)).status_code == 200
        back = await served.client.post("/v1/settings/versions/1/restore", headers=operator)
        assert back.status_code == 403
        assert (await served.client.post("/v1/settings/versions/1/restore", headers=owner)).status_code == 200
