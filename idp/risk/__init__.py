"""Floor 3: how strange is this."""
