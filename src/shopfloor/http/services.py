"""What the routes use of an installation; `app` fills it in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from shopfloor.actions.approvals import Approvals
from shopfloor.actions.desk import StaffDesk
from shopfloor.actions.gate import Gate
from shopfloor.actions.policies import Policies
from shopfloor.actions.store import Actions
from shopfloor.actions.undo import Undoing
from shopfloor.agents.registry import Registry
from shopfloor.agents.settings import Settings
from shopfloor.agents.team import Team
from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.conversation.outreach_runner import OutreachRunner
from shopfloor.database.health import Check
from shopfloor.identity.identity import Identity
from shopfloor.identity.keys import ApiKeys
from shopfloor.journal.contract import Journal
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import IdSource
from shopfloor.knowledge.desk import KnowledgeDesk
from shopfloor.privacy.customer_data import CustomerData
from shopfloor.profiles.records import ProfileRecords
from shopfloor.search.contract import ProductSearch
from shopfloor.telemetry.telemetry import Telemetry


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """What the routes use."""

    chat: ChatOrchestrator
    outreach: OutreachRunner
    journal: Journal
    gate: Gate
    actions: Actions
    approvals: Approvals
    undoing: Undoing
    staff_desk: StaffDesk
    registry: Registry
    settings: Settings
    policies: Policies
    team: Team
    search: ProductSearch
    knowledge: KnowledgeDesk
    keys: ApiKeys
    profiles: ProfileRecords
    customers: CustomerData
    identify: Callable[[str], Awaitable[Identity]]
    """Says who a customer's token names; raises `InvalidInput` or `NotFound`."""
    secret: bytes
    """The installation's, at least 32 bytes: conversation secrets are derived from it."""
    clock: Clock
    ids: IdSource
    telemetry: Telemetry | None = None
    """What was counted; None where nothing is."""
    background: tuple[Callable[[], Awaitable[None]], ...] = ()
    """What runs beside the server until it ends, such as timers; each is cancelled at the end."""
    upkeep: tuple[Callable[[], Awaitable[None]], ...] = ()
    """The same, for what each process keeps in memory, whatever it is there for."""
    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])
    """What must work for requests to be taken, by name."""
