"""Running an effect once per key, whatever happens to the process: the contract, and the twin inside the process.

Floor 0, beside the journal and the shop.
"""
