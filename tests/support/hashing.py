"""Argon2 with its true parameters, computed once for the same password: most tests sign the same person in."""

from __future__ import annotations

from functools import cache
from typing import Literal

from argon2 import PasswordHasher


class RememberingHasher:
    """Stands before a hasher. A password that was refused is checked anew each time."""

    def __init__(self, true: PasswordHasher) -> None:
        self.hash = cache(true.hash)
        self.check_needs_rehash = true.check_needs_rehash
        self.true = true
        self._found_right: set[tuple[str, bytes]] = set()

    def verify(self, kept: str, password: bytes) -> Literal[True]:
        """True, or an exception of argon2."""
        if (kept, password) not in self._found_right:
            self.true.verify(kept, password)
            self._found_right.add((kept, password))
        return True
