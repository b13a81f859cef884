"""`shopfloor schedules`: what the calendar calls for, and when."""

import json
from zoneinfo import ZoneInfo

import anyio
from rich.markup import escape

from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.cli.times import from_now, moment
from shopfloor.config import Config


def schedules(as_json: Json = False, data: Data = None) -> None:
    """Say what a running server does at which times, when it last did, and when it will do it next."""
    anyio.run(_schedules, config(data), as_json)


async def _schedules(where: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(where, output.progress) as app:
        standing, now = await app.schedules.standing(), app.clock.now()
        zone = ZoneInfo((await app.settings.in_force()).zone)
    if as_json:
        rows = [
            {
                "name": one.name,
                "cron": one.cron,
                "ran_at": one.ran_at.isoformat() if one.ran_at else None,
                "next_at": one.next_at.isoformat(),
            }
            for one in standing
        ]
        output.line(json.dumps(rows, indent=2))
        return
    for one in standing:
        last = f"last {moment(one.ran_at, zone)} ({from_now(one.ran_at, now)})" if one.ran_at else "never up to now"
        will = f"next {moment(one.next_at, zone)}" if one.next_at > now else "due: a running server does it at once"
        output.line(f"[bold]{escape(one.name)}[/]  {escape(one.cron)}  {last}, {will}")
    output.progress(f"Times are those of {zone}.")
