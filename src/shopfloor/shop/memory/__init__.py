"""A shop in memory: the twin for tests and simulations; it keeps every promise of the contract but lasting.

Nothing here awaits, so each call is one piece to all other callers, as a transaction would be.
"""

from shopfloor.shop.memory.shop import memory_shop

__all__ = ["memory_shop"]
