"""What agents can do: tools, toolsets and their wrappers, and the retail tools with their action kinds. Floor 3."""
