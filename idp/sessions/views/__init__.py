"""The doors of this room: a session goes on."""
