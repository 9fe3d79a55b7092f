"""The protocol's endpoints, one file each."""
