"""Time-based codes (RFC 6238): six digits, SHA-1, steps of 30 seconds. The only module that imports pyotp."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import pyotp

from idp.kernel.crypto import keyring, same
from mfa.typed import plain

STEP = 30
DIGITS = 6
WINDOW = 1
SET_UP_WINDOW = 10
"""Steps away that the first code of an app may be, from which its drift is learnt."""

HINT_WINDOW = 20
"""Steps away at which a refused code still tells that a clock is wrong."""

TELL_FROM = 60
"""Seconds that a clock may be wrong before its owner is told."""

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


def matching_step(
    seed: str, code: str, at: int, last_step: int, *, drift: int | None = None, window: int = WINDOW
) -> int | None:
    """The time step whose code this is, later than ``last_step`` and at most ``window`` steps away from ``at`` (seconds
    since the epoch), or from where the app's clock stood when it was last seen ``drift`` seconds ahead.

    Both are tried, so that a clock that was set right since then shuts nobody out. Where one code fits two steps the
    later counts, so that spending it spends both. Every candidate is compared, each in constant time (RFC 6238
    sections 5.2 and 6).
    """
    centres = {step_at(at), step_at(at + (drift or 0))}
    near = {centre + offset for centre in centres for offset in range(-window, window + 1)}
    return max((step for step in _fitting(seed, code, near) if step > last_step), default=None)


def seconds_off(seed: str, code: str, at: int) -> int | None:
    """How many seconds ahead of ``at`` a clock is that shows this code; None when no clock that is near does."""
    present = step_at(at)
    fitting = _fitting(seed, code, range(present - HINT_WINDOW, present + HINT_WINDOW + 1))
    return drift_of(min(fitting, key=lambda step: abs(step - present)), at) if fitting else None


def drift_of(step: int, at: int) -> int:
    """How many seconds ahead of ``at`` a clock is whose code belongs to ``step``, to the nearest step."""
    return (step - step_at(at)) * STEP


def _fitting(seed: str, code: str, steps: Iterable[int]) -> list[int]:
    typed, totp = plain(code), pyotp.TOTP(seed)
    return [step for step in steps if step >= 0 and same(totp.generate_otp(step), typed)]
