"""Finding products and knowledge. Floor 1."""
