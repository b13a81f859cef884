"""What became of customers' actions, for telling them: who asked, where, and whether it still is news."""

from collections.abc import Sequence

from shopfloor.actions.projection import is_erased
from shopfloor.actions.store import ActionRecord, Actions
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, Event, IdentityVerified
from shopfloor.kernel.ids import AgentId, OrderNumber, conversation_in
from shopfloor.outreach.attempts import Recipient

ORDER = "order:"


class ActionSettlements:
    """Knows it from the record of actions and from the journal of the conversation that an action stems from."""

    def __init__(self, actions: Actions, journal: Journal) -> None:
        """Take the record of actions and the journal."""
        self._actions = actions
        self._journal = journal

    async def agent(self, action_key: str) -> AgentId | None:
        """Return whose an action is; of one that undoes another, whose that was. None where there is none."""
        subject = await self._subject(action_key)
        return subject.agent if subject else None

    async def recipient(self, action_key: str) -> Recipient | None:
        """Return who asked for an action, and where; None where nobody is to hear of it."""
        subject = await self._subject(action_key)
        conversation = conversation_in(subject.stream) if subject else None
        if subject is None or conversation is None or subject.is_for_shop or is_erased(subject):
            return None  # of an erased customer no address is to be written down anew
        events = await self._journal.read(subject.stream)
        if _is_silent(events, action_key):
            return None
        if subject.customer_id:
            return Recipient(email="", customer_id=subject.customer_id, conversation_id=conversation)
        email = _identity_at(events, subject.key).email or ""
        return Recipient(email=email, order_number=_order(subject), conversation_id=conversation)

    async def gone(self, action_key: str, state: str) -> str | None:
        """Return the rule by which that an action came to a state is no news any more, or None while it is."""
        record, subject = await self._actions.get(action_key), await self._subject(action_key)
        if record is None or subject is None or is_erased(record) or is_erased(subject):
            return "action.erased"
        return "action.moved" if record.state != state or record.undone_by else None

    async def _subject(self, action_key: str) -> ActionRecord | None:
        """Return what a customer asked for: an action itself, or the one that it undoes."""
        record = await self._actions.get(action_key)
        return await self._actions.get(record.undoes) if record and record.undoes else record


def _is_silent(events: Sequence[Event], key: str) -> bool:
    return any(isinstance(one.data, ActionMoved) and one.data.key == key and one.data.is_silent for one in events)


def _identity_at(events: Sequence[Event], key: str) -> Identity:
    """Return what the customer had shown when an action was first proposed."""
    identity = GUEST
    for event in events:
        match event.data:
            case IdentityVerified(email=email, customer_id=customer_id):
                identity = Identity(customer_id=customer_id, email=email)
            case ActionMoved(key=one) if one == key:
                break
            case _:
                pass
    return identity


def _order(record: ActionRecord) -> OrderNumber | None:
    """Return the order that a guest's action is about: one that they had opened."""
    touched = [one.removeprefix(ORDER) for one in record.resources if one.startswith(ORDER)]
    return next((number for number in record.order_numbers if number in touched), None)
