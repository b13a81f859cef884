"""The policy of an installation, as its merchant changes it and as the gate asks it.

The one door for every face: a new version is held against the kinds of actions and the agents there are before it is
kept. What is in force is compiled once for each version.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from anyio import to_thread

from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.policy import KeptPolicy, Policy, checked_policy, policy_json
from shopfloor.actions.words import Terms
from shopfloor.database.versioned import Version, version_of


class Policies:
    """The policy with its versions."""

    def __init__(
        self,
        kept: KeptPolicy,
        kinds: Collection[ActionKind[Any]],
        terms: Callable[[], Awaitable[Terms]],
        agents: Callable[[], Awaitable[Collection[str]]] | None = None,
    ) -> None:
        """Take where it is kept, all kinds of actions that the product knows, and what tells of settings and agents.

        `terms` are asked for with each action; `agents` tells the agents' ids, None where they are not looked at.
        """
        self.kept = kept
        self.kinds = tuple(kinds)
        self.terms = terms
        self._agents = agents
        self._in_force: CompiledPolicy | None = None

    async def in_force(self) -> CompiledPolicy:
        """Return the policy in force.

        Raises:
            StorageError: there is none that can be read.
        """
        current, terms = await self.kept.current(), await self.terms()
        known = self._in_force
        if known is None or known.version != current.version or known.terms != terms:
            known = self._in_force = CompiledPolicy(current.value, terms, current.version)
        return known

    async def read(self, data: object, where: str) -> Policy:
        """Return the policy that plain values hold, once it fits the kinds and the agents there are.

        Raises:
            InvalidFields: naming each field that is wrong.
        """
        agents = await self._agents() if self._agents else None
        return await to_thread.run_sync(checked_policy, data, where, self.kinds, agents)

    async def put(self, data: object, where: str, *, if_version: int | None = None) -> Version[Policy]:
        """Replace the policy; in force for the next action on.

        Raises:
            InvalidFields: naming each field that is wrong.
            Conflict: it was changed since `if_version`.
        """
        return await self.kept.put(await self.read(data, where), if_version=if_version)

    async def versions(self) -> Sequence[Version[Policy]]:
        """Return all policies there were, the newest first."""
        return await self.kept.versions()

    async def restore(self, version: int) -> Version[Policy]:
        """Bring an earlier policy back, as a new version.

        Raises:
            NotFound: no such version.
            InvalidFields: it does not fit the kinds or the agents any more.
        """
        known = version_of(self.kept.kind, await self.kept.versions(), version)
        return await self.put(policy_json(known.value), f"version {version} of the policies")
