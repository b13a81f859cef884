"""Times as people type them: a date, a time, or how long ago."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shopfloor.kernel.errors import InvalidInput

AGO = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhdw])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def instant(text: str, *, zone: str, now: datetime) -> datetime:
    """Read a time; one without an offset is the shop's own.

    Raises:
        InvalidInput: it is none.
    """
    if ago := AGO.fullmatch(text.strip()):
        return now - int(ago["count"]) * UNITS[ago["unit"]]
    try:
        at = datetime.fromisoformat(text.strip())
        return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{text!r} is no time: write 2026-11-21, 2026-11-21T15:00, or 24h, 7d, 2w ago") from error
