"""`python -m shopfloor.database.revise "add agents"`: writes the next revision, for developers of shopfloor."""

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

from shopfloor.database import alembic_run
from shopfloor.database.engine import Database
from shopfloor.database.migrate import newest_revision, upgrade

PACKAGE = "shopfloor"


def import_rows() -> None:
    """Import every module named `rows`, so that the metadata holds all tables; no floor is known from here by name."""
    package = import_module(PACKAGE)
    for module in walk_packages(package.__path__, f"{PACKAGE}."):
        if module.name.endswith(".rows"):
            import_module(module.name)


def revise(message: str) -> None:
    """Write the revision that brings a database of the newest one to the rows as they are now."""
    import_rows()
    with TemporaryDirectory() as directory:
        database = Database.sqlite(Path(directory) / "empty.db")
        upgrade(database)
        with database.engine.begin() as connection:
            alembic_run.write_revision(connection, f"{int(newest_revision()) + 1:04d}", message)
        database.close()


if __name__ == "__main__":
    revise(sys.argv[1])
