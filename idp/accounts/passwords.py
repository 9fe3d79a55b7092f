"""How passwords are kept and checked. The only file that knows Argon2.

A password is brought to Unicode form NFC and otherwise taken exactly as typed. What is hashed is its HMAC under the
pepper, which lives outside the database, so a stolen table alone cannot be guessed at (63B section 3.1.1.2). Argon2id
with 19 MiB, two passes and one lane is the OWASP floor; a hash with other parameters is renewed at the next sign-in.
"""

from __future__ import annotations

import base64
from typing import NewType
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from idp.accounts import strength
from idp.kernel.crypto import blind_index, keyring
from idp.kernel.settings import settings

PasswordHash = NewType("PasswordHash", str)
"""What is kept of a password; a type of its own, so that no password is kept by mistake."""

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
WITH_SECOND_FACTOR = 8
ALONE = 15
MOST_TYPED = 4 * strength.LONGEST
"""Code points that are looked at, before form NFC, which may need a quarter of them. Bounds the cost of any check."""

_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


DECOY = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${_text(bytes(16))}${_text(bytes(32))}"
"""A hash that no password has. Verifying against it costs what a real one costs."""


def minimum_length() -> int:
    """The least number of characters: 8 where a second factor always follows, 15 where a password may stand alone."""
    return WITH_SECOND_FACTOR if settings().mfa == "required" else ALONE


def demand_strong(password: str, *, minimum: int, context: tuple[str, ...]) -> None:
    """Raise ``WeakPassword`` with a sentence that says why, when the rules refuse ``password``.

    ``context`` holds what belongs to its owner: address, names. The names of the service are always added.
    """
    service = ("Beacon", settings().site_name, settings().agency_name)
    strength.demand(normalize("NFC", password[:MOST_TYPED]), minimum=minimum, context=(*context, *service))


def is_known_bad(password: str) -> bool:
    """Whether a password is on the shipped list of those that attackers try first. Nobody else is asked."""
    return strength.common(normalize("NFC", password[:MOST_TYPED]))


def hash_new(password: str, *context: str) -> PasswordHash:
    """The hash of a password that its owner chose. Slow, so call it before a transaction is open.

    ``context`` is as in :func:`demand_strong`. Raises ``WeakPassword``.
    """
    demand_strong(password, minimum=minimum_length(), context=context)
    return make_hash(password)


def make_hash(password: str) -> PasswordHash:
    """The Argon2id hash to keep, with its parameters and a salt of 128 random bits."""
    return PasswordHash(_HASHER.hash(_peppered(password)))


def verify(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one whose hash was ``kept``, after exactly one Argon2 computation.

    Without a kept hash, or with a password longer than any that can be set, the answer is no at the same price.
    """
    possible = kept if len(password) <= MOST_TYPED else None
    try:
        _HASHER.verify(possible or DECOY, _peppered(password[:MOST_TYPED]))
    except (VerificationError, InvalidHashError):
        return False
    return possible is not None


def fingerprint(password: str) -> str:
    """A keyed digest by which one wrong password is noticed at many accounts. Kept for minutes, never a right one's."""
    return blind_index("tried password", normalize("NFC", password[:MOST_TYPED])).hex()


def outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _peppered(password: str) -> bytes:
    return keyring().keyed("pepper", normalize("NFC", password))
