"""Floor 2: agency apps, and how each of them knows a resident."""
