"""Which of the shop's tools other systems may call over MCP, and the calls.

They only read. Who the customer is comes with the caller, from code: no tool takes it, and whoever shows nothing is a
guest. What is called here belongs to no conversation, so it is not journaled and nothing is remembered of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from shopfloor.identity.identity import Identity
from shopfloor.journal.events import EventData
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import AgentId, ConversationId, TurnId
from shopfloor.models.contract import ToolSpec
from shopfloor.tools.contract import EarlierCall, Tool, ToolArgs, ToolContext, Toolset

SERVED = frozenset(
    {
        "ask_product",
        "check_availability",
        "check_return",
        "compare_products",
        "get_cart",
        "get_order",
        "get_product",
        "get_variant",
        "list_orders",
        "list_promotions",
        "my_sign_ups",
        "read_full_document",
        "returnable_orders",
        "search_knowledge",
        "search_products",
    }
)
"""The reads that make sense outside a conversation; a new tool is served once it stands here."""
NOWHERE = ConversationId("mcp")
"""In place of a conversation; a guest's cart would belong to one, so here it is empty."""
CALLER = AgentId("mcp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """A `Session` outside every conversation."""

    identity: Identity

    @property
    def conversation_id(self) -> ConversationId:
        """Return what stands in for a conversation's id."""
        return NOWHERE

    def earlier(self, *tools: str) -> Sequence[EarlierCall]:
        """Return no calls: none is remembered."""
        return ()

    async def record(self, event: EventData) -> None:
        """Refuse to journal.

        Raises:
            InvalidInput: always; only tools that read are served.
        """
        raise InvalidInput("this needs a conversation: it cannot be done here")


class ServedTools:
    """The served tools."""

    def __init__(self, tools: Toolset, clock: Clock) -> None:
        """Take the shop's own tools, and the clock."""
        self._tools = tools
        self._clock = clock
        self._served: dict[str, Tool[ToolArgs]] = {
            tool.name: tool for tool in tools.tools() if tool.is_read and tool.name in SERVED
        }

    def specs(self) -> Sequence[ToolSpec]:
        """Return the tools as clients see them."""
        return [tool.spec() for tool in self._served.values()]

    async def call(self, name: str, args: Mapping[str, JsonValue], identity: Identity) -> dict[str, JsonValue]:
        """Call a tool for whoever is calling.

        Raises:
            NotFound: no such tool is served.
            InvalidInput: the arguments do not fit.
            WorldError: the shop did not answer.
        """
        if name not in self._served:
            raise NotFound(f"there is no tool called {name[:100]}")
        context = ToolContext(
            session=Visit(identity=identity),
            turn_id=TurnId(NOWHERE),
            task_id=NOWHERE,
            agent=CALLER,
            agent_name="MCP",
            origin=NOWHERE,
            now=self._clock.now(),
        )
        return (await self._tools.call(name, args, context)).output
