"""Access tokens: the API that one is aimed at (RFC 8707), and what it says of itself (RFC 9068)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from idp.clients import apis, subjects
from idp.clients import service as clients
from idp.clients.service import Client
from idp.kernel.crypto import new_id
from idp.kernel.settings import settings
from idp.oidc import jose
from idp.oidc.binding import token_type
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.tokens import service as tokens
from idp.tokens.facts import Access, Bearer, Grant, opaque
from idp.tokens.machine import MachineToken
from idp.tokens.service import Issued

TYPE = "at+jwt"

Told = Access | Bearer | MachineToken


def resource_of(message: Message) -> str | None:
    """The one API that a token request names. A token has one audience, so that no API can use it at another."""
    named = message.words("resource")
    if len(named) > 1:
        raise ProtocolError("invalid_target", "A token is for one resource. Ask for one at a time.")
    return named[0] if named else None


def api_at(resource: str) -> Client:
    """The app that serves an API. Raises ``invalid_target``."""
    api = apis.at(resource)
    client = clients.live(api.client_id) if api is not None else None
    if client is None:
        raise ProtocolError("invalid_target", "This resource is not known here.")
    return client


def scopes_at(api: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``scopes`` that mean something at this API."""
    return tuple(scope for scope in scopes if scope in api.metadata.resource_scopes)


def aimed_at(message: Message, grant: Grant) -> Client | None:
    """The API that a resident's token is asked for (RFC 8707 section 2.2). None for Beacon's own endpoints.

    A grant without ``openid`` reads nothing here, so its one API goes without saying. An API of another app is
    granted along with a scope of it, never by its name alone.
    """
    resource = resource_of(message)
    if resource is None and "openid" not in grant.scopes and len(grant.resources) == 1:
        resource = grant.resources[0]
    if resource is None:
        return None
    api = api_at(resource) if resource in grant.resources else None
    if api is None or not (api.id == grant.client_id or scopes_at(api, grant.scopes)):
        raise ProtocolError("invalid_target", "This resource was not granted.")
    return api


def issue(
    client: Client, grant: Grant, scopes: tuple[str, ...], api: Client | None, *, confirmation: str | None
) -> Issued:
    """Issue an app an access token for an API, or without one for Beacon's own endpoints.

    One for an API names the resident as the API's agency knows them: subjects stay pairwise (RFC 9068 section 6).
    """
    if api is None:
        return tokens.issue_access(grant, scopes, confirmation=confirmation, write=writer(client))
    return tokens.issue_access(
        grant,
        scopes,
        audience=api.metadata.resource,
        confirmation=confirmation,
        subject=subjects.give(api, grant.account_id),
        write=writer(api),
    )


def writer(reader: Client) -> Callable[[Told], str]:
    """How a token is written: as whoever reads it wants it."""
    return partial(as_jwt, alg=reader.id_token_alg) if reader.metadata.token_format == "jwt" else opaque


def as_jwt(token: Told, *, alg: str) -> str:
    """The token as a JWT (RFC 9068 section 2)."""
    return jose.signed(described(token) | {"jti": new_id()}, alg, TYPE)


def described(token: Told) -> dict[str, Any]:
    """What a token says of itself as a JWT, and what introspection says of it (RFC 7662 section 2.2).

    Without an API its audience is the issuer, at whose endpoints it works (RFC 9068 section 3: the default resource).
    """
    facts = {
        "iss": settings().issuer,
        "aud": token.audience or settings().issuer,
        "iat": token.issued_at,
        "exp": token.expires_at,
        "scope": " ".join(token.scopes),
    }
    holder = of_machine(token) if isinstance(token, MachineToken) else of_resident(token.grant, token.actor)
    return facts | holder | confirmed(token.confirmation)


def of_machine(token: MachineToken) -> dict[str, Any]:
    """An app that acts for itself (RFC 9068 section 2.2)."""
    return {"sub": token.client_id, "client_id": token.client_id}


def of_resident(grant: Grant, actor: str | None = None) -> dict[str, Any]:
    """A resident, how they signed in, and the app that acts for them (RFC 8693 section 4.1)."""
    facts = {
        "sub": grant.subject,
        "client_id": grant.client_id,
        "auth_time": grant.auth_time,
        "acr": grant.acr,
        "amr": list(grant.amr),
    }
    return facts | ({"act": {"sub": actor, "client_id": actor}} if actor else {})


def confirmed(confirmation: str | None) -> dict[str, Any]:
    """What a token is bound to (RFC 7800 section 3.1)."""
    if confirmation is None:
        return {}
    method, _, thumbprint = confirmation.partition(" ")
    return {"cnf": {method: thumbprint}}


def response(text: str, expires_in: int, scopes: tuple[str, ...], confirmation: str | None) -> dict[str, Any]:
    """A token response (RFC 6749 section 5.1). No scope at all has no name there (section 3.3), so it is left out."""
    body = {"access_token": text, "token_type": token_type(confirmation), "expires_in": expires_in}
    return body | ({"scope": " ".join(scopes)} if scopes else {})
