"""The public keys of apps, and of others who sign for them: what a set may hold, and how it is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, OKPKey, RSAKey

from idp.clients.errors import BadMetadata

MOST_KEYS = 20
SMALLEST_RSA, LARGEST_RSA = 2048, 8192
AGREEING = ("X25519", "X448")
PRIVATE_PARTS = frozenset("d p q dp dq qi oth k".split())


def key_set(jwks: Mapping[str, Any]) -> KeySet:
    """The keys of a set, ready to verify with. Raises :class:`BadMetadata`."""
    try:
        return KeySet.import_key_set(dict(jwks))  # type: ignore[arg-type]
    except (JoseError, UnsupportedAlgorithm, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadMetadata("The key set cannot be read: it must be a JSON object with a list of public keys.") from error


def demand_public(jwks: Mapping[str, Any]) -> KeySet:
    """The keys of a set that holds good public keys alone, a few of them. Raises :class:`BadMetadata` otherwise."""
    keys = key_set(jwks)
    if not 0 < len(keys.keys) <= MOST_KEYS:
        raise BadMetadata(f"The key set must hold between 1 and {MOST_KEYS} keys.")
    if len({key.kid for key in keys}) < len(keys.keys):
        raise BadMetadata("No two keys of the key set may have the same kid.")
    if any(PRIVATE_PARTS & set(key) for key in jwks["keys"]):
        raise BadMetadata("The key set must hold public keys only.")
    for key in keys:
        _demand_good(key)
    return keys


def _demand_good(key: Key) -> None:
    if key.get("use", "sig") not in ("sig", "enc"):
        raise BadMetadata("use must be sig or enc.")
    if isinstance(key, RSAKey):
        _demand_good_rsa(key.public_key.public_numbers().n)
    if isinstance(key, OKPKey) and key.curve_name in AGREEING:
        _demand_agreement(key)


def _demand_good_rsa(modulus: int) -> None:
    if not SMALLEST_RSA <= modulus.bit_length() <= LARGEST_RSA or modulus % 2 == 0:
        raise BadMetadata(f"RSA keys need {SMALLEST_RSA} to {LARGEST_RSA} bits, and an odd modulus.")


def _demand_agreement(key: OKPKey) -> None:
    """Refuse a point with which everybody agrees on the same secret (RFC 7748 section 6)."""
    try:
        OKPKey.generate_key(key.curve_name).exchange_derive_key(key)
    except ValueError as error:
        raise BadMetadata("No secret can be agreed on with one of the keys.") from error
