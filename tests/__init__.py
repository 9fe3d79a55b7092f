"""Beacon's tests: they read as sentences and act as people."""
