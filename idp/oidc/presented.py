"""The access token that a request presents to an endpoint of our own (RFC 6750, RFC 9449 section 7, RFC 8705)."""

from __future__ import annotations

from flask import request

from idp.kernel.crypto import same
from idp.oidc import dpop
from idp.oidc.binding import confirmation_of_certificate, token_type
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message, is_plain_form
from idp.tokens import machine
from idp.tokens import service as tokens
from idp.tokens.facts import Bearer
from idp.tokens.machine import MachineToken
from idp.web import certificate

BEARER, DPOP = "bearer", "dpop"


class TokenRefused(ProtocolError):
    """No token, or none that may be used here and so; answered with the challenge of the scheme that was tried.

    Without an ``error`` the challenge names none: nobody tried anything (RFC 6750 section 3.1).
    """

    def __init__(self, error: str = "", description: str = "", status_code: int = 401, scheme: str = BEARER) -> None:
        super().__init__(error or "invalid_token", description, status_code)
        proofs = f'DPoP algs="{" ".join(dpop.ALGS)}"'
        told = f', error="{error}"' if error else ""
        self.challenge = proofs + told if scheme == DPOP else f'Bearer realm="beacon"{told}, {proofs}'


def bearer() -> Bearer | MachineToken:
    """The live access token of the request at hand, a resident's or an app's own, which must be for us.

    Whoever presents it holds what it is bound to. Raises :class:`TokenRefused`.
    """
    message = Message.received(request)
    scheme, text = _presented(message)
    found = tokens.bearer(text) or machine.find(text)
    if found is None or found.audience is not None:
        raise TokenRefused("invalid_token", scheme=scheme)
    demand_binding(message, scheme, text, found.confirmation)
    return found


def demand_binding(message: Message, scheme: str, text: str, confirmation: str | None) -> None:
    """See that a token comes in its own scheme, from whoever holds what it is bound to."""
    if scheme != token_type(confirmation).lower():
        raise TokenRefused("invalid_token", "The token is of another type.", scheme=scheme)
    if confirmation is not None and not same(_shown(message, scheme, text) or "", confirmation):
        raise TokenRefused("invalid_token", "The token is bound to something else.", scheme=scheme)


def _shown(message: Message, scheme: str, text: str) -> str | None:
    """The confirmation that the sender can show for this token."""
    if scheme == BEARER:
        shown = certificate.presented()
        return confirmation_of_certificate(shown.thumbprint) if shown else None
    try:
        proof = dpop.proof_of(message, access_token=text)
    except ProtocolError as refusal:
        raise TokenRefused(refusal.error, refusal.description, scheme=scheme) from None
    if proof is None:
        raise TokenRefused("invalid_dpop_proof", "The token needs a DPoP proof.", scheme=scheme)
    return proof.confirmation


def _presented(message: Message) -> tuple[str, str]:
    """The scheme and the token, which must come once: in the header or the form (RFC 6750 section 2)."""
    scheme, _, text = message.headers.get("Authorization", "").partition(" ")
    found = [(scheme.lower(), text.strip())] if scheme.lower() in {BEARER, DPOP} and text.strip() else []
    in_form = message.payload.datalist["access_token"] if message.method == "POST" and is_plain_form(request) else []
    found += [(BEARER, one) for one in in_form]
    if len(found) > 1 or "access_token" in request.args:
        raise TokenRefused("invalid_request", "Send the token once, in the header or form.", 400)
    if not found:
        raise TokenRefused
    return found[0]
