"""An agency's API, and an app of another agency that calls it in every way there is."""

from __future__ import annotations

from typing import Any

from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from idp.kernel.signatures import Signatures
from tests import factories
from tests.support.party import SIGNING, Party, visitor

RESOURCE = "https://api.benefits.example/v1"
READ, WRITE = "benefits.read", "benefits.write"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
EVERY_GRANT = ("authorization_code", "refresh_token", "client_credentials", EXCHANGE)


def serving(app: Flask, resource: str = RESOURCE, scopes: tuple[str, ...] = (READ, WRITE), **facts: Any) -> Party:
    """The app that serves an API. It signs nobody in and gets no tokens."""
    good = {
        "name": "Benefits API",
        "agency": "Department of Benefits",
        "redirect_uris": (),
        "grants": (),
        "resource": resource,
        "resource_scopes": list(scopes),
    }
    return Party(app, factories.make_client(**good | facts))


def calling(app: Flask, **facts: Any) -> Party:
    """An app that may read from that API: for itself, for a resident, and with a token passed on."""
    good = {
        "name": "Housing",
        "agency": "Department of Housing",
        "scopes": ("openid", "email", "offline_access", READ),
        "grants": EVERY_GRANT,
        "token_exchange_resources": [RESOURCE],
    }
    return Party(app, factories.make_client(**good | facts))


def by_itself(party: Party, **form: Any) -> TestResponse:
    """Ask for a token with no resident behind it."""
    return party.token(grant_type="client_credentials", **form)


def passed_on(party: Party, subject_token: str, **changes: Any) -> TestResponse:
    """Exchange a resident's token for one that the API accepts. A change to None leaves a parameter out."""
    good = {
        "grant_type": EXCHANGE,
        "subject_token": subject_token,
        "subject_token_type": ACCESS_TOKEN,
        "resource": RESOURCE,
    }
    return party.token(**good | changes)


def decoded(party: Party, text: str) -> jwt.Token:
    """A JWT of Beacon's, verified with the published keys."""
    published = KeySet.import_key_set(visitor(party.app).get("/.well-known/jwks.json").get_json())
    return jwt.decode(text, published, registry=Signatures(algorithms=SIGNING))
