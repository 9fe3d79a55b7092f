"""Floor 2: who exists."""
