"""The shop: its nouns (`models`), the narrow contracts that a shop system offers (`contract`), and the implementations.

`memory` is the twin that ships for tests and simulations; `sql` is the embedded shop on SQLite or PostgreSQL; `demo`
fills either one with a believable shop. Floor 0.
"""
