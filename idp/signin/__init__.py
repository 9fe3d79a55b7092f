"""Floor 5, hall: create an account, sign in, sign out."""
