"""The shop's read tools, served to clients of the Model Context Protocol."""
