"""Doors of the limits: the page that asks for a proof of work."""
