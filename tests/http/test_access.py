"""Who may do what: every route with every credential, and a route that nobody wrote down fails."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from serving import Served, Talk

from shopfloor.http.access import conversation_secret
from shopfloor.http.api import ROUTERS
from shopfloor.identity.identity import GUEST
from shopfloor.identity.keys import PREFIX, ROLES
from shopfloor.kernel.ids import ConversationId

pytestmark = pytest.mark.anyio

ANYONE, CUSTOMER, CUSTOMER_OR_SUPPORT = "anyone", "customer", "customer or support"
WHO = {
    "GET /healthz": ANYONE,
    "GET /health/live": ANYONE,
    "GET /health/ready": ANYONE,
    "GET /metrics": "viewer",
    "GET /v1/shop": ANYONE,
    "POST /v1/conversations": ANYONE,
    "POST /v1/conversations/{conversation_id}/sign-in": CUSTOMER,
    "POST /v1/conversations/{conversation_id}/messages": CUSTOMER,
    "GET /v1/conversations/{conversation_id}/events": CUSTOMER,
    "POST /v1/conversations/{conversation_id}/stop": CUSTOMER,
    "GET /v1/conversations/{conversation_id}/transcript": CUSTOMER_OR_SUPPORT,
    "POST /v1/ag-ui": ANYONE,  # a credential that it is given must be a customer's token
    "GET /v1/keys": "owner",
    "POST /v1/keys": "owner",
    "DELETE /v1/keys/{key_id}": "owner",
    "GET /v1/agents": "viewer",
    "GET /v1/agents/{agent_id}": "viewer",
    "POST /v1/agents": "operator",
    "PUT /v1/agents/{agent_id}": "operator",
    "GET /v1/agents/{agent_id}/versions": "viewer",
    "POST /v1/agents/{agent_id}/versions/{version}/restore": "operator",
    "POST /v1/agents/{agent_id}/disable": "operator",
    "POST /v1/agents/{agent_id}/enable": "operator",
    "GET /v1/settings": "viewer",
    "PUT /v1/settings": "operator",
    "PATCH /v1/settings": "operator",
    "GET /v1/settings/versions": "viewer",
    "GET /v1/settings/versions/{version}": "viewer",
    "POST /v1/settings/versions/{version}/restore": "operator",
    "GET /v1/policy": "viewer",
    "PUT /v1/policy": "owner",
    "POST /v1/policy/test": "operator",
    "GET /v1/policy/versions": "viewer",
    "GET /v1/policy/versions/{version}": "viewer",
    "POST /v1/policy/versions/{version}/restore": "owner",
    "GET /v1/knowledge/sources": "viewer",
    "GET /v1/knowledge/search": "viewer",
    "GET /v1/knowledge/corrections": "viewer",
    "POST /v1/knowledge/corrections": "operator",
    "DELETE /v1/knowledge/corrections/{correction_id}": "operator",
    "GET /v1/knowledge/questions": "support",
    "GET /v1/products/search": "viewer",
    "GET /v1/products/{product_id}/similar": "viewer",
    "GET /v1/customers/{customer_id}/profile": "support",
    "PUT /v1/customers/{customer_id}/profile/{key}": "support",
    "DELETE /v1/customers/{customer_id}/profile/{key}": "support",
    "DELETE /v1/customers/{customer_id}/profile": "owner",
    "POST /v1/customers/export": "owner",
    "POST /v1/customers/erase": "owner",
    "GET /v1/audit/events": "support",
    "GET /v1/audit/export": "owner",
    "GET /v1/audit/verify": "operator",
    "GET /v1/audit/heads": "operator",
    "POST /v1/events": "operator",
    "GET /v1/outbox": "support",
    "GET /v1/actions": "support",
    "GET /v1/actions/{action_id}": "support",
    "POST /v1/actions": "operator",
    "GET /v1/action-kinds": "support",
    "GET /v1/approvals": "support",
    "GET /v1/approvals/stream": "support",
    "POST /v1/approvals/{action_id}/approve": "operator",
    "POST /v1/approvals/{action_id}/reject": "operator",
    "POST /v1/undo/preview": "operator",
    "POST /v1/undo": "operator",
}
CREDENTIALS = ("none", "nonsense", "revoked", "own secret", "other secret", *ROLES)


def routes() -> Iterator[tuple[str, str]]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield from ((method, route.path) for method in sorted(route.methods))


def test_every_route_is_written_down_here() -> None:
    assert sorted(f"{method} {path}" for method, path in routes()) == sorted(WHO)


def allowed(who: str, credential: str) -> bool:
    if who == ANYONE:
        return True
    if who == CUSTOMER_OR_SUPPORT and credential in ROLES[1:]:
        return True
    if who in {CUSTOMER, CUSTOMER_OR_SUPPORT}:
        return credential == "own secret"
    return credential in ROLES[ROLES.index(who) :]


@pytest.fixture(scope="module")
async def talk(served: Served) -> Talk:
    talk = await served.open()
    await talk.say("hello", "a")
    return talk


@pytest.fixture(scope="module")
async def headers(served: Served, talk: Talk) -> dict[str, dict[str, str]]:
    keys = {role: await served.key(role) for role in ROLES}
    key, secret = await served.app.keys.create("gone", "owner")
    await served.app.keys.revoke(key.id)
    others = {
        "none": {},
        "nonsense": {"Authorization": "Bearer sf_nonsense"},
        "revoked": {"Authorization": f"Bearer {secret}"},
        "own secret": talk.headers,
        "other secret": (await served.open()).headers,
    }
    return others | keys


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("route", WHO)
async def test_a_route_opens_to_whom_it_may(
    served: Served, talk: Talk, headers: dict[str, dict[str, str]], route: str, credential: str
) -> None:
    who = WHO[route]
    if route == "POST /v1/ag-ui" and credential != "none":
        return  # its credential is a token, see test_runs_api
    method, path = route.split(" ")
    path = path.replace("{conversation_id}", talk.conversation_id)
    for name in ("agent_id", "key_id", "customer_id", "key", "version", "action_id"):
        path = path.replace(f"{{{name}}}", "1" if name == "version" else "nothing")
    body = {} if method in {"POST", "PUT", "PATCH"} and not path.endswith("/restore") else None
    async with served.client.stream(method, path, json=body, headers=headers[credential]) as response:
        status = response.status_code
        is_problem = response.headers["content-type"] == "application/problem+json" if status >= 400 else None
    if allowed(who, credential):
        assert status not in {401, 403}
        assert status < 500
    elif credential in ROLES and who not in {CUSTOMER, CUSTOMER_OR_SUPPORT}:
        assert status == 403
    else:
        assert status in ({401, 403} if credential in ROLES else {401})
    assert is_problem is not False


async def test_a_secret_that_begins_like_a_key_opens_its_conversation(served: Served) -> None:
    ids = (ConversationId(f"conv_{number}") for number in range(10**7))
    conversation = next(one for one in ids if conversation_secret(served.app.secret, one).startswith(PREFIX))
    await served.app.chat.open("web", GUEST, conversation)
    secret = conversation_secret(served.app.secret, conversation)
    headers = {"Authorization": f"Bearer {secret}"}
    shown = await served.client.get(f"/v1/conversations/{conversation}/transcript", headers=headers)
    assert shown.status_code == 200
