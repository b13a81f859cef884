"""All that holds something of persons, in one hand."""

from dataclasses import dataclass

from shopfloor.actions.store import Actions
from shopfloor.journal.contract import Journal
from shopfloor.models.ledger import Ledger
from shopfloor.models.spending import Spending
from shopfloor.outreach.contract import Outreaches
from shopfloor.profiles.contract import Profiles
from shopfloor.shop.contract import Shop


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """Where something of persons is kept."""

    journal: Journal
    actions: Actions
    """Rows beside the journal, emptied by its erasures."""
    shop: Shop
    profiles: Profiles
    outreaches: Outreaches
    spending: Spending
    ledger: Ledger
    """It holds no words, and nobody's name."""
