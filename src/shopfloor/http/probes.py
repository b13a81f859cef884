"""How things stand when somebody asks: what waits in the database, and what this process is busy with."""

from collections.abc import Mapping

from shopfloor.actions.store import UNSETTLED
from shopfloor.http.limits import ALL_STREAMS, Places
from shopfloor.http.services import Services
from shopfloor.journal.waiting import Waiting
from shopfloor.telemetry.gauges import Probe


def probes_of(services: Services, places: Places) -> Mapping[str, Probe]:
    """Return what can be read of a running server, by name; each is one look, or two."""

    async def conversations() -> Mapping[str, float]:
        return await _conversations(services)

    async def actions() -> Mapping[str, float]:
        counts = await services.actions.live_counts()
        return {
            "shopfloor_actions_waiting_for_approval": counts.get("needs_approval", 0),
            "shopfloor_actions_unsettled": sum(counts.get(state, 0) for state in (*UNSETTLED, "approved")),
        }

    async def outreaches() -> Mapping[str, float]:
        due = await services.outreach.outreaches.count_due(services.clock.now())
        return {"shopfloor_outreaches_due": due}

    async def process() -> Mapping[str, float]:
        turns, streams = services.chat.turns_running, places.taken(ALL_STREAMS)
        return {"shopfloor_turns_running": turns, "shopfloor_streams_open": streams}

    return {"conversations": conversations, "actions": actions, "outreaches": outreaches, "process": process}


async def _conversations(services: Services) -> Mapping[str, float]:
    waiting = await services.journal.unanswered()
    waited_s = 0.0
    if waiting:
        events = await services.journal.read(waiting[0])
        since = Waiting().after(events, reversed(events)).since
        waited_s = max(0.0, (services.clock.now() - since).total_seconds()) if since else 0.0
    return {"shopfloor_conversations_waiting": len(waiting), "shopfloor_oldest_wait_seconds": waited_s}
