"""Floor 3: who is at the door."""
