"""Reaching customers unasked: signals, the rules that hold, what was sent, and the outbox. Floor 1."""
