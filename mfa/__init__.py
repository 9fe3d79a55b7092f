"""Floor 5, tenant: second factors."""
