"""Schema migrations: expand, then contract. A migration never imports a model."""
