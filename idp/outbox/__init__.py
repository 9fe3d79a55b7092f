"""Floor 1: what must reach others."""
