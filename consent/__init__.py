"""Floor 5, tenant: who may know what."""
