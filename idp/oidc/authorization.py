"""An authorization request on its way: proven, validated, walked through the gates, answered.

The same walk serves the first visit and every return from a page, so nothing can be skipped by coming back.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import g, redirect, url_for
from werkzeug.wrappers import Response

from idp.clients import service as clients
from idp.clients import subjects
from idp.clients.service import Client
from idp.kernel.contracts import Ask, Need
from idp.kernel.db import transaction
from idp.kernel.registry import registry
from idp.limits import service as limits
from idp.oidc import checks, responses
from idp.oidc.errors import DESCRIPTIONS, ProtocolError, UnknownApp, UnregisteredReturn
from idp.oidc.id_token import read_hint
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.sessions import current, parked
from idp.sessions.current import session
from idp.sessions.parked import Parked
from idp.tokens import codes
from idp.web.browser import browser_digest
from idp.web.origin import client_network

KEPT_PARAMETERS = frozenset(
    "client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method prompt "
    "max_age acr_values login_hint ui_locales id_token_hint display claims_locales".split()
)


def proceed(message: Message, waiting: Parked | None = None) -> Response:
    """Take a request as far as it goes now: to a page, or back to the app."""
    client = prove(message)
    if waiting is not None and waiting.refused_at is not None:
        return _refuse(message, waiting, "access_denied")
    try:
        grant = server().get_consent_grant(message)
        ask = ask_of(grant, client, waiting)
    except OAuth2Error as error:
        return _refuse(message, waiting, error.error, error.description or "")
    outcome = walk(ask)
    if isinstance(outcome, Need):
        return _owed(message, client, waiting, outcome)
    return _grant(message, client, waiting, outcome)


def prove(message: Message) -> Client:
    """The app, once it and its return address are beyond doubt. Until then nothing is redirected (RFC 9700 4.1)."""
    if set(message.payload.duplicates) & {"client_id", "redirect_uri", "response_mode"}:
        raise UnregisteredReturn
    client = clients.find(message.get("client_id"))
    if client is None or client.disabled:
        raise UnknownApp
    g.asking = client
    if not client.may_redirect_to(message.get("redirect_uri")):
        raise UnregisteredReturn
    g.asked_locales = message.get("ui_locales")[:200]
    return client


def ask_of(grant: Any, client: Client, waiting: Parked | None) -> Ask:
    """The validated request as the gates read it. Raises ``invalid_scope`` when nothing of the scope may be asked."""
    message: Message = grant.request
    scopes = frozenset(message.scope.split())
    if not scopes:
        raise ProtocolError("invalid_scope", "None of the requested scopes is registered for this client.")
    here = session()
    claims = registry().claims_of(scopes) if "openid" in scopes else frozenset()
    max_age = message.get("max_age")
    this_session = waiting is not None and here is not None and waiting.session_id == here.id
    return Ask(
        client_id=client.id,
        scopes=scopes,
        claims=claims,
        prompts=checks.prompts(message),
        max_age=int(max_age) if max_age else None,
        acr_values=tuple(message.get("acr_values").split()),
        login_hint=message.get("login_hint"),
        hinted_account=_hinted_account(message, client),
        request_id=waiting.id if waiting else None,
        session=here,
        authenticated_at=waiting.authenticated_at if waiting and this_session else None,
        decided=bool(waiting and this_session and waiting.decided_at is not None),
    )


def walk(ask: Ask) -> Ask | Need:
    """Fold the request through the gates, in their order."""
    for gate in registry().gates:
        outcome = gate(ask)
        if isinstance(outcome, Need):
            return outcome
        ask = outcome
    return ask


def _owed(message: Message, client: Client, waiting: Parked | None, need: Need) -> Response:
    if need.endpoint is None or "none" in checks.prompts(message):
        return _refuse(message, waiting, need.error)
    if waiting is None:
        limits.spend("parked_request", account=browser_digest().hex(), network=client_network())
        request_id = parked.park(client, _kept(message), need.endpoint)
    else:
        request_id = waiting.id
        parked.owe(request_id, need.endpoint)
    return redirect(url_for(need.endpoint, request_id=request_id), 303)


def _grant(message: Message, client: Client, waiting: Parked | None, ask: Ask) -> Response:
    if ask.session is None:
        return _refuse(message, waiting, "login_required")
    with transaction():
        code = codes.give(
            client,
            ask.session,
            scopes=tuple(sorted(ask.scopes)),
            claims=tuple(sorted(ask.claims)),
            redirect_uri=message.get("redirect_uri"),
            challenge=message.get("code_challenge"),
            nonce=message.get("nonce") or None,
        )
        if code is not None:
            _spend(waiting)
    if code is None:
        current.forget()
        return proceed(message, waiting)
    return responses.write(message, {"code": code})


def _refuse(message: Message, waiting: Parked | None, error: str, description: str = "") -> Response:
    _spend(waiting)
    return responses.write_error(message, error, description or DESCRIPTIONS.get(error, ""))


def _spend(waiting: Parked | None) -> None:
    """A parked request is spent with its answer, once."""
    if waiting is not None:
        parked.finish(waiting.id)


def _hinted_account(message: Message, client: Client) -> str | None:
    """The account that ``id_token_hint`` names. An unusable hint names nobody we know, so nobody matches it."""
    if not (hint := message.get("id_token_hint")):
        return None
    claims = read_hint(hint)
    if claims is None or claims["aud"] != client.id:
        return "nobody"
    return subjects.account_behind(client, claims["sub"]) or "nobody"


def _kept(message: Message) -> dict[str, str]:
    return {name: value for name, value in message.payload.data.items() if name in KEPT_PARAMETERS}
