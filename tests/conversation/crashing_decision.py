"""Approves what waits in a process of its own, lets its customer know, and is killed just before its n-th commit."""

from pathlib import Path

from dying import die_before_commit

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.identity.identity import Staff


async def decide(data: str, kill_at: int) -> None:
    async with open_app(Config(data=Path(data))) as app:
        [waiting] = await app.approvals.waiting()
        die_before_commit(kill_at)
        await app.approvals.approve(waiting.key, Staff(name="Grace"))
        await app.outreach.work()
