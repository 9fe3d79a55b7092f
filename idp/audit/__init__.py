"""Floor 1: what happened, for good."""
