"""The table of attached MCP servers."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy.orm import Mapped, mapped_column

from shopfloor.database.base import Base, Instant, Json


class McpServerRow(Base):
    """An attached server with what it offered; secrets stay in the environment."""

    __tablename__ = "mcp_servers"

    name: Mapped[str] = mapped_column(primary_key=True)
    command: Mapped[list[str]] = mapped_column(Json)
    environment: Mapped[list[str]] = mapped_column(Json)
    url: Mapped[str]
    header: Mapped[str]
    header_variable: Mapped[str]
    reads: Mapped[list[str]] = mapped_column(Json)
    allowed: Mapped[list[str]] = mapped_column(Json)
    agents: Mapped[list[str]] = mapped_column(Json)
    offered: Mapped[list[dict[str, JsonValue]]] = mapped_column(Json)
    attached_at: Mapped[datetime] = mapped_column(Instant)
