"""Signals and outreaches in the installation's database."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, and_, delete, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, OrderNumber
from shopfloor.kernel.persons import Person
from shopfloor.outreach.attempts import (
    UNDER_WAY,
    Decision,
    EndState,
    OutboxMessage,
    Outreach,
    OutreachState,
    Recipient,
    counted,
    email_key,
    ended,
    judged,
)
from shopfloor.outreach.contract import Judge
from shopfloor.outreach.memory import check_same
from shopfloor.outreach.rows import OutboxRow, OutreachRow, SignalRow
from shopfloor.outreach.rules import WEEK
from shopfloor.outreach.signals import SIGNALS, Purpose, Signal, SignalKind

PIECE = 500
SIGNALS_TABLE = cast("Table", SignalRow.__table__)
IS_KNOWN = SignalRow.kind.in_(SIGNALS)
"""Signals of other kinds are a newer version's: they are left to its processes."""
OF_KNOWN = OutreachRow.signal.has(IS_KNOWN)
NEXT = select(func.coalesce(func.max(SIGNALS_TABLE.c.received), 0) + 1)
_DECISIONS = TypeAdapter(tuple[Decision, ...])


class SqlOutreaches:
    """Kept in tables."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the database, and the clock that signals are marked taken by."""
        self._database = database
        self._clock = clock

    async def add_signal(self, signal: Signal) -> bool:
        """Store a signal, and return whether it is new."""

        def add(session: Session) -> bool:
            known = session.get(SignalRow, signal.id)
            if known:
                check_same(_signal(known), signal)
                return False
            received = (session.scalar(select(func.max(SignalRow.received))) or 0) + 1
            session.add(
                SignalRow(id=signal.id, received=received, kind=signal.kind, data=dict(signal.values), at=signal.at)
            )
            return True

        return await self._database.write(add)

    def note(self, connection: Connection, signal: Signal) -> None:
        """Store a signal of the installation's own in a transaction under way; one that is known changes nothing."""
        table = SIGNALS_TABLE
        if connection.scalar(select(exists().where(table.c.id == signal.id))):
            return
        values = {"id": signal.id, "kind": signal.kind, "data": dict(signal.values), "at": signal.at}
        connection.execute(insert(table).values(received=connection.scalar(NEXT), **values))

    async def untaken(self, *, limit: int = 100) -> Sequence[Signal]:
        """Return the signals whose outreaches have not been made."""
        waiting = (
            select(SignalRow).where(SignalRow.taken_at.is_(None), IS_KNOWN).order_by(SignalRow.received).limit(limit)
        )
        return await self._database.read(lambda session: [_signal(row) for row in session.scalars(waiting)])

    async def take(self, signal: Signal, outreaches: Sequence[Outreach]) -> None:
        """Store a signal's outreaches and mark it taken."""

        def take(session: Session) -> None:
            row = session.get(SignalRow, signal.id, with_for_update=True)
            if row is None or row.taken_at:
                return
            row.taken_at = self._clock.now()
            for some in _in_pieces(outreaches):
                ids = [outreach.id for outreach in some]
                wishes = [outreach.wish for outreach in some if outreach.wish]
                known = set(session.scalars(select(OutreachRow.id).where(OutreachRow.id.in_(ids))))
                held = set(session.scalars(select(OutreachRow.wish).where(OutreachRow.wish.in_(wishes))))
                for outreach in some:
                    if outreach.id not in known and (outreach.wish is None or outreach.wish not in held):
                        session.add(_written(OutreachRow(id=outreach.id, signal_id=signal.id), outreach))
                        known.add(outreach.id)
                        held.add(outreach.wish)
                session.flush()

        await self._database.write(take)

    async def due(self, at: datetime, *, limit: int = 100) -> Sequence[Outreach]:
        """Return the outreaches with something left to do."""
        open_ones = select(OutreachRow).where(OutreachRow.is_open, OutreachRow.due_at <= at, OF_KNOWN)
        due = open_ones.order_by(OutreachRow.due_at, OutreachRow.id).limit(limit)
        return await self._database.read(lambda session: [_outreach(row) for row in session.scalars(due)])

    async def count_due(self, at: datetime) -> int:
        """Return how many outreaches have something left to do."""
        due = select(func.count()).select_from(OutreachRow).where(OutreachRow.is_open, OutreachRow.due_at <= at)
        return await self._database.read(lambda session: session.scalar(due) or 0)

    async def decide(
        self, outreach_id: str, judge: Judge, *, at: datetime, conversation_id: ConversationId | None
    ) -> Outreach:
        """Judge an outreach under way, and store the verdict."""

        def decide(session: Session) -> Outreach:
            row = _locked(session, outreach_id)
            outreach = _outreach(row)
            if outreach.state in UNDER_WAY:
                verdict = judge(counted(_marketing(session, outreach, at), outreach))
                outreach = judged(outreach, verdict, at, conversation_id)
                _written(row, outreach)
            return outreach

        return await self._database.write(decide)

    async def end(
        self, outreach_id: str, state: EndState, rule: str, *, at: datetime, message: OutboxMessage | None = None
    ) -> Outreach:
        """Store what became of an outreach under way, and its message."""

        def end(session: Session) -> Outreach:
            row = _locked(session, outreach_id)
            outreach = _outreach(row)
            if outreach.state in UNDER_WAY:
                outreach = ended(outreach, state, rule, at)
                _written(row, outreach)
                if message:
                    session.add(_outbox_row(message))
            return outreach

        return await self._database.write(end)

    async def close(self, outreach_id: str) -> None:
        """Note that nothing is left to do."""

        def close(session: Session) -> None:
            _locked(session, outreach_id).is_open = False

        await self._database.write(close)

    async def signals(self, *, limit: int = 50) -> Sequence[Signal]:
        """Return the newest signals first."""
        newest = select(SignalRow).where(IS_KNOWN).order_by(SignalRow.at.desc(), SignalRow.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_signal(row) for row in session.scalars(newest)])

    async def outreaches_of(self, signal_id: str) -> Sequence[Outreach] | None:
        """Return what came of a signal; None while it is not taken."""
        theirs = select(OutreachRow).where(OutreachRow.signal_id == signal_id).order_by(OutreachRow.id)

        def read(session: Session) -> Sequence[Outreach] | None:
            signal = session.get(SignalRow, signal_id)
            if signal is None or signal.taken_at is None:
                return None
            return [_outreach(row) for row in session.scalars(theirs)]

        return await self._database.read(read)

    async def outbox(self, *, limit: int = 50) -> Sequence[OutboxMessage]:
        """Return the newest messages first."""
        newest = select(OutboxRow).order_by(OutboxRow.created_at.desc(), OutboxRow.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_message(row) for row in session.scalars(newest)])

    async def held(self, person: Person) -> Sequence[tuple[Outreach, OutboxMessage | None]]:
        """Return a person's outreaches, each with its message."""
        by_address = and_(OutreachRow.customer_id.is_(None), OutreachRow.email_key == email_key(person.email or ""))
        is_theirs = [] if person.customer_id is None else [OutreachRow.customer_id == person.customer_id]
        both = select(OutreachRow, OutboxRow).outerjoin(OutboxRow, OutboxRow.id == OutreachRow.id)
        theirs = both.where(or_(by_address, *is_theirs)).order_by(OutreachRow.id)

        def read(session: Session) -> Sequence[tuple[Outreach, OutboxMessage | None]]:
            found = [(_outreach(row), message and _message(message)) for row, message in session.execute(theirs)]
            return [
                (one, message) for one, message in found if person.owns(one.recipient.customer_id, one.recipient.email)
            ]

        return await self._database.read(read)

    async def old(self, before: datetime, *, after: str = "", limit: int = 500) -> Sequence[str]:
        """Return a page of ids of outreaches with nothing left to do, last due before an instant."""
        old = (
            select(OutreachRow.id)
            .outerjoin(OutboxRow, OutboxRow.id == OutreachRow.id)
            .where(~OutreachRow.is_open, OutreachRow.due_at < before, OutreachRow.id > after)
            .where(or_(OutboxRow.id.is_(None), OutboxRow.created_at < before))
            .order_by(OutreachRow.id)
            .limit(limit)
        )
        return await self._database.read(lambda session: list(session.scalars(old)))

    async def remove(self, outreach_ids: Sequence[str]) -> int:
        """Remove outreaches with their messages for good, from the disk too."""

        def remove(session: Session) -> int:
            count = 0
            for start in range(0, len(outreach_ids), PIECE):
                some = outreach_ids[start : start + PIECE]
                session.execute(delete(OutboxRow).where(OutboxRow.id.in_(some)))
                count += len(
                    list(session.scalars(delete(OutreachRow).where(OutreachRow.id.in_(some)).returning(OutreachRow.id)))
                )
            return count

        count = await self._database.write(remove)
        await self._database.forget_deleted()
        return count


def _in_pieces(outreaches: Sequence[Outreach]) -> Iterator[Sequence[Outreach]]:
    """Cut outreaches into pieces that a statement can name."""
    for start in range(0, len(outreaches), PIECE):
        yield outreaches[start : start + PIECE]


def _locked(session: Session, outreach_id: str) -> OutreachRow:
    row = session.get(OutreachRow, outreach_id)
    if row is None:
        raise NotFound(f"there is no outreach {outreach_id}")
    return row


def _marketing(session: Session, outreach: Outreach, at: datetime) -> Sequence[Outreach]:
    """Return what the customer of an outreach was sent of late."""
    recipient = outreach.recipient
    same = [OutreachRow.email_key == email_key(recipient.email)]
    if recipient.customer_id:
        same.append(OutreachRow.customer_id == recipient.customer_id)
    rows = session.scalars(
        select(OutreachRow).where(OutreachRow.purpose == "marketing", OutreachRow.admitted_at > at - WEEK, or_(*same))
    )
    return [_outreach(row) for row in rows]


def _signal(row: SignalRow) -> Signal:
    kind = cast(SignalKind, row.kind)
    return Signal(id=row.id, kind=kind, data=SIGNALS[kind].model_validate(row.data, extra="ignore"), at=row.at)


def _outreach(row: OutreachRow) -> Outreach:
    return Outreach(
        id=row.id,
        signal=_signal(row.signal),
        agent=AgentId(row.agent),
        skill=row.skill,
        purpose=cast(Purpose, row.purpose),
        recipient=Recipient(
            email=row.email,
            customer_id=CustomerId(row.customer_id) if row.customer_id else None,
            lead_id=row.lead_id,
            order_number=OrderNumber(row.order_number) if row.order_number else None,
            conversation_id=ConversationId(row.asked_in) if row.asked_in else None,
        ),
        planned_for=row.planned_for,
        due_at=row.due_at,
        state=cast(OutreachState, row.state),
        is_open=row.is_open,
        admitted_at=row.admitted_at,
        conversation_id=ConversationId(row.conversation_id) if row.conversation_id else None,
        decisions=_DECISIONS.validate_python(row.decisions, extra="ignore"),
    )


def _written(row: OutreachRow, outreach: Outreach) -> OutreachRow:
    """Write an outreach into its row, and return that."""
    recipient = outreach.recipient
    row.agent, row.skill, row.purpose = outreach.agent, outreach.skill, outreach.purpose
    row.email, row.email_key = recipient.email, email_key(recipient.email)
    row.customer_id, row.lead_id = recipient.customer_id, recipient.lead_id
    row.order_number, row.asked_in = recipient.order_number, recipient.conversation_id
    row.wish = outreach.wish
    row.planned_for, row.due_at, row.admitted_at = outreach.planned_for, outreach.due_at, outreach.admitted_at
    row.state, row.is_open = outreach.state, outreach.is_open
    row.conversation_id = outreach.conversation_id
    row.decisions = cast("list[dict[str, Any]]", _DECISIONS.dump_python(outreach.decisions, mode="json"))
    return row


def _message(row: OutboxRow) -> OutboxMessage:
    return OutboxMessage(
        id=row.id,
        email=row.email,
        subject=row.subject,
        text=row.text,
        conversation_id=ConversationId(row.conversation_id),
        purpose=cast(Purpose, row.purpose),
        created_at=row.created_at,
        not_before=row.not_before,
        sent_at=row.sent_at,
    )


def _outbox_row(message: OutboxMessage) -> OutboxRow:
    return OutboxRow(
        id=message.id,
        email=message.email,
        subject=message.subject,
        text=message.text,
        conversation_id=message.conversation_id,
        purpose=message.purpose,
        created_at=message.created_at,
        not_before=message.not_before,
        sent_at=message.sent_at,
    )
