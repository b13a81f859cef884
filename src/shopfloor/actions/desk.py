"""Where the staff propose actions: through the same gate, in a stream of their own."""

from collections.abc import Mapping

from pydantic import JsonValue

from shopfloor.actions.gate import Gate
from shopfloor.actions.proposal import Origin, Proposal
from shopfloor.actions.store import ActionRecord, Actions
from shopfloor.actions.undo import STAFF
from shopfloor.identity.identity import Staff
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import IdSource, StreamId

STREAM = StreamId("staff")
MAX_ID = 200


class StaffDesk:
    """Proposes as a person of the staff: owner of everything, bound by the shop's rules and the policy all the same."""

    def __init__(self, gate: Gate, actions: Actions, journal: Journal, ids: IdSource) -> None:
        """Take the gate, the actions and their journal, and where ids come from."""
        self._gate = gate
        self._actions = actions
        self._journal = journal
        self._ids = ids

    async def propose(
        self, kind: str, args: Mapping[str, JsonValue], staff: Staff, *, given: str | None = None
    ) -> ActionRecord:
        """Propose an action and return what became of it.

        `given` is the caller's own id of the action: proposed again under it, it is the same one, whoever does so.

        Raises:
            InvalidInput: an unknown kind, arguments that do not fit it, or an id that is none.
            Conflict: the id was used for another action.
            NotFound: what it is about is not there.
        """
        key = f"staff/{self._ids.new('ask') if given is None else _checked(given)}"

        async def journal(event: ActionMoved) -> None:
            await self._journal.append(STREAM, [event])

        proposal = Proposal(
            kind=kind, args=args, identity=staff, key=key, origin=Origin(agent=STAFF, agent_name=staff.name)
        )
        await self._gate.submit(proposal, journal)
        record = await self._actions.get(key)
        if record is None:
            raise NotFound(f"the action {key} was not recorded")
        return record


def _checked(given: str) -> str:
    if not 0 < len(given) <= MAX_ID or not given.isascii() or not given.isprintable() or given != given.strip():
        raise InvalidInput(f"the id of an action is a line of 1 to {MAX_ID} printable ASCII characters")
    return given
