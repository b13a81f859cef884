"""The shop in memory: its parts together."""

from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.effects import Effect
from shopfloor.shop.memory.carts import MemoryCarts
from shopfloor.shop.memory.catalogue import MemoryCatalogue
from shopfloor.shop.memory.customers import MemoryCustomers
from shopfloor.shop.memory.leads import MemoryLeads
from shopfloor.shop.memory.orders import MemoryOrders
from shopfloor.shop.memory.records import MemoryRecords
from shopfloor.shop.memory.returns import MemoryReturns
from shopfloor.shop.memory.shelves import Part, Shelves
from shopfloor.shop.memory.tickets import MemoryTickets


def memory_shop(contents: ShopContents) -> Shop:
    """Return a shop that starts with some contents and forgets all changes with the process."""
    shelves = Shelves(contents)
    return Shop(
        catalogue=MemoryCatalogue(shelves),
        orders=MemoryOrders(shelves),
        returns=MemoryReturns(shelves),
        carts=MemoryCarts(shelves),
        customers=MemoryCustomers(shelves),
        tickets=MemoryTickets(shelves),
        leads=MemoryLeads(shelves),
        effects=MemoryEffectBook(shelves),
        records=MemoryRecords(shelves.leads, shelves.tickets, shelves.effects.amend),
        capabilities=frozenset(Capability),
    )


class MemoryEffectBook(Part):
    """What was carried out."""

    async def find_effect(self, key: str) -> Effect | None:
        """Return what was carried out under a key, or None."""
        return self._shelves.effects.find(key)
