"""The shipped policy over the kinds of actions that the product has: it fits them, and forgets none."""

from pathlib import Path
from typing import Any

import pytest
from demo_app import demo_app

from shopfloor.actions.kind import ActionKind
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


async def test_the_documents_name_what_conditions_may_read_of_each_kind() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8").splitlines()
    wanted = [row(kind) for kind in (await demo_app()).policies.kinds]
    assert [line for line in wanted if line not in lines] == []


def row(kind: ActionKind[Any]) -> str:
    args, facts = (
        ", ".join(f"`{name}`" for name in sorted(names)) for names in (kind.args.model_fields, kind.facts or ())
    )
    return f"| `{kind.name}` | {args} | {facts or '-'} |"
