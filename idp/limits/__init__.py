"""Floor 1: how often."""
