"""Reading what people write: entities, answers, clauses. Floor 0, over the kernel; knows no shop."""
