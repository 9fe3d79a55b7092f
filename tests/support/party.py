"""An agency app as the tests of the protocol drive it: every message can be bent, every answer is seen raw."""

from __future__ import annotations

import base64
import contextvars
import hashlib
import json
import secrets
from typing import Any

from flask import Flask
from joserfc import jws, jwt
from joserfc.jwk import Key, KeySet
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from consent import service as consent
from idp.kernel import clock
from idp.kernel.contracts import Ask
from idp.kernel.registry import registry
from idp.kernel.signatures import Signatures
from idp.sessions import service as sessions
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.client import Visitor

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SIGNING = ["ES256", "RS256", "PS256", "EdDSA", "Ed25519"]
TWO_FACTORS = ("password", "totp")
VERIFIER = "a-verifier-of-the-tests-that-is-long-enough-0123456789"


def challenge_for(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class Party:
    """One registered app. ``key`` signs its assertions where it uses ``private_key_jwt``."""

    def __init__(self, app: Flask, registered: App, key: Key | None = None, alg: str = "ES256") -> None:
        self.app = app
        self.registered = registered
        self.id = registered.id
        self.key = key
        self.alg = alg
        self.issuer: str = app.extensions["beacon.settings"].issuer

    # What it asks for

    def request(self, **changes: Any) -> dict[str, Any]:
        """The parameters of a good authorization request. A change to None leaves one out."""
        good = {
            "client_id": self.id,
            "response_type": "code",
            "scope": " ".join(self.registered.client.scopes),
            "redirect_uri": self.registered.redirect_uri,
            "state": "S1",
            "nonce": "N1",
            "code_challenge": challenge_for(VERIFIER),
            "code_challenge_method": "S256",
        }
        return _without_none(good | changes)

    def authorize(self, browser: Browser, /, follow: bool = False, **changes: Any) -> Browser:
        """Send a browser to the authorization endpoint."""
        return browser.get("/authorize", query_string=self.request(**changes), follow=follow)

    def code(self, browser: Browser, **changes: Any) -> str:
        """A code, for a browser that needs no page on the way."""
        answer = self.authorize(browser, **changes).answer
        assert "code" in answer, answer
        return answer["code"]

    def token(self, headers: dict[str, str] | None = None, /, **form: Any) -> TestResponse:
        """Call the token endpoint with the app's own credentials."""
        return self.call("/token", headers, **form)

    def redeem(self, code: str, headers: dict[str, str] | None = None, /, **changes: Any) -> TestResponse:
        """Redeem a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.registered.redirect_uri,
            "code_verifier": VERIFIER,
        }
        return self.token(headers, **form | changes)

    def tokens(self, browser: Browser, **changes: Any) -> dict[str, Any]:
        """The whole way: code, then tokens."""
        return granted(self.redeem(self.code(browser, **changes)))

    def refresh(self, refresh_token: str, headers: dict[str, str] | None = None, /, **changes: Any) -> TestResponse:
        """Exchange a refresh token."""
        return self.token(headers, **{"grant_type": "refresh_token", "refresh_token": refresh_token} | changes)

    def userinfo(self, access_token: str) -> TestResponse:
        """Read the claims."""
        return visitor(self.app).get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def introspect(self, token: str, /, **changes: Any) -> dict[str, Any]:
        """What the introspection endpoint says of a token."""
        return granted(self.call("/introspect", **{"token": token} | changes))

    def revoke(self, token: str, /, **changes: Any) -> TestResponse:
        """Revoke a token."""
        return self.call("/revoke", **{"token": token} | changes)

    def call(self, path: str, headers: dict[str, str] | None = None, /, **form: Any) -> TestResponse:
        """Post a form to a machine endpoint. ``headers`` take the place of the app's own credentials."""
        own_headers, own_form = self.credentials() if headers is None else (headers, {})
        return visitor(self.app).post(path, headers=own_headers, data=_without_none(own_form | form))

    # How it proves itself

    def credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """The headers and form fields by which this app authenticates."""
        match self.registered.client.auth_method:
            case "client_secret_basic":
                return {"Authorization": basic(self.id, self.registered.secret or "")}, {}
            case "client_secret_post":
                return {}, {"client_id": self.id, "client_secret": self.registered.secret or ""}
            case "private_key_jwt":
                return {}, asserted(self.assertion())
            case _:
                return {}, {"client_id": self.id}

    def assertion(self, header: dict[str, Any] | None = None, key: Key | None = None, **changes: Any) -> str:
        """A client assertion (RFC 7523 section 3). A change to None leaves a claim out."""
        now = clock.now()
        good = {
            "iss": self.id,
            "sub": self.id,
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
        }
        signer = key or self.key
        assert signer is not None, "this app has no key"
        return sign({"alg": self.alg} | (header or {}), _without_none(good | changes), signer)

    # What it reads

    def read(self, id_token: str) -> dict[str, Any]:
        """The claims of an ID token, its signature checked against the published keys."""
        published = KeySet.import_key_set(visitor(self.app).get("/.well-known/jwks.json").get_json())
        return jwt.decode(id_token, published, registry=Signatures(algorithms=SIGNING)).claims


def visitor(app: Flask) -> Visitor:
    """A program without cookies."""
    return Visitor(app, use_cookies=False)


def signed_in(browser: Browser, person: Person, methods: tuple[str, ...] = TWO_FACTORS) -> Browser:
    """Give a browser a session of this person, without going through the pages."""
    name, secret = contextvars.Context().run(_open_session, browser.app, person.id, methods)
    browser.client.set_cookie(name, secret, domain="localhost")
    return browser


def signed_out(browser: Browser) -> Browser:
    """Press "Sign out" in the menu."""
    token = browser.get("/account").field("csrf_token")["value"]
    return browser.post("/sign-out", {"csrf_token": token})


def cookies(browser: Browser) -> dict[str, str]:
    """What a browser holds, by name."""
    return {cookie.key: cookie.value for cookie in (browser.client._cookies or {}).values()}


def agree(person: Person, registered: App, *scopes: str, claims: set[str] | None = None) -> None:
    """Record that this person shares the claims of these scopes (or only ``claims``) with an app."""
    asked = frozenset(scopes) or frozenset(registered.client.scopes)
    ask = Ask(client_id=registered.id, scopes=asked, claims=registry().claims_of(asked))
    consent.give(person.id, registered.client, ask, ask.claims if claims is None else claims)


def basic(client_id: str, secret: str) -> str:
    """An Authorization header (RFC 7617). Both parts go in as they are."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def asserted(assertion: str) -> dict[str, str]:
    """The form fields that carry a client assertion."""
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


def sign(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """A signed token, whatever its header says."""
    lenient = jws.JWSRegistry(algorithms=[*SIGNING, "HS256", "HS384", "HS512"], strict_check_header=False)
    return jwt.encode(header, claims, key, registry=lenient)


def unsigned(claims: dict[str, Any], alg: Any = "none") -> str:
    """A token without a signature."""
    return f"{_segment({'alg': alg, 'typ': 'JWT'})}.{_segment(claims)}."


def granted(response: TestResponse) -> dict[str, Any]:
    """The body of a good answer of a machine endpoint."""
    assert response.status_code == 200, f"{response.status_code} {response.get_data(as_text=True)[:300]}"
    assert response.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = response.get_json()
    return body


def refused(response: TestResponse, error: str, status: int = 400) -> TestResponse:
    """Check that a machine endpoint said no, in the form of RFC 6749 section 5.2."""
    assert response.status_code == status, f"{response.status_code} {response.get_data(as_text=True)[:300]}"
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert body["error"] == error, body
    assert set(body) <= {"error", "error_description"}
    assert all(32 <= ord(sign) < 127 and sign not in '"\\' for sign in body.get("error_description", ""))
    return response


def told(browser: Browser, party: Party, error: str, **expected: str) -> dict[str, str]:
    """Check that the app was told of an error by redirect, with its state and our name; nothing was given away."""
    answer = dict(browser.answer)
    location = browser.location or ""
    assert location.startswith(party.registered.redirect_uri + "?") and "#" not in location, location
    assert browser.status in {302, 303}
    assert answer["error"] == error, answer
    assert answer["iss"] == party.issuer
    assert {"state": answer.get("state"), **expected} == {"state": expected.get("state", "S1"), **expected}
    assert set(answer) <= {"error", "error_description", "state", "iss"}
    assert all(32 <= ord(sign) < 127 and sign not in '"\\' for sign in answer.get("error_description", ""))
    return answer


def stopped(browser: Browser, code: str | None = None) -> Browser:
    """Check that an error page of our own was shown, and nobody was redirected."""
    assert browser.status == 400, f"{browser.status} {browser.location}"
    assert "Location" not in browser.headers
    assert browser.data_error is not None
    assert code in {None, browser.data_error}, browser.data_error
    return browser


def _open_session(app: Flask, account_id: str, methods: tuple[str, ...]) -> tuple[str, str]:
    with app.test_request_context("/"):
        sessions.open_session(account_id, methods)
        answer = app.process_response(app.response_class())
    jars = [parse_cookie(line.partition(";")[0]) for line in answer.headers.getlist("Set-Cookie")]
    return next((name, value) for jar in jars for name, value in jar.items() if name.endswith("beacon-session"))


def _segment(value: dict[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
