"""An authorization request on its way: proven, validated, walked through the gates, answered.

The same walk serves the first visit and every return from a page, so nothing can be skipped by coming back.
"""

from __future__ import annotations

from dataclasses import replace

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import g, redirect, url_for
from werkzeug.wrappers import Response

from idp.clients import asking
from idp.clients import service as clients
from idp.clients.asking import Asked
from idp.clients.service import Client
from idp.kernel.contracts import Ask, Need
from idp.kernel.db import transaction
from idp.kernel.registry import registry
from idp.limits import service as limits
from idp.oidc import arrival, checks, claims_request, demands, responses
from idp.oidc.errors import DESCRIPTIONS, ProtocolError, UnknownApp, UnregisteredReturn
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.sessions import current, parked, pushed
from idp.sessions.current import session
from idp.sessions.parked import Parked
from idp.tokens import codes
from idp.web.browser import browser_digest
from idp.web.origin import client_network

KEPT_PARAMETERS = frozenset(
    "client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method prompt "
    "max_age acr_values login_hint ui_locales id_token_hint display claims claims_locales resource dpop_jkt".split()
)


def begin(sent: Message) -> Response:
    """Take in a request that just came, in whatever form."""
    client = known_app(sent)
    came = arrival.at_authorization(sent, client)
    if client.metadata.default_max_age is not None:
        came.message.supply("max_age", str(client.metadata.default_max_age))
    return proceed(came.message, fault=came.fault)


def proceed(message: Message, waiting: Parked | None = None, fault: ProtocolError | None = None) -> Response:
    """Take a request as far as it goes now: to a page, or back to the app."""
    client = prove(message)
    if waiting is not None and waiting.refused_at is not None:
        return _refuse(message, waiting, "access_denied")
    try:
        if fault is not None:
            raise fault
        asked = validated(message, client)
    except OAuth2Error as error:
        return _refuse(message, waiting, error.error, error.description or "")
    outcome = walk(ask_of(message, client, asked, waiting))
    if isinstance(outcome, Need):
        return _owed(message, client, waiting, outcome)
    return _grant(message, client, waiting, outcome, asked)


def known_app(message: Message) -> Client:
    """The app that a request names. Raises :class:`UnknownApp`."""
    client = clients.live(message.get("client_id"))
    if client is None:
        raise UnknownApp
    g.asking = client
    if "client_id" in message.payload.duplicates:
        raise UnregisteredReturn
    return client


def prove(message: Message) -> Client:
    """The app, once it and its return address are beyond doubt. Until then nothing is redirected (RFC 9700 4.1)."""
    client = known_app(message)
    if set(message.payload.duplicates) & {"redirect_uri", "response_mode"}:
        raise UnregisteredReturn
    if not client.may_redirect_to(message.get("redirect_uri")):
        raise UnregisteredReturn
    g.asked_locales = message.get("ui_locales")[:200]
    return client


def validated(message: Message, client: Client) -> Asked:
    """What a request asks for, once all of it is as it must be. Raises the error that the app is told."""
    server().get_consent_grant(message)
    asked = asking.of(client, message.get("scope"), message.get("claims"))
    if not asked.scopes:
        raise ProtocolError("invalid_scope", "None of the requested scopes is registered for this client.")
    return asked


def kept(message: Message) -> dict[str, str]:
    """The parameters that matter later: of a request that is pushed or parked."""
    return {name: value for name, value in message.payload.data.items() if name in KEPT_PARAMETERS}


def ask_of(message: Message, client: Client, asked: Asked, waiting: Parked | None) -> Ask:
    """The validated request as the gates read it."""
    here, max_age = session(), message.get("max_age")
    this_session = waiting is not None and here is not None and waiting.session_id == here.id
    preferred, demanded = demands.levels(message, client, asked)
    return Ask(
        client_id=client.id,
        scopes=asked.scopes,
        claims=asked.claims,
        prompts=checks.prompts(message),
        max_age=int(max_age) if max_age else None,
        acr_values=preferred,
        demanded_acr=demanded,
        login_hint=message.get("login_hint"),
        hinted_account=demands.meant_account(message, client, asked, here),
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
        request_id = parked.park(client, kept(message), need.endpoint, message.pushed)
    else:
        request_id = waiting.id
        parked.owe(request_id, need.endpoint)
    return redirect(url_for(need.endpoint, request_id=request_id), 303)


def _grant(message: Message, client: Client, waiting: Parked | None, ask: Ask, asked: Asked) -> Response:
    if ask.session is None:
        return _refuse(message, waiting, "login_required")
    with transaction():
        code = codes.give(
            client,
            replace(ask.session, acr=demands.told_acr(ask.session, ask.demanded_acr)),
            scopes=tuple(sorted(ask.scopes)),
            claims=tuple(sorted(ask.claims)),
            redirect_uri=message.get("redirect_uri"),
            challenge=message.get("code_challenge"),
            nonce=message.get("nonce") or None,
            claims_asked=claims_request.seal(asked.request.within(ask.claims)),
            resources=message.words("resource"),
            dpop_jkt=message.get("dpop_jkt") or None,
        )
        if code is not None:
            _spend(message, waiting)
    if code is None:
        current.forget()
        return proceed(message, waiting)
    return responses.write(message, {"code": code})


def _refuse(message: Message, waiting: Parked | None, error: str, description: str = "") -> Response:
    _spend(message, waiting)
    return responses.write_error(message, error, description or DESCRIPTIONS.get(error, ""))


def _spend(message: Message, waiting: Parked | None) -> None:
    """A request that was parked or pushed is spent with its answer, once."""
    if waiting is None and message.pushed is None:
        return
    with transaction():
        if waiting is not None:
            parked.finish(waiting.id)
        if message.pushed is not None:
            pushed.use(message.pushed)
