"""What a merchant does with the team: agents added, changed, switched off; the settings that all of them keep to.

The one door for every face: it checks a card against the tools and colleagues there are, which a registry by itself
does not know.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from anyio import to_thread
from pydantic import JsonValue

from shopfloor.agents.admission import Admission
from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import AgentEntry, CardVersion, Registry, card_of, export_card
from shopfloor.agents.settings import Settings, brand_json, brand_of, merged, without_stale
from shopfloor.database.versioned import Version
from shopfloor.kernel.errors import Conflict, FieldProblem, InvalidFields, NotFound
from shopfloor.kernel.ids import AgentId
from shopfloor.kernel.yaml_files import read_yaml
from shopfloor.tools.contract import Toolset

INDISPENSABLE = ("answer_question", "decline")
"""Skills that take what nobody else does; without them the planner would have to guess."""


class Team:
    """The agents of an installation and the shop's settings, as its merchant changes them."""

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        tools: Toolset,
        writes: Iterable[str],
        refresh: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take the registry, the settings, all tools, and the names of those that propose writes.

        `refresh` brings the tools up to date where they can change; None where they cannot.
        """
        self._registry = registry
        self._settings = settings
        self._tools = tools
        self._writes = frozenset(writes)
        self._refresh = refresh

    # -- agents ------------------------------------------------------------------------------------------------------

    async def entries(self) -> Sequence[AgentEntry]:
        """Return all agents, those that are switched off among them."""
        return await self._registry.entries()

    async def get(self, agent: str) -> AgentEntry:
        """Return an agent.

        Raises:
            NotFound: no such agent.
        """
        return await self._registry.get(AgentId(agent))

    async def export(self, agent: str) -> str:
        """Return an agent's card as YAML.

        Raises:
            NotFound: no such agent.
        """
        return await to_thread.run_sync(export_card, (await self.get(agent)).card)

    async def read(self, data: object, where: str, *, is_new: bool = True) -> AgentCard:
        """Return the card that plain values hold, once it fits the team.

        Raises:
            InvalidFields: naming each field that is wrong.
            Conflict: another agent has its id, which only a new agent must not share, or its name.
        """
        if self._refresh is not None:
            await self._refresh()
        admission = Admission(self._tools.tools(), self._writes, [entry.card for entry in await self.entries()])

        def read() -> AgentCard:
            try:
                card = card_of(data, where)
            except InvalidFields as error:
                besides = admission.outline_problems(data, is_new=is_new)
                raise InvalidFields(error.what, [*error.problems, *besides]) from error
            taken = admission.taken(card.id, card.name, is_new=is_new)
            if problems := admission.problems(card):
                raise InvalidFields(f"{where} does not fit the team", [*taken, *problems])
            if taken:
                raise Conflict("; ".join(f"{problem.field}: {problem.message}" for problem in taken))
            return card

        return await to_thread.run_sync(read)  # a card has hundreds of templates to compile

    async def add(self, data: object, where: str) -> AgentEntry:
        """Add an agent; it is routed to from the next message on.

        Raises:
            InvalidFields: naming each field that is wrong.
            Conflict: another agent has its id or its name.
        """
        return await self._registry.add(await self.read(data, where))

    async def replace(self, data: object, where: str) -> AgentEntry:
        """Give an agent another card, as a new version.

        Raises:
            InvalidFields: naming each field that is wrong.
            NotFound: no agent of its id.
            Conflict: another agent has its name.
        """
        return await self._registry.replace(await self.read(data, where, is_new=False))

    async def versions(self, agent: str) -> Sequence[CardVersion]:
        """Return an agent's cards, the newest first.

        Raises:
            NotFound: no such agent.
        """
        return await self._registry.versions(AgentId(agent))

    async def restore(self, agent: str, version: int) -> AgentEntry:
        """Bring an earlier card back, as a new version.

        Raises:
            NotFound: no such agent or version.
            InvalidFields: it does not fit the team any more.
        """
        known = next((one for one in await self.versions(agent) if one.version == version), None)
        if known is None:
            raise NotFound(f"{agent} has no version {version}: `shopfloor agents history {agent}` shows all")
        return await self.replace(known.card.model_dump(mode="json", by_alias=True), f"version {version} of {agent}")

    async def disable(self, agent: str) -> AgentEntry:
        """Switch an agent off from the next message on.

        Where a colleague would hand over to it, the customer is offered a person instead. So is an answer to what it
        had asked; if it is switched on again before, it goes on itself.

        Raises:
            NotFound: no such agent.
            Conflict: nobody would be left for what no other agent does.
        """
        entry = await self.get(agent)
        others = [one.card for one in await self.entries() if one.is_enabled and one.card.id != entry.card.id]
        for skill in INDISPENSABLE:
            if entry.card.skill(skill) and not any(other.skill(skill) for other in others):
                raise Conflict(
                    f"{agent} is the only one with the skill {skill}, for what no other agent does: add another agent "
                    "with a skill of that id first, or replace its card"
                )
        return await self._registry.disable(AgentId(agent))

    async def enable(self, agent: str) -> AgentEntry:
        """Switch an agent on again.

        Raises:
            NotFound: no such agent.
        """
        return await self._registry.enable(AgentId(agent))

    # -- settings ----------------------------------------------------------------------------------------------------

    async def settings(self) -> Version[Brand]:
        """Return the settings in force."""
        return await self._settings.current()

    async def settings_versions(self) -> Sequence[Version[Brand]]:
        """Return all settings there were, the newest first."""
        return await self._settings.versions()

    async def put_settings(self, data: object, where: str, *, if_version: int | None = None) -> Version[Brand]:
        """Replace the settings; every agent keeps to them from the next message on.

        Raises:
            InvalidFields: naming each field that is wrong.
            Conflict: they were changed since `if_version`.
        """
        brand = await to_thread.run_sync(brand_of, data, where)
        if problems := await self._unknown_agents(brand):
            raise InvalidFields(f"{where} cannot be used", problems)
        return await self._settings.put(brand, if_version=if_version)

    async def change_settings(
        self, changes: Mapping[str, JsonValue], *, if_version: int | None = None
    ) -> Version[Brand]:
        """Change some settings: objects are merged, None takes a value away.

        Raises:
            InvalidFields: naming each field that is wrong.
            Conflict: they were changed since `if_version`, or just now.
        """
        current = await self._settings.current()
        changed = merged(brand_json(current.value), dict(changes))
        changed = await to_thread.run_sync(without_stale, changed, changes, current.value)
        version = current.version if if_version is None else if_version
        return await self.put_settings(changed, "the settings", if_version=version)

    async def restore_settings(self, version: int) -> Version[Brand]:
        """Bring earlier settings back, as a new version.

        Raises:
            NotFound: no such version.
        """
        return await self._settings.restore(version)

    async def _unknown_agents(self, brand: Brand) -> list[FieldProblem]:
        known = {entry.card.id for entry in await self.entries()}
        return [
            FieldProblem(f"guidelines.{place}.agents", f"there is no agent {agent}: add that agent first")
            for place, guideline in enumerate(brand.guidelines)
            for agent in guideline.agents
            if agent not in known
        ]


def card_data(text: str, where: str) -> object:
    """Return the plain values of a card in YAML or JSON.

    Raises:
        InvalidInput: it is neither.
    """
    return read_yaml(text, where)
