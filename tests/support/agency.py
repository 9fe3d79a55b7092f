"""A pretend agency app for protocol tests: it draws its own state, nonce and PKCE secret and keeps none of our code.

It talks to Beacon through a test client of its own, as a server would, and to the resident through their browser.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.client import Visitor

ALGORITHMS = ["ES256", "RS256"]


class Agency:
    """One agency app. ``request`` holds the parameters of its last authorization request."""

    def __init__(self, flask_app: Flask, app: App) -> None:
        self.app = app
        self.machine = Visitor(flask_app, use_cookies=False)
        self.issuer = str(flask_app.extensions["beacon.settings"].issuer)
        self.metadata: dict[str, Any] = self.machine.get("/.well-known/openid-configuration").get_json()
        self.request: dict[str, str] = {}
        self.verifier = ""

    def authorize(self, browser: Browser, scope: str = "openid", **parameters: str | None) -> Browser:
        """Send the resident's browser to Beacon. A parameter of None is left out."""
        return browser.get(self.authorization_url(scope, **parameters))

    def authorization_url(self, scope: str = "openid", **parameters: str | None) -> str:
        """A new authorization request, with everything drawn anew."""
        self.verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        request: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.app.id,
            "redirect_uri": self.app.redirect_uri,
            "scope": scope,
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **parameters,
        }
        self.request = {name: value for name, value in request.items() if value is not None}
        return f"{self.metadata['authorization_endpoint']}?{urlencode(self.request)}"

    def code(self, browser: Browser) -> str:
        """The code that the browser brings back, once state and issuer are checked (RFC 9207)."""
        answer = browser.answer
        assert str(browser.location).startswith(self.app.redirect_uri), browser.location
        assert answer["state"] == self.request["state"]
        assert answer["iss"] == self.issuer
        assert "code" in answer, answer
        return answer["code"]

    def redeem(self, code: str, **parameters: str) -> TestResponse:
        """Exchange a code for tokens."""
        given = {"code": code, "redirect_uri": self.app.redirect_uri, "code_verifier": self.verifier}
        return self.ask_for_token("authorization_code", **given | parameters)

    def refresh(self, refresh_token: str, **parameters: str) -> TestResponse:
        """Exchange a refresh token for new tokens."""
        return self.ask_for_token("refresh_token", refresh_token=refresh_token, **parameters)

    def ask_for_token(self, grant_type: str, **parameters: str) -> TestResponse:
        """One call of the token endpoint, authenticated as this app authenticates."""
        return self.post(self.metadata["token_endpoint"], grant_type=grant_type, **parameters)

    def post(self, url: str, **parameters: str) -> TestResponse:
        """Post to a machine endpoint, authenticated as this app authenticates."""
        auth = None
        match self.app.client.auth_method:
            case "client_secret_basic":
                auth = (self.app.id, str(self.app.secret))
            case "client_secret_post":
                parameters |= {"client_id": self.app.id, "client_secret": str(self.app.secret)}
            case "none":
                parameters |= {"client_id": self.app.id}
        return self.machine.post(url.removeprefix(self.issuer), base_url=self.issuer, data=parameters, auth=auth)

    def userinfo(self, access_token: str) -> TestResponse:
        """Ask for the claims that a token opens."""
        path = str(self.metadata["userinfo_endpoint"]).removeprefix(self.issuer)
        return self.machine.get(path, base_url=self.issuer, headers={"Authorization": f"Bearer {access_token}"})

    def read(self, id_token: str) -> dict[str, Any]:
        """The claims of an ID token, its signature checked with the published keys."""
        path = str(self.metadata["jwks_uri"]).removeprefix(self.issuer)
        keys = KeySet.import_key_set(self.machine.get(path, base_url=self.issuer).get_json())
        return dict(jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims)

    def sign_in(
        self, browser: Browser, person: Person, scope: str = "openid", *, share: tuple[str, ...] = (), **more: str
    ) -> dict[str, Any]:
        """The whole way for one resident: sign in, agree to share these optional claims, redeem. The token answer."""
        self.authorize(browser, scope, **more)
        if browser.data_page == "sign-in":
            browser.sign_in(person, path=None)
        if browser.data_page == "consent":
            browser.submit("share", **({"claim": share} if share else {}))
        answer = self.redeem(self.code(browser))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return dict(answer.get_json())
