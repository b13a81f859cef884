"""Floor 0, the ground: errors, money, time and ids. Everything may use it; it uses nothing of ours."""
