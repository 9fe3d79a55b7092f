"""The doors of the sign-in hall."""
