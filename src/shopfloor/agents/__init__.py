"""Agents as data: cards, their registry, the factory, handoffs, playbooks and the one interpreter for them. Floor 4."""
