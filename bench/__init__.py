"""What Beacon costs: measured, not guessed."""
