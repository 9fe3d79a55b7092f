"""Time-based codes (RFC 6238): six digits, SHA-1, steps of 30 seconds. The only module that imports pyotp."""

from __future__ import annotations

import base64

import pyotp

from idp.kernel.crypto import keyring, same
from mfa.typed import plain

STEP = 30
DIGITS = 6
DRIFT = 1
SEED_BYTES = 20


def new_seed() -> str:
    """A random seed of 160 bits in base32."""
    return pyotp.random_base32()


def seed_for(account_id: str, occasion: str) -> str:
    """The seed offered to an account on one occasion, 160 bits in base32.

    It is derived under a secret key rather than drawn, so that a set-up page can be opened, reloaded and read in
    another language without writing anything and still show the same seed. ``occasion`` must be known to one browser
    alone and end with the set-up.
    """
    derived = keyring().keyed("index", f"totp seed\0{account_id}\0{occasion}")
    return base64.b32encode(derived[:SEED_BYTES]).decode()


def uri(seed: str, *, issuer: str, account: str) -> str:
    """The ``otpauth`` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(seed).provisioning_uri(name=account, issuer_name=issuer)


def step_at(at: int) -> int:
    """The time step of ``at`` (seconds since the epoch)."""
    return at // STEP


def matching_step(seed: str, code: str, at: int, last_step: int) -> int | None:
    """The time step whose code this is: the present one or a neighbour, and later than ``last_step``.

    Where one code fits two steps the later counts, so that spending it spends both. Every candidate is compared, each
    in constant time (RFC 6238 section 5.2).
    """
    typed = plain(code)
    totp, present = pyotp.TOTP(seed), step_at(at)
    candidates = range(max(present - DRIFT, 0), present + DRIFT + 1)
    fitting = [step for step in candidates if same(totp.generate_otp(step), typed)]
    return max((step for step in fitting if step > last_step), default=None)
