"""Shared signals: what happened to an account, told to the apps that know its resident."""
