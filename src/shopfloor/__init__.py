"""shopfloor, an AI team for an online shop: what a developer of a shop needs of it."""

from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import parse_card
from shopfloor.app import App, memory_app, open_app
from shopfloor.config import Config
from shopfloor.conversation.live import Released
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import Event
from shopfloor.kernel.errors import CallerError, ShopfloorError, WorldError

__all__ = [
    "GUEST",
    "AgentCard",
    "App",
    "CallerError",
    "Config",
    "Event",
    "Identity",
    "Released",
    "ShopfloorError",
    "WorldError",
    "memory_app",
    "open_app",
    "parse_card",
]
