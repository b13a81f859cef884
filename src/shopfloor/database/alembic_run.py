"""How Alembic is called: on a connection that is already in its transaction, with this package's revisions."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, revision: str) -> None:
    """Bring the schema up to a revision."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the schema back to a revision; `base` for nothing at all. What the later tables held is lost."""
    command.downgrade(_config(connection), revision)


def write_revision(connection: Connection, revision: str, message: str) -> None:
    """Write the revision that brings the schema from where the database is to the imported rows."""
    command.revision(_config(connection), message, autogenerate=True, rev_id=revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "shopfloor.database:migrations")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
