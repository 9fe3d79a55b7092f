"""Floor 5, hall: the protocol."""
