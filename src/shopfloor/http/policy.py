"""The policy: what the team may do by itself, and what waits for the merchant."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, JsonValue

from shopfloor.actions.policy import POLICY, Policy, export_policy, policy_json
from shopfloor.actions.policy_trial import Verdict, try_policy
from shopfloor.database.versioned import Version as Made
from shopfloor.database.versioned import version_of
from shopfloor.http.access import Operator, Owner, Viewer
from shopfloor.http.plain_data import TAKEN, PlainData
from shopfloor.http.running import Here
from shopfloor.http.settings import Format, IfVersion, Version, Versions, VersionShown

router = APIRouter(prefix="/v1/policy", tags=["policy"])

Days = Annotated[int, Query(ge=1, le=366, description="How far to look back.")]


class PolicyShown(BaseModel):
    """The policy from one change to the next."""

    version: int
    made_at: datetime
    is_shipped: bool
    """Whether it is as the product brought it."""
    policy: dict[str, JsonValue]


class OutcomeShown(BaseModel):
    """What a policy says of an action."""

    verdict: Verdict
    rule: str | None
    unknown: list[str]
    """What its conditions read and nobody knew."""


class ChangeShown(BaseModel):
    """An action of which something else would become."""

    key: str
    proposed_at: datetime
    kind: str
    agent: str
    summary: str
    state: str
    """What became of it."""
    old: OutcomeShown
    new: OutcomeShown


class TrialShown(BaseModel):
    """What another policy would have made of the actions there were."""

    judged: int
    not_asked: int
    """Actions that another rule decided on before a policy was asked."""
    erased: int
    unknown: dict[str, int]
    """By name, how many actions would be held back since it was not known."""
    changed: list[ChangeShown]


@router.get("", response_model=PolicyShown)
async def show_policy(_viewer: Viewer, here: Here, form: Format = "json") -> PolicyShown | Response:
    """Show the policy in force."""
    current = await here.services.policies.kept.current()
    if form == "yaml":
        return Response(export_policy(current.value), media_type="application/yaml")
    return _shown(current)


@router.put("", openapi_extra=TAKEN)
async def put_policy(_owner: Owner, here: Here, policy: PlainData, if_version: IfVersion = None) -> PolicyShown:
    """Replace the policy; in force from the next action on."""
    return _shown(await here.services.policies.put(policy, "the policy", if_version=if_version))


@router.post("/test", openapi_extra=TAKEN)
async def try_out_policy(_operator: Operator, here: Here, policy: PlainData, days: Days = 30) -> TrialShown:
    """Show what a policy would have made of the last days' actions; nothing is stored."""
    services = here.services
    candidate = await services.policies.read(policy, "the policy")
    since = services.clock.now() - timedelta(days=days)
    found = await try_policy(services.actions, services.policies, candidate, since)
    return TrialShown.model_validate(found.to_json())


@router.get("/versions")
async def list_versions(_viewer: Viewer, here: Here) -> Versions:
    """List the policies there were."""
    versions = await here.services.policies.versions()
    return Versions(
        versions=[VersionShown(version=one.version, made_at=one.made_at, is_shipped=one.is_shipped) for one in versions]
    )


@router.get("/versions/{version}")
async def show_version(version: Version, _viewer: Viewer, here: Here) -> PolicyShown:
    """Show an earlier policy."""
    return _shown(version_of(POLICY, await here.services.policies.versions(), version))


@router.post("/versions/{version}/restore")
async def restore_policy(version: Version, _owner: Owner, here: Here) -> PolicyShown:
    """Bring an earlier policy back, as a new version."""
    return _shown(await here.services.policies.restore(version))


def _shown(version: Made[Policy]) -> PolicyShown:
    return PolicyShown(
        version=version.version,
        made_at=version.made_at,
        is_shipped=version.is_shipped,
        policy=policy_json(version.value),
    )
