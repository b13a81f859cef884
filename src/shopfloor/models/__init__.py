"""Who thinks: the contract that every language model is spoken to by. Floor 1."""
