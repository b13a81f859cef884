"""What every store of API keys keeps to, in memory and in a database."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest
from sqlalchemy import text

from shopfloor.database.engine import Database
from shopfloor.identity.key_stores import MemoryKeys, SqlKeys
from shopfloor.identity.keys import ROLES, ApiKeys
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound
from shopfloor.kernel.ids import SeededIds

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 5, 4, 9, 30, tzinfo=UTC))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def keys(request: pytest.FixtureRequest, clock: FixedClock) -> ApiKeys:
    if request.param == "memory":
        return MemoryKeys(clock, SeededIds())
    return SqlKeys(request.getfixturevalue("database"), clock, SeededIds())


async def test_a_key_is_found_by_its_secret_and_by_nothing_else(keys: ApiKeys) -> None:
    made, secret = await keys.create(" till ", "support")
    assert secret.startswith("sf_")
    assert len(secret) == 3 + 43
    found = await keys.find(secret)
    assert found is not None
    assert (found.id, found.name, found.role) == (made.id, "till", "support")
    for wrong in ("", secret[:-1], secret + "A", secret.upper(), made.id, "sf_", "\ud800"):
        assert await keys.find(wrong) is None


async def test_every_secret_is_another_one(keys: ApiKeys) -> None:
    assert len({(await keys.create("k", "viewer"))[1] for _ in range(50)}) == 50


async def test_a_revoked_key_holds_no_longer_and_stays_listed(keys: ApiKeys, clock: FixedClock) -> None:
    made, secret = await keys.create("till", "support")
    await keys.revoke(made.id)
    assert await keys.find(secret) is None
    (listed,) = await keys.list()
    assert listed.revoked_at == clock.now()
    clock.at += timedelta(days=1)
    await keys.revoke(made.id)
    assert (await keys.list())[0].revoked_at == listed.revoked_at


async def test_the_last_owners_key_cannot_be_revoked(keys: ApiKeys) -> None:
    first, _ = await keys.create("one", "owner")
    with pytest.raises(Conflict, match="another one first"):
        await keys.revoke(first.id)
    second, _ = await keys.create("two", "owner")
    await keys.revoke(first.id)
    with pytest.raises(Conflict):
        await keys.revoke(second.id)


async def test_what_is_not_there_cannot_be_revoked(keys: ApiKeys) -> None:
    with pytest.raises(NotFound, match="key_0"):
        await keys.revoke("key_0")


async def test_the_first_key_is_made_once(keys: ApiKeys) -> None:
    made: list[str | None] = []

    async def start() -> None:
        made.append(await keys.create_first("first"))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(start)
    (secret,) = [secret for secret in made if secret]
    found = await keys.find(secret)
    assert found is not None
    assert found.role == "owner"
    await keys.create("second", "owner")
    await keys.revoke(found.id)
    assert await keys.create_first("first") is None, "a revoked key was a key"


async def test_the_last_use_is_noted_to_the_minute(keys: ApiKeys, clock: FixedClock) -> None:
    _, secret = await keys.create("till", "viewer")
    assert (await keys.list())[0].last_used_at is None
    first = clock.now()
    await keys.find(secret)
    clock.at += timedelta(seconds=30)
    await keys.find(secret)
    assert (await keys.list())[0].last_used_at == first
    clock.at += timedelta(seconds=30)
    await keys.find(secret)
    assert (await keys.list())[0].last_used_at == clock.now()


async def test_keys_are_listed_in_the_order_in_which_they_were_made(keys: ApiKeys, clock: FixedClock) -> None:
    for name in ("a", "b", "c"):
        await keys.create(name, "viewer")
        clock.at += timedelta(seconds=1)
    assert [key.name for key in await keys.list()] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", "a\0b"])
async def test_a_name_that_says_nothing_is_refused(keys: ApiKeys, name: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 80"):
        await keys.create(name, "viewer")


async def test_a_role_may_do_what_those_before_it_may(keys: ApiKeys) -> None:
    for place, role in enumerate(ROLES):
        key, _ = await keys.create(role, role)
        assert [key.may(other) for other in ROLES] == [other in ROLES[: place + 1] for other in ROLES]


async def test_no_secret_lies_in_the_database(database: Database, clock: FixedClock) -> None:
    _, secret = await SqlKeys(database, clock, SeededIds()).create("till", "owner")
    rows = await database.read(lambda session: str(session.execute(text("SELECT * FROM identity_api_keys")).all()))
    assert secret not in rows
    assert secret.removeprefix("sf_") not in rows
