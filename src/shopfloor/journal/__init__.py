"""What happened: append-only streams of events, numbered and chained, from which every state is folded. Floor 0."""
