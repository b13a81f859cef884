"""The shipped policy over the kinds of actions that the product has: it fits them, and forgets none."""

import pytest
from demo_app import demo_app

from shopfloor.actions.policy import checked_policy, policy_json, shipped_policy

pytestmark = pytest.mark.anyio


async def test_the_shipped_policy_fits_all_kinds_there_are() -> None:
    app = await demo_app()
    agents = [entry.card.id for entry in await app.registry.entries()]
    assert checked_policy(policy_json(shipped_policy()), "it", app.policies.kinds, agents) == shipped_policy()
    assert (await app.policies.in_force()).policy == shipped_policy()


async def test_every_irreversible_kind_is_allowed_up_to_something_or_meant_to_wait() -> None:
    app = await demo_app()
    allowed = {kind for rule in shipped_policy().rules if rule.then == "allow" for kind in rule.kinds}
    assert {kind.name for kind in app.policies.kinds if kind.irreversible} <= allowed
