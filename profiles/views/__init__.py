"""The doors of the resident's desk."""
