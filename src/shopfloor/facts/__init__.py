"""The shared context: what all agents of both halves know now."""
