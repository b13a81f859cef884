"""The embedded shop, on SQLite or PostgreSQL: `rows` holds its tables, each other module one part of the contract."""

from shopfloor.shop.sql.shop import load, sql_shop

__all__ = ["load", "sql_shop"]
