"""From messages to plans, and plans to work; both halves stand on it. Floor 5."""
