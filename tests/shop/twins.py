"""Opens either twin of the shop on some contents."""

from shopfloor.database.engine import Database
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.sql import load, sql_shop


async def opened(kind: str, database: Database, contents: ShopContents) -> Shop:
    if kind == "memory":
        return memory_shop(contents)
    await load(database, contents)
    return sql_shop(database)
