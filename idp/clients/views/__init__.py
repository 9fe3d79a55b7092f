"""What this room shows in a browser."""
