"""Tokens from an app's side: what their headers say, and what is inside those that are encrypted to it."""

from __future__ import annotations

import base64
import json
from typing import Any

from joserfc import jwe
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

RSA = RSAKey.generate_key(2048, {"kid": "rsa-enc", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "ec-enc", "use": "enc"})
X25519 = OKPKey.generate_key("X25519", {"kid": "x-enc", "use": "enc"})
SIGNING = ECKey.generate_key("P-256", {"kid": "ec-sig", "use": "sig", "alg": "ES256"})

KEYS: dict[str, tuple[str, Key]] = {
    "RSA-OAEP-256": ("RSA-OAEP-256", RSA),
    "ECDH-ES on P-256": ("ECDH-ES", EC),
    "ECDH-ES on X25519": ("ECDH-ES", X25519),
}


def published(*keys: Key) -> dict[str, Any]:
    """The key set that an app registers."""
    return {"keys": [dict(key.as_dict(private=False)) for key in keys]}


def opened(text: str, key: Key) -> tuple[dict[str, Any], str]:
    """The header and the content of what was encrypted to ``key``."""
    registry = jwe.JWERegistry(algorithms=["RSA-OAEP-256", "ECDH-ES", "A256GCM"])
    found = jwe.decrypt_compact(text, key, registry=registry)
    assert found.plaintext is not None
    return dict(found.headers()), found.plaintext.decode()


def header_of(token: str) -> dict[str, Any]:
    """What a token says of itself, unproven."""
    segment = token.split(".", maxsplit=1)[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return header
