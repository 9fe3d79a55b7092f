"""The doors of this room: pages for everybody, files, and health."""
