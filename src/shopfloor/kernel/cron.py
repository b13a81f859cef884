"""Cron expressions: `30 3 * * 1` is half past three on Mondays."""

from datetime import UTC, datetime, tzinfo

from cronsim import CronSim, CronSimError

FIELDS = 5
REMEDY = (
    "write minute, hour, day of the month, month and day of the week: `30 3 * * 1` is half past three on Mondays, "
    "`0 * * * *` every full hour"
)


def check_cron(expression: str) -> str:
    """Return an expression of five fields as it is.

    Raises:
        ValueError: it is none, or never comes true; the message says the remedy.
    """
    if len(expression.split()) != FIELDS:
        raise ValueError(REMEDY)
    try:
        next(CronSim(expression, datetime.now(UTC)))
    except StopIteration:
        raise ValueError(f"that day never comes: {REMEDY}") from None
    except CronSimError as error:
        raise ValueError(f"{str(error).lower()}: {REMEDY}") from error
    return expression


def next_time(expression: str, after: datetime, zone: tzinfo) -> datetime:
    """Return the instant after another at which an expression comes true next by the clocks of a zone.

    A time of day that the clocks leap over in spring comes as they have leapt; one that comes twice in autumn counts
    once, and what runs every hour or more often goes on hour by hour.
    """
    return next(CronSim(expression, after.astimezone(zone))).astimezone(UTC)
