"""DPoP: a proof, made afresh for each request, that whoever sends it holds a key (RFC 9449)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Never
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from idp.clients import assertions
from idp.clients.public_keys import LARGEST_RSA, PRIVATE_PARTS, SMALLEST_RSA
from idp.clients.vocabulary import STRONG_ALGS
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import base64url, blind_index, digest, same
from idp.kernel.settings import settings
from idp.kernel.signatures import UNREADABLE, Signatures, moment
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message

ALGS = STRONG_ALGS
TYPE = "dpop+jwt"
OLDEST = MINUTE
EARLIEST = 30
"""Seconds by which the clock of a client may be ahead of ours."""

NONCE_WINDOW = 5 * MINUTE
"""A nonce is accepted in the window in which it was made and in the next one."""

LONGEST_PROOF = 8192
LONGEST_JTI = 256
_PUBLIC_MEMBERS = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e"), "OKP": ("kty", "crv", "x")}
_KINDS: dict[str, tuple[type[ECKey | RSAKey | OKPKey], str | None]] = {
    "ES256": (ECKey, "P-256"),
    "PS256": (RSAKey, None),
    "EdDSA": (OKPKey, "Ed25519"),
    "Ed25519": (OKPKey, "Ed25519"),
}
_PORTS = {"https": 443, "http": 80}
_URI = re.compile(r"[\x21-\x7e]{1,2000}")

NO_PROOF = "The DPoP proof cannot be read, or its signature does not fit its key."
WRONG_KEY = "The DPoP proof has a key that is not accepted."
WRONG_REQUEST = "The DPoP proof was made for another request."
WRONG_TIME = "The DPoP proof was made at another time, or it has expired."
WRONG_TOKEN = "The DPoP proof was made for another access token."


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that held."""

    thumbprint: str

    @property
    def confirmation(self) -> str:
        """What a token is bound to that may be used with this key only (RFC 9449 section 6)."""
        return confirmation_of_key(self.thumbprint)


class _Registry(Signatures):
    """An RSA key in the header is longer than joserfc lets a header be."""

    max_header_length = LONGEST_PROOF


_REGISTRY = _Registry(algorithms=list(ALGS), strict_check_header=False)


def confirmation_of_key(thumbprint: str) -> str:
    """The confirmation of a token that is bound to the key with this thumbprint."""
    return f"jkt {thumbprint}"


def proof_of(message: Message, *, access_token: str | None = None, nonce_needed: bool = False) -> Proof | None:
    """The proof that came with a message, None without one. Raises ``invalid_dpop_proof``.

    ``access_token`` is the token beside it, which it must name. With ``nonce_needed`` it must show, by a nonce of ours,
    that it was made just now; whichever nonce it has must be one of ours. A proof works once (RFC 9449 section 4.3).
    """
    text = message.headers.get("DPoP")
    if text is None:
        return None
    header, claims, key = _read(text)
    if header.get("typ") != TYPE or "crit" in header:
        refuse(NO_PROOF)
    _demand_made_for(message, claims)
    _demand_now(claims)
    if access_token is not None and not same(_text(claims, "ath"), _ath(access_token)):
        refuse(WRONG_TOKEN)
    _demand_nonce(claims, needed=nonce_needed)
    thumbprint = key.thumbprint()
    if not assertions.spend(f"dpop\0{thumbprint}", _text(claims, "jti"), clock.now() + OLDEST + EARLIEST):
        refuse("The DPoP proof was used before.")
    return Proof(thumbprint)


def nonce() -> str:
    """A fresh nonce. Nothing is kept: any node can tell that it is one of ours, and how old (RFC 9449 section 8)."""
    return _nonce(clock.now() // NONCE_WINDOW)


def refuse(why: str) -> Never:
    """Raise ``invalid_dpop_proof``."""
    raise ProtocolError("invalid_dpop_proof", why)


def _read(text: str) -> tuple[dict[str, Any], dict[str, Any], Key]:
    """Header, claims and key of a proof whose signature fits. Several headers arrive as one, joined by commas."""
    if len(text) > LONGEST_PROOF or "," in text:
        refuse(NO_PROOF)
    keys: list[Key] = []

    def own_key(signed: Any) -> Key:
        keys.append(_public_key(signed.headers()))
        return keys[0]

    try:
        token = jwt.decode(text, own_key, registry=_REGISTRY)
    except UNREADABLE:
        refuse(NO_PROOF)
    return token.header, token.claims, keys[0]


def _public_key(header: dict[str, Any]) -> Key:
    """The key in a proof's header: public, and of the kind that its algorithm takes. Other members do not count."""
    kind, curve = _KINDS[header["alg"]]
    jwk = header.get("jwk")
    if not isinstance(jwk, dict) or PRIVATE_PARTS & jwk.keys() or jwk.get("kty") != kind.key_type:
        refuse(WRONG_KEY)
    if curve is not None and jwk.get("crv") != curve:
        refuse(WRONG_KEY)
    key = kind.import_key({name: jwk[name] for name in _PUBLIC_MEMBERS[kind.key_type]})
    if isinstance(key, RSAKey) and not SMALLEST_RSA <= key.public_key.key_size <= LARGEST_RSA:
        refuse(WRONG_KEY)
    return key


def _demand_made_for(message: Message, claims: dict[str, Any]) -> None:
    """Method and address are those of the request. The address is ours by the settings, whatever its headers say."""
    here = [_normalised(f"{origin}{message.path}") for origin in settings().origins]
    if _text(claims, "htm") != message.method or _normalised(_text(claims, "htu")) not in here:
        refuse(WRONG_REQUEST)


def _normalised(uri: str) -> tuple[str, str, int, str]:
    """An address without query and fragment, in the spelling of RFC 3986 sections 6.2.2 and 6.2.3."""
    try:
        parts = urlsplit(uri) if _URI.fullmatch(uri) else None
        port = parts.port if parts else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in _PORTS or "@" in parts.netloc:
        refuse(WRONG_REQUEST)
    return parts.scheme, parts.hostname or "", port or _PORTS[parts.scheme], parts.path


def _demand_now(claims: dict[str, Any]) -> None:
    now = clock.now()
    made, begins, ends = _time(claims, "iat"), _time(claims, "nbf", now), _time(claims, "exp", now + 1)
    if not now - OLDEST <= made <= now + EARLIEST or begins > now + EARLIEST or ends <= now:
        refuse(WRONG_TIME)


def _demand_nonce(claims: dict[str, Any], *, needed: bool) -> None:
    if "nonce" not in claims and not needed:
        return
    window = clock.now() // NONCE_WINDOW
    if claims.get("nonce") not in (_nonce(window), _nonce(window - 1)):
        raise ProtocolError("use_dpop_nonce", "Make a new DPoP proof with the nonce of this answer.")


def _nonce(window: int) -> str:
    return base64url(blind_index("dpop-nonce", str(window))[:24])


def _ath(access_token: str) -> str:
    return base64url(digest(access_token))


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value or (name == "jti" and len(value) > LONGEST_JTI):
        refuse(f"The DPoP proof has no proper {name}.")
    return value


def _time(claims: dict[str, Any], name: str, default: int | None = None) -> float:
    try:
        value = moment({name: claims.get(name, default)}, name)
    except ValueError:
        value = None
    if value is None:
        refuse(f"The DPoP proof has no proper {name}.")
    return value
