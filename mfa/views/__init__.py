"""The doors of the second factors."""
