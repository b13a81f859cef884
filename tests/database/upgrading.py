"""A process that starts: `python upgrading.py <database>`."""

import sys
from pathlib import Path

from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade

upgrade(Database.sqlite(Path(sys.argv[1])))
