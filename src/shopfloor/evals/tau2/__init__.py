"""Measuring the writes of a shop with the retail domain of tau2-bench: its database, tasks and policy.

Nothing of that data is here: it is read from files, made into a shop in memory, worked on through the tools and the
gate of the product, and written back in its own form to be compared.
"""
