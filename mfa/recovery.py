"""Recovery codes: ten look-up secrets of 80 random bits (NIST SP 800-63B-4 sections 3.1.2 and 4.2.1.1).

Written in Crockford's base32, which has no I, L, O or U, so that a handwritten code reads back in one way only.
"""

from __future__ import annotations

import secrets

from argon2.low_level import Type, hash_secret_raw

from idp.kernel.crypto import keyring
from mfa.typed import plain

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans("OIL", "011")
COUNT = 10
LENGTH = 16
GROUP = 4
SALT_BYTES = 16


def new_codes() -> tuple[str, ...]:
    """Ten different codes, as they are shown: ``XXXX-XXXX-XXXX-XXXX``."""
    codes: set[str] = set()
    while len(codes) < COUNT:
        codes.add("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))
    return tuple(grouped(code) for code in codes)


def new_salt() -> bytes:
    """The salt of one set."""
    return secrets.token_bytes(SALT_BYTES)


def grouped(text: str, separator: str = "-") -> str:
    """``text`` in groups of four."""
    return separator.join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def normalised(typed: str) -> str | None:
    """The code that was meant, in any case, spacing or look-alike letter; None when it cannot be one."""
    code = plain(typed).upper().translate(LOOKALIKES)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def digest(code: str, salt: bytes) -> bytes:
    """What is kept of a normalised code. One salt serves a set, so that an attempt costs one computation, not ten.

    Argon2id at the cost of a password (19 MiB, two passes), over a digest keyed with the pepper.
    """
    return hash_secret_raw(
        keyring().keyed("pepper", f"recovery code\0{code}"),
        salt,
        time_cost=2,
        memory_cost=19 * 1024,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
