"""A process that starts: `python upgrading.py <database>`."""

import sys

from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade

upgrade(Database(sys.argv[1]))
