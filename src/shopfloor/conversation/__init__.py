"""The customer's half: one state per conversation, and the orchestrator that answers. Floor 6."""
