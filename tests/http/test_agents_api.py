"""Agents over HTTP: added, refused by field, replaced, switched off, exported; routed to by the next message."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from anyio import to_thread
from demo_app import MAYA
from serving import serving

pytestmark = pytest.mark.anyio
CLAIM = Path(__file__).parents[2] / "examples" / "agents" / "warranty_claim.yaml"
YAML = {"Content-Type": "application/yaml"}


async def claim() -> str:
    return await to_thread.run_sync(CLAIM.read_text)


async def card() -> dict[str, Any]:
    return yaml.safe_load(await claim())


async def test_an_agent_added_to_a_running_server_answers_the_next_message() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        talk = await served.open(await served.token(MAYA))
        assert "Which order was it in" not in await talk.say("I want to make a warranty claim", "m1")
        added = await served.client.post("/v1/agents", content=await claim(), headers=operator | YAML)
        assert added.status_code == 201, added.text
        assert added.headers["location"] == "/v1/agents/warranty_claim"
        assert (added.json()["version"], added.json()["is_enabled"]) == (1, True)
        assert "Which order was it in" in await talk.say("I want to make a warranty claim", "m2")
        off = await served.client.post("/v1/agents/warranty_claim/disable", headers=operator)
        assert off.json()["is_enabled"] is False
        other = await served.open(await served.token(MAYA))
        assert "Which order was it in" not in await other.say("I want to make a warranty claim", "m3")
        assert (await served.client.post("/v1/agents/warranty_claim/enable", headers=operator)).json()["is_enabled"]


async def test_a_card_is_refused_with_its_fields_and_a_taken_id_is_a_conflict() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        wrong = {**await card(), "tools": ["fly"], "half": "sales"}
        refused = await served.client.post("/v1/agents", json=wrong, headers=operator)
        assert refused.status_code == 422
        assert {"tools.0", "half"} <= {error["field"] for error in refused.json()["errors"]}
        assert (await served.client.post("/v1/agents", json=await card(), headers=operator)).status_code == 201
        again = await served.client.post("/v1/agents", json=await card(), headers=operator)
        assert again.status_code == 409
        assert "id: there is an agent warranty_claim already" in again.json()["detail"]
        same_name = await served.client.post("/v1/agents", json={**await card(), "id": "other"}, headers=operator)
        assert (same_name.status_code, "name: " in same_name.json()["detail"]) == (409, True)
        broken = await served.client.post("/v1/agents", content="id: [", headers=operator | YAML)
        assert (broken.status_code, "not YAML" in broken.json()["detail"]) == (422, True)


async def test_a_card_is_exported_replaced_and_brought_back() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        path = "/v1/agents/warranty_claim"
        await served.client.post("/v1/agents", content=await claim(), headers=operator | YAML)
        exported = await served.client.get(f"{path}?format=yaml", headers=operator)
        assert exported.headers["content-type"].startswith("application/yaml")
        same = await served.client.put(path, content=exported.content, headers=operator | YAML)
        assert (same.status_code, same.json()["version"]) == (200, 1)
        changed = await served.client.put(path, json={**await card(), "description": "Other."}, headers=operator)
        assert (changed.json()["version"], changed.json()["description"]) == (2, "Other.")
        other = await served.client.put(path, json={**await card(), "id": "other"}, headers=operator)
        assert [error["field"] for error in other.json()["errors"]] == ["id"]
        versions = (await served.client.get(f"{path}/versions", headers=operator)).json()["versions"]
        assert [one["version"] for one in versions] == [2, 1]
        back = await served.client.post(f"{path}/versions/1/restore", headers=operator)
        assert (back.json()["version"], back.json()["card"]) == (3, same.json()["card"])
        assert (await served.client.post(f"{path}/versions/9/restore", headers=operator)).status_code == 404


async def test_who_is_not_there_is_not_found_and_the_last_of_its_kind_stays() -> None:
    async with serving() as served:
        operator = await served.key("operator")
        for method, path in (("GET", ""), ("POST", "/disable"), ("POST", "/enable"), ("GET", "/versions")):
            gone = await served.client.request(method, f"/v1/agents/nobody{path}", headers=operator)
            assert gone.status_code == 404
        put = await served.client.put("/v1/agents/warranty_claim", json=await card(), headers=operator)
        assert put.status_code == 404
        kept = await served.client.post("/v1/agents/general_support/disable", headers=operator)
        assert kept.status_code == 409
        listed = (await served.client.get("/v1/agents", headers=operator)).json()["agents"]
        assert "general_support" in [agent["id"] for agent in listed if agent["is_enabled"]]
