"""What Alembic runs for each command: it works in the caller's transaction and writes plain column types."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from shopfloor.database.base import Base


def plain_type(kind: str, value: object, writing: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what the database keeps, so that a revision stays true when the code changes."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return f"sa.{value.impl!r}"
    if kind == "type" and isinstance(value, JSONB):
        writing.imports.add("from sqlalchemy.dialects import postgresql")
        return "postgresql.JSONB()"  # Alembic writes the type of its keys too, but does not import it
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot change a table: it is copied
    transactional_ddl=True,
    render_item=plain_type,
)
with context.begin_transaction():
    context.run_migrations()
