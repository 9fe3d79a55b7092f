"""The doors of consent."""
