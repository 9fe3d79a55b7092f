"""Floor 5, tenant: the resident's own desk."""
