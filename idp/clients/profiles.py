"""Client profiles: how much protection an app's requests and tokens have, as one table.

``baseline`` is OpenID Connect as RFC 9700 wants it. ``high`` is for apps that move money or show health data. ``fapi2``
is the FAPI 2.0 Security Profile (final), rule for rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from idp.clients.vocabulary import ASYMMETRIC, AUTH_METHODS, CLIENT_ALGS, STRONG_ALGS


@dataclass(frozen=True, slots=True)
class Policy:
    """What a profile demands.

    ``audience`` is what a client assertion may be addressed to; ``requests`` how an authorization request must come:
    any way, with its integrity proven (pushed or signed), or pushed; ``signed_requests`` that it must be signed, too.
    ``strict_objects`` says that a signed request stands alone (RFC 9101 section 6.3) and is dated (FAPI 2.0 Message
    Signing section 5.3.1), where OpenID Connect lets the parameters beside it add to it. ``pkce`` is who must use it:
    everyone, or public clients alone (RFC 9700 section 2.1.1). ``sender_constrained`` tokens are bound to a key or
    certificate of the app.
    """

    auth_methods: frozenset[str]
    signing_algs: frozenset[str]
    audience: Literal["issuer or endpoint", "issuer"]
    requests: Literal["any", "proven", "pushed"]
    strict_objects: bool
    pkce: Literal["everyone", "public"]
    sender_constrained: bool
    signed_requests: bool = False


PROFILES: Mapping[str, Policy] = {
    "baseline": Policy(
        auth_methods=frozenset(AUTH_METHODS),
        signing_algs=frozenset(CLIENT_ALGS),
        audience="issuer or endpoint",
        requests="any",
        strict_objects=False,
        pkce="public",
        sender_constrained=False,
    ),
    "high": Policy(
        auth_methods=frozenset((*ASYMMETRIC, "none")),
        signing_algs=frozenset(STRONG_ALGS),
        audience="issuer or endpoint",
        requests="proven",
        strict_objects=True,
        pkce="everyone",
        sender_constrained=True,
    ),
    "fapi2": Policy(
        auth_methods=frozenset(ASYMMETRIC),
        signing_algs=frozenset(STRONG_ALGS),
        audience="issuer",
        requests="pushed",
        strict_objects=True,
        pkce="everyone",
        sender_constrained=True,
    ),
}
