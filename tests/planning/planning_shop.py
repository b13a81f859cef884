"""The rule planner over the demo shop's catalogue and the shipped cards."""

from functools import lru_cache

from demo_app import contents

from shopfloor.agents.registry import shipped_cards
from shopfloor.planning.rules import RulePlanner, not_ours
from shopfloor.search.products import CatalogueSearch
