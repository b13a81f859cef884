"""Whatever is sent to the addresses of actions, nothing breaks, and nobody is paid who should not be."""

import json
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from actions.till import NOW
from deciding import Counter, counter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_bad_input import check

from shopfloor.actions.naming import action_id
from shopfloor.actions.sql_store import SqlActions
from shopfloor.database.engine import Database
from shopfloor.journal.machine_locks import MachineLocks
from shopfloor.journal.sql import SqlJournal
from shopfloor.kernel.clock import FixedClock

pytestmark = pytest.mark.anyio
ROUTES = (
    ("POST", "/v1/actions"),
    ("POST", "/v1/approvals/{}/approve"),
    ("POST", "/v1/approvals/{}/reject"),
    ("POST", "/v1/undo"),
    ("POST", "/v1/undo/preview"),
    ("GET", "/v1/actions/{}"),
)
WAITS = action_id("waits")
TEXTS = st.text(st.characters(codec=None), max_size=20)
"""Half surrogate pairs and NUL among them, as JSON can bring them."""
NAMES = st.sampled_from([WAITS, WAITS[:8], "waits", "act_", "../keys", "staff/1", "undo/waits", "%", ""]) | TEXTS
NUMBERS = st.integers() | st.integers(-(10**400), 10**400) | st.floats()
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["kind", "args", "reason", "action", "conversation", "turn", "agent", "since", "digest", "order", "minor", "note"]
)
ARGS = st.dictionaries(st.sampled_from(["order", "minor", "note", "customer_id"]) | TEXTS, VALUES, max_size=4)
PAYMENTS = st.fixed_dictionaries({"order": TEXTS, "minor": NUMBERS}, optional={"note": TEXTS})
BODIES = (
    VALUES
    | st.dictionaries(FIELDS | TEXTS, VALUES, max_size=5)
    | st.fixed_dictionaries({"kind": st.sampled_from(["pay", "lend", "steal"]), "args": ARGS | PAYMENTS})
    | st.fixed_dictionaries({"args": ARGS})
    | st.fixed_dictionaries({"reason": TEXTS})
    | st.fixed_dictionaries({"agent": TEXTS, "since": st.datetimes().map(str) | TEXTS})
    | st.dictionaries(st.sampled_from(["action", "conversation", "turn"]), NAMES, min_size=1, max_size=1)
)


@pytest.fixture(scope="module")
async def till(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Counter]:
    """A counter over a database, which cannot store all that JSON can say."""
    folder = tmp_path_factory.mktemp("hostile")
    database = Database.sqlite(shutil.copy(migrated, folder / "shop.db"))
    clock, actions = FixedClock(NOW), SqlActions(database)
    journal = SqlJournal(database, clock, MachineLocks(folder / "locks"), [actions.project])
    async with counter((journal, actions, clock)) as opened:
        await opened.waiting("waits")
        yield opened
    journal.close()
    database.close()


@given(route=st.sampled_from(ROUTES), name=NAMES, body=BODIES, given_id=st.none() | st.text(max_size=250))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_random_bodies_and_names_are_answered(
    till: Counter, route: tuple[str, str], name: str, body: Any, given_id: str | None
) -> None:
    method, path = route
    path = path.replace("{}", quote(name, safe="", errors="replace"))
    headers = {"Content-Type": "application/json"}
    if given_id is not None and method == "POST":
        headers["Idempotency-Key"] = quote(given_id, errors="replace")
    content = json.dumps(body)
    check(await till.call(method, path, "operator", content=content, headers=headers))
    check(await till.call(method, path, "support", content=content, headers=headers))
    assert await _sums(till)


QUERY = st.sampled_from(["state", "conversation", "turn", "agent", "customer", "kind", "resource", "since", "until"])


@given(params=st.dictionaries(QUERY | st.sampled_from(["limit", "after"]), st.text(max_size=30) | NAMES, max_size=3))
@settings(max_examples=150, deadline=None)
async def test_random_filters_are_answered(till: Counter, params: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(value, safe='', errors='replace')}" for name, value in params.items())
    for path in ("/v1/actions", "/v1/approvals"):
        check(await till.call("GET", f"{path}?{query}", "support"))


async def _sums(till: Counter) -> bool:
    """Whether everything that was paid out is an executed action's, and what waited was paid at most once."""
    paid = till.desk.till.paid
    records = [await till.desk.actions.get(key) for key in paid]
    assert all(record and record.state == "executed" for record in records)
    waited = await till.desk.get("waits")
    assert ("waits" in paid) == (waited.state == "executed")
    return True
