"""What Beacon signs, and what it encrypts to an app (RFC 7515, RFC 7516, RFC 7519)."""

from __future__ import annotations

from collections.abc import Mapping

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import Key

from idp.clients.published import keys_of
from idp.clients.service import Client
from idp.clients.vocabulary import ENCRYPTION_ALGS, ENCRYPTION_ENCS
from idp.keys.signing import OURS, signed
from idp.oidc.errors import ProtocolError

__all__ = ["FITTING", "OURS", "encrypted", "recipient", "signed"]

FITTING: Mapping[str, frozenset[str]] = {
    "RSA-OAEP-256": frozenset({"RSA"}),
    "ECDH-ES": frozenset({"P-256", "P-384", "P-521", "X25519"}),
}
"""The kind of key, or the curves, that an algorithm encrypts to."""


_ENCRYPTION = jwe.JWERegistry(algorithms=[*ENCRYPTION_ALGS, *ENCRYPTION_ENCS])


def encrypted(text: str, client: Client, alg: str, enc: str | None, *, cty: str | None = "JWT") -> str:
    """``text`` encrypted to the app's own key: a nested JWT, unless ``cty`` says otherwise (OIDC Core section 10.2)."""
    key = recipient(client, alg)
    kid = key.original_value.get("kid") if isinstance(key.original_value, dict) else key.kid
    header = {"alg": alg, "enc": enc or ENCRYPTION_ENCS[0], "cty": cty, "kid": kid}
    kept = {name: value for name, value in header.items() if value is not None}
    try:
        return jwe.encrypt_compact(kept, text, key, registry=_ENCRYPTION)
    except (JoseError, ValueError, TypeError):  # a point of small order, say: found out by using it
        raise _no_key() from None


def recipient(client: Client, alg: str) -> Key:
    """The first of the app's published keys to which ``alg`` can encrypt, one marked for encryption before others."""
    published = keys_of(client)
    fitting = [key for key in published or () if _fits(key, alg)]
    if not fitting:
        raise _no_key()
    return next((key for key in fitting if key.get("use") == "enc"), fitting[0])


def _no_key() -> ProtocolError:
    return ProtocolError("invalid_request", "The app has no key that this answer can be encrypted to.")


def _fits(key: Key, alg: str) -> bool:
    kind = key.get("crv", key.key_type)
    return kind in FITTING[alg] and key.get("use") in {None, "enc"} and key.get("alg") in {None, alg}
