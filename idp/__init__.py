"""Beacon: one account for every state service."""
