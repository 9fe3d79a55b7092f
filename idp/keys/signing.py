"""What Beacon signs (RFC 7515, RFC 7519)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jwt

from idp.kernel.signatures import Signatures
from idp.keys import service as keys

OURS = Signatures(algorithms=keys.ALGORITHMS)
"""What Beacon signs with, and believes of itself."""


def signed(claims: Mapping[str, Any], alg: str, typ: str = "JWT") -> str:
    """A JWT signed with the one key that is active for ``alg``, which its header names."""
    signer = keys.signer(alg)
    return jwt.encode({"typ": typ, "alg": alg, "kid": signer.kid}, dict(claims), signer.key, registry=OURS)
