"""Installations that are prepared once and copied for each crash, on SQLite or PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from postgres import Postgres

from shopfloor.config import Config


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """An installation that is closed."""

    config: Config
    server: Postgres | None
    """Where its database is; None where that is a file."""
    name: str | None = None
    """Of its database there."""

    @classmethod
    def at(cls, data: Path, server: Postgres | None) -> Self:
        """Return where an installation can be prepared."""
        name = server.create() if server else None
        url = server.url(name) if server and name else None
        return cls(config=Config(data=data, database_url=url), server=server, name=name)

    @property
    def database(self) -> str:
        """Return which database it is."""
        return "PostgreSQL" if self.server else "SQLite"

    @contextmanager
    def copied(self, to: Path) -> Iterator[Config]:
        """Copy all of it, and remove that afterwards."""
        shutil.copytree(self.config.data, to)
        name = self.server.create(self.name) if self.server else None
        try:
            yield Config(data=to, database_url=self.server.url(name) if self.server and name else None)
        finally:
            if self.server and name:
                self.server.drop(name)
            shutil.rmtree(to)
