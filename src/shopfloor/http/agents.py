"""The team's agents: who they are, adding, changing and switching off."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, JsonValue

from shopfloor.agents.card import Half
from shopfloor.agents.registry import AgentEntry, card_json, id_in
from shopfloor.http.access import Operator, Viewer
from shopfloor.http.plain_data import TAKEN, PlainData
from shopfloor.http.running import Here
from shopfloor.kernel.errors import FieldProblem, InvalidFields

router = APIRouter(prefix="/v1/agents", tags=["agents"])

Version = Annotated[int, Path(ge=1, le=10**9)]
Format = Annotated[
    Literal["json", "yaml"], Query(alias="format", description="`yaml` is the card alone, such as POST takes.")
]


class SkillShown(BaseModel):
    """One thing that an agent is good at."""

    id: str
    name: str
    description: str


class AgentShown(BaseModel):
    """An agent, without its playbook."""

    id: str
    name: str
    half: Half
    description: str
    skills: list[SkillShown]
    tools: list[str]
    handoffs: list[str]
    version: int
    is_enabled: bool
    is_shipped: bool
    """Whether it is as the product brought it."""
    changed_at: datetime


class AgentDetail(AgentShown):
    """An agent with its card."""

    card: dict[str, JsonValue]


class Agents(BaseModel):
    """All agents, those that are switched off among them."""

    agents: list[AgentShown]


class VersionShown(BaseModel):
    """A card as it was from one change to the next."""

    version: int
    made_at: datetime
    is_shipped: bool
    card: dict[str, JsonValue]


class Versions(BaseModel):
    """An agent's cards, the newest first."""

    versions: list[VersionShown]


@router.get("")
async def list_agents(_viewer: Viewer, here: Here) -> Agents:
    """List the agents."""
    return Agents(agents=[AgentShown(**_summary(entry)) for entry in await here.services.team.entries()])


@router.get("/{agent_id}", response_model=AgentDetail)
async def show_agent(agent_id: str, _viewer: Viewer, here: Here, form: Format = "json") -> AgentDetail | Response:
    """Show an agent with its card, or export the card."""
    if form == "yaml":
        return Response(await here.services.team.export(agent_id), media_type="application/yaml")
    return _detail(await here.services.team.get(agent_id))


@router.post("", status_code=201, openapi_extra=TAKEN)
async def add_agent(_operator: Operator, here: Here, card: PlainData, response: Response) -> AgentDetail:
    """Add an agent; it is routed to from the next message on."""
    entry = await here.services.team.add(card, "the card")
    response.headers["Location"] = f"/v1/agents/{entry.card.id}"
    return _detail(entry)


@router.put("/{agent_id}", openapi_extra=TAKEN)
async def replace_agent(agent_id: str, _operator: Operator, here: Here, card: PlainData) -> AgentDetail:
    """Give an agent another card, as a new version."""
    if id_in(card) not in (None, agent_id):
        message = f"this is the address of {agent_id}: a card keeps its agent's id"
        raise InvalidFields("the card", [FieldProblem("id", message)])
    await here.services.team.get(agent_id)
    return _detail(await here.services.team.replace(card, "the card"))


@router.get("/{agent_id}/versions")
async def list_versions(agent_id: str, _viewer: Viewer, here: Here) -> Versions:
    """List the cards that an agent has had."""
    versions = await here.services.team.versions(agent_id)
    return Versions(
        versions=[
            VersionShown(version=one.version, made_at=one.made_at, is_shipped=one.is_shipped, card=card_json(one.card))
            for one in versions
        ]
    )


@router.post("/{agent_id}/versions/{version}/restore")
async def restore_agent(agent_id: str, version: Version, _operator: Operator, here: Here) -> AgentDetail:
    """Bring an earlier card back, as a new version."""
    return _detail(await here.services.team.restore(agent_id, version))


@router.post("/{agent_id}/disable")
async def disable_agent(agent_id: str, _operator: Operator, here: Here) -> AgentDetail:
    """Switch an agent off, from the next message on."""
    return _detail(await here.services.team.disable(agent_id))


@router.post("/{agent_id}/enable")
async def enable_agent(agent_id: str, _operator: Operator, here: Here) -> AgentDetail:
    """Switch an agent on again."""
    return _detail(await here.services.team.enable(agent_id))


def _detail(entry: AgentEntry) -> AgentDetail:
    return AgentDetail(**_summary(entry), card=card_json(entry.card))


def _summary(entry: AgentEntry) -> dict[str, Any]:
    card = entry.card
    return {
        "id": card.id,
        "name": card.name,
        "half": card.half,
        "description": card.description,
        "skills": [SkillShown(id=one.id, name=one.name, description=one.description) for one in card.skills],
        "tools": list(card.tools),
        "handoffs": list(card.handoffs),
        "version": entry.version,
        "is_enabled": entry.is_enabled,
        "is_shipped": entry.is_shipped,
        "changed_at": entry.changed_at,
    }
