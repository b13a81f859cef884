"""Returns on the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop import rules, writes
from shopfloor.shop.models import Return, ReturnKind, ReturnLine, ReturnState
from shopfloor.shop.rules import ReturnWish
from shopfloor.shop.sql.accounts import locked_account
from shopfloor.shop.sql.catalogue import products_of
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.return_rows import read_returns, return_of, return_row
from shopfloor.shop.sql.rows import ReturnRow


class SqlReturns:
    """What comes back."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def returns_of(self, number: OrderNumber) -> Sequence[Return]:
        """Return an order's returns, oldest first."""
        return await self._database.read_core(lambda connection: list(read_returns(connection, number)))

    async def list_returns(self, state: ReturnState, *, limit: int = 50) -> Sequence[Return]:
        """Return the returns in a state, oldest first."""
        those = select(ReturnRow).where(ReturnRow.state == state)
        oldest = those.order_by(ReturnRow.requested_at, ReturnRow.id).limit(limit)
        return await self._database.read(lambda session: [return_of(row) for row in session.scalars(oldest)])

    async def request_return(
        self,
        number: OrderNumber,
        kind: ReturnKind,
        lines: Sequence[ReturnLine],
        *,
        has_label: bool = False,
        payment_method_id: str = "",
        at: datetime,
        key: str,
    ) -> Return:
        """Register that goods shall come back."""
        wish = ReturnWish(
            kind=kind, lines=tuple(lines), has_label=has_label, payment_method_id=payment_method_id, at=at
        )

        def request(session: Session) -> Return:
            account = locked_account(session, number).account
            products = products_of(session, wish.wanted)
            new = rules.requested_return(account, read_returns(session.connection(), number), wish, products)
            session.add(return_row(new))
            return new

        return await self._writer.once(writes.request_return(number, wish, key=key), request)

    async def withdraw_return(self, return_id: str, *, key: str) -> Return:
        """Call off a return."""

        def withdraw(session: Session) -> Return:
            row = _locked_return(session, return_id)
            back = rules.withdrawn(return_of(row))
            row.state = back.state
            return back

        return await self._writer.once(writes.withdraw_return(return_id, key=key), withdraw)

    async def reinstate_return(self, return_id: str, *, at: datetime, key: str) -> Return:
        """Take up a return again."""

        def reinstate(session: Session) -> Return:
            row = _locked_return(session, return_id)
            account = locked_account(session, row.order_number).account
            others = read_returns(session.connection(), row.order_number)
            back = rules.reinstated(account, others, return_of(row), at=at)
            row.state = back.state
            return back

        return await self._writer.once(writes.reinstate_return(return_id, key=key), reinstate)


def _locked_return(session: Session, return_id: str) -> ReturnRow:
    row = session.get(ReturnRow, return_id, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no return {return_id}")
    return row
