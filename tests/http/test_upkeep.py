"""What each process of a server keeps up in memory, whatever it is there for."""

from dataclasses import replace
from typing import get_args

import anyio
import pytest
from demo_app import demo_app
from serving import FREE

from shopfloor.app import services_of
from shopfloor.http.running import Role, Running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("role", get_args(Role))
async def test_what_is_bought_together_is_kept_up_in_every_process_until_it_ends(role: Role) -> None:
    app = await demo_app()
    services = services_of(app)
    assert services.upkeep == (app.habits.run, app.knowledge.base.run)
    begun, ended = anyio.Event(), anyio.Event()

    async def keep_up() -> None:
        begun.set()
        try:
            await app.habits.run()
        finally:
            ended.set()

    with anyio.fail_after(60):
        async with Running(replace(services, background=(), upkeep=(keep_up,)), FREE, role).run():
            await begun.wait()
        await ended.wait()
