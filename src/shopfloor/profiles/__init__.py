"""What the shop remembers of a verified customer: sizes, tastes, open matters. Floor 1."""
