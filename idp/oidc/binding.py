"""What a token is bound to: the key of a DPoP proof, or the certificate of the connection (RFC 9449, RFC 8705)."""

from __future__ import annotations

from idp.clients.service import Client
from idp.oidc import dpop
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.web import certificate


def confirmation_of(message: Message, client: Client) -> str | None:
    """What the tokens that ``client`` asks for are bound to; None for bearer tokens.

    A proof goes before a certificate, which binds only where tokens have to be bound. A public client has nothing else
    that is fresh, so its proof shows by a nonce of ours when it was made. Raises ``invalid_dpop_proof``, or
    ``invalid_request`` where the app owes one of the two.
    """
    proof = dpop.proof_of(message, nonce_needed=client.native)
    if proof is not None:
        return proof.confirmation
    if client.metadata.dpop_bound_access_tokens:
        dpop.refuse("This app has to send a DPoP proof.")
    presented = certificate.presented() if client.policy.sender_constrained else None
    if presented is not None:
        return confirmation_of_certificate(presented.thumbprint)
    if client.policy.sender_constrained:
        raise ProtocolError("invalid_request", "This app has to send a DPoP proof or its certificate.")
    return None


def confirmation_of_certificate(thumbprint: str) -> str:
    """The confirmation of a token that is bound to the certificate with this thumbprint (RFC 8705 section 3.1)."""
    return f"x5t#S256 {thumbprint}"


def token_type(confirmation: str | None) -> str:
    """How a token with this confirmation is presented (RFC 9449 section 5; RFC 8705 keeps ``Bearer``)."""
    return "DPoP" if confirmation is not None and confirmation.startswith("jkt ") else "Bearer"
