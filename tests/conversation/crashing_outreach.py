"""Carries a signal out in a process of its own, and kills it just before its n-th commit; run by its test."""

from pathlib import Path

from dying import die_before_commit

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.outreach.signals import parse_signal


async def carry_out(data: str, sku: str, kill_at: int) -> None:
    async with open_app(Config(data=Path(data))) as app:
        die_before_commit(kill_at)
        await app.outreach.receive(parse_signal("s1", "stock_returned", {"sku": sku}, at=None, now=app.clock.now()))
        await app.outreach.work()
