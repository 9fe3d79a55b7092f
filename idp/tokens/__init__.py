"""Floor 3: what was given out."""
