"""Client profiles: how much protection an app's requests and tokens have, as one table.

``baseline`` is OpenID Connect as RFC 9700 wants it. ``high`` is for apps that move money or show health data. ``fapi2``
is the FAPI 2.0 Security Profile (final), rule for rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ASYMMETRIC = frozenset({"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"})
EVERY_METHOD = ASYMMETRIC | {"client_secret_basic", "client_secret_post", "none"}
STRONG_ALGS = frozenset({"ES256", "PS256", "EdDSA", "Ed25519"})
EVERY_ALG = STRONG_ALGS | {"RS256"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a profile demands.

    ``audience`` is what a client assertion may be addressed to; ``requests`` how an authorization request must come:
    any way, with its integrity proven (pushed or signed), or pushed; ``signed_requests`` that it must be signed, too.
    ``pkce`` is who must use it: everyone, or public clients alone (RFC 9700 section 2.1.1). ``sender_constrained``
    tokens are bound to a key or certificate of the app.
    """

    auth_methods: frozenset[str]
    signing_algs: frozenset[str]
    audience: Literal["issuer or endpoint", "issuer"]
    requests: Literal["any", "proven", "pushed"]
    pkce: Literal["everyone", "public"]
    sender_constrained: bool
    signed_requests: bool = False


PROFILES: Mapping[str, Policy] = {
    "baseline": Policy(
        auth_methods=EVERY_METHOD,
        signing_algs=EVERY_ALG,
        audience="issuer or endpoint",
        requests="any",
        pkce="public",
        sender_constrained=False,
    ),
    "high": Policy(
        auth_methods=ASYMMETRIC | {"none"},
        signing_algs=STRONG_ALGS,
        audience="issuer or endpoint",
        requests="proven",
        pkce="everyone",
        sender_constrained=True,
    ),
    "fapi2": Policy(
        auth_methods=ASYMMETRIC,
        signing_algs=STRONG_ALGS,
        audience="issuer",
        requests="pushed",
        pkce="everyone",
        sender_constrained=True,
    ),
}
