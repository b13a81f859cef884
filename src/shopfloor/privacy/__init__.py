"""What is held of persons, in both halves: whose it is, given out, erased, and kept only so long. Floor 6."""
