"""shopfloor, an AI team for an online shop."""
