"""The ledger and the days' spending in the installation's database, over all processes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.models.contract import Usage
from shopfloor.models.ledger import ModelCall, Outcome
from shopfloor.models.rows import ModelCallRow, ModelSpendingRow
from shopfloor.models.spending import KEPT, Spent
from shopfloor.models.tiers import TaskClass, Tier

MICROS = 1_000_000


class SqlLedger:
    """Calls kept in the database."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    async def record(self, *calls: ModelCall) -> None:
        """Add calls."""
        await self._database.write(lambda session: session.add_all([_row(call) for call in calls]))

    async def calls(self, since: datetime, until: datetime) -> Sequence[ModelCall]:
        """Return the calls of a time."""
        wanted = select(ModelCallRow).where(ModelCallRow.at >= since, ModelCallRow.at < until)
        ordered = wanted.order_by(ModelCallRow.at, ModelCallRow.id)
        return await self._database.read(lambda session: [_call(row) for row in session.scalars(ordered)])

    async def count(self, before: datetime) -> int:
        """Return how many calls began before an instant."""
        old = select(func.count()).select_from(ModelCallRow).where(ModelCallRow.at < before)
        return await self._database.read(lambda session: session.scalar(old) or 0)

    async def remove(self, before: datetime, *, limit: int = 5_000) -> int:
        """Remove calls that began before an instant."""
        old = select(ModelCallRow.id).where(ModelCallRow.at < before).limit(limit)
        gone = delete(ModelCallRow).where(ModelCallRow.id.in_(old)).returning(ModelCallRow.id)
        return await self._database.write(lambda session: len(list(session.scalars(gone))))


class SqlSpending:
    """Days' spending kept in the database."""

    def __init__(self, database: Database) -> None:
        """Take the installation's database."""
        self._database = database

    async def spent(self, payer: str, day: date) -> Spent:
        """Return what a payer used in a day so far."""
        row = await self._database.read(lambda session: session.get(ModelSpendingRow, (payer, day.isoformat())))
        return Spent(tokens=row.tokens, nanos=row.nanos) if row else Spent()

    async def add(self, payer: str, day: date, spent: Spent) -> None:
        """Add to what a payer used in a day."""

        def work(session: Session) -> None:
            row = session.get(ModelSpendingRow, (payer, day.isoformat()), with_for_update=True)
            if row is not None:
                row.tokens += spent.tokens
                row.nanos += spent.nanos
                return
            session.execute(delete(ModelSpendingRow).where(ModelSpendingRow.day < (day - KEPT).isoformat()))
            session.add(ModelSpendingRow(payer=payer, day=day.isoformat(), tokens=spent.tokens, nanos=spent.nanos))

        await self._database.write(work)

    async def erase(self, payer: str) -> None:
        """Forget a payer."""
        gone = delete(ModelSpendingRow).where(ModelSpendingRow.payer == payer)
        await self._database.write(lambda session: session.execute(gone))


def _row(call: ModelCall) -> ModelCallRow:
    usage = call.usage
    return ModelCallRow(
        at=call.at,
        task_class=call.task_class,
        asked_tier=call.asked_tier,
        tier=call.tier,
        provider=call.provider,
        model=call.model,
        answered_by=call.answered_by,
        rung=call.rung,
        outcome=call.outcome,
        error=call.error,
        first_text_us=None if call.first_text_s is None else round(call.first_text_s * MICROS),
        total_us=round(call.total_s * MICROS),
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        cache_write_tokens=usage.cache_write_tokens if usage else None,
        is_estimated=call.is_estimated,
        nanos=call.nanos,
        power_nanos=call.power_nanos,
    )


def _call(row: ModelCallRow) -> ModelCall:
    usage = None
    if row.input_tokens is not None:
        usage = Usage(
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens or 0,
            cached_tokens=row.cached_tokens or 0,
            cache_write_tokens=row.cache_write_tokens or 0,
        )
    return ModelCall(
        at=row.at,
        task_class=cast("TaskClass", row.task_class),
        asked_tier=cast("Tier", row.asked_tier),
        tier=cast("Tier", row.tier),
        provider=row.provider,
        model=row.model,
        answered_by=row.answered_by,
        rung=row.rung,
        outcome=cast("Outcome", row.outcome),
        error=row.error,
        first_text_s=None if row.first_text_us is None else row.first_text_us / MICROS,
        total_s=row.total_us / MICROS,
        usage=usage,
        is_estimated=row.is_estimated,
        nanos=row.nanos,
        power_nanos=row.power_nanos,
    )
