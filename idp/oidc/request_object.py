"""Signed requests (RFC 9101, OIDC Core section 6): who signed, whether it holds, and how it meets what came beside it.

Authlib's reader throws away what came beside the object, checks neither audience nor time, and cannot redirect an
error; so requests are unpacked here, before Authlib's grant sees them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws

from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.settings import settings
from idp.kernel.signatures import UNREADABLE, moment
from idp.oidc.client_signature import signed_by
from idp.oidc.errors import ProtocolError

CARRIERS = frozenset({"request", "request_uri"})
ABOUT_ITSELF = frozenset({"iss", "aud", "sub", "exp", "nbf", "iat", "jti"})
"""Members that speak of the object, not of the request."""

TYPES = frozenset({"jwt", "oauth-authz-req+jwt"})
LONGEST = 32_768
LATE, EARLY = 30, MINUTE
"""Seconds by which an app's clock may differ from ours."""

LONGEST_LIFE = HOUR


def signed(text: str, client: Client) -> dict[str, Any]:
    """The members of an object that this very app signed. Raises ``invalid_request_object``, or
    ``request_not_supported`` for an app that has no keys to sign with."""
    if client.keys is None and client.metadata.jwks_uri is None:
        raise ProtocolError("request_not_supported", "This client has no keys to sign a request with.")
    if len(text) > LONGEST:
        raise refused("The request object is too long.")
    header = _header(text)
    if "crit" in header or str(header.get("typ", "JWT")).lower() not in TYPES:
        raise refused("The request object has a header that is not accepted.")
    members = signed_by(client, text, header, client.metadata.request_object_signing_alg)
    if members is None:
        raise refused("The signature of the request object is not valid.")
    return members


def parameters(members: Mapping[str, Any]) -> dict[str, str]:
    """The members as the parameters that they stand for. JSON knows numbers, objects and lists; a query knows text."""
    return {
        name: _text(name, value)
        for name, value in members.items()
        if name not in ABOUT_ITSELF | CARRIERS and value is not None
    }


def merged(outside: Mapping[str, str], inside: Mapping[str, str], *, strict: bool) -> dict[str, str]:
    """One request of the parameters beside an object and those in it.

    What is inside wins, an empty value too. Plain OpenID Connect lets the outside supply what the inside does not
    mention (OIDC Core section 6.1); a ``strict`` reading knows only the inside (RFC 9101 section 6.3).
    """
    beside = {} if strict else {name: value for name, value in outside.items() if name not in CARRIERS}
    return beside | {**inside} | {"client_id": outside["client_id"]}


def demand_agreement(outside: Mapping[str, str], inside: Mapping[str, str]) -> None:
    """The two that say whose request it is, and of which kind, must not differ (OIDC Core section 6.1)."""
    for name in ("client_id", "response_type"):
        if inside.get(name, outside.get(name)) != outside.get(name, inside.get(name)):
            raise ProtocolError("invalid_request", "The request object contradicts the request around it.")


def demand_valid(members: Mapping[str, Any], client: Client, *, dated: bool) -> None:
    """Made by the app, for us, for now. A client assertion is signed by the same key, but it is not a request."""
    if CARRIERS & members.keys() or members.get("sub") == client.id:
        raise refused("The request object holds what it must not hold.")
    audience = members.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if members.get("iss") != client.id or settings().issuer not in audiences:
        raise refused("The request object needs the client as iss and this issuer in aud.")
    _demand_now(members, dated=dated)


def refused(why: str) -> ProtocolError:
    """``invalid_request_object`` (RFC 9101 section 7)."""
    return ProtocolError("invalid_request_object", why)


def _demand_now(members: Mapping[str, Any], *, dated: bool) -> None:
    """Within its time. Plain OpenID Connect asks for none (and its certification sends none); FAPI 2.0 Message Signing
    section 5.3.1 asks for both ends, at most an hour apart and begun at most an hour ago."""
    now = clock.now()
    try:
        begins, ends, made = (moment(members, name) for name in ("nbf", "exp", "iat"))
    except ValueError:
        raise refused("A time of the request object is not a number of seconds.") from None
    if dated and (begins is None or ends is None):
        raise refused("The request object needs exp and nbf.")
    if (ends is not None and ends <= now - LATE) or max(begins or 0, made or 0) > now + EARLY:
        raise refused("The request object is not valid now.")
    if dated and begins is not None and ends is not None and max(now - begins, ends - begins) > LONGEST_LIFE:
        raise refused("The request object is valid for more than an hour.")


def _header(text: str) -> dict[str, Any]:
    try:
        return jws.extract_compact(text.encode()).headers()
    except UNREADABLE:
        raise refused("The request object cannot be read.") from None


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if name == "resource" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
