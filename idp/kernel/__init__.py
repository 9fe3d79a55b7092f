"""Floor 0, the ground: settings, clock, crypto, database, errors, contracts. Knows no person, page or protocol."""
