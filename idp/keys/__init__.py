"""Floor 2: what Beacon signs with."""
