"""An app on the resident's own device. It has no secret: PKCE protects its code, and DPoP its tokens.

It is written with requests and joserfc alone, so that each step can be carried over to Swift, Kotlin or whatever the
app is made of. What an app must check by itself is marked "Check".
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

SCOPE = "openid profile offline_access"
TIMEOUT = 10
PATIENCE = 5 * 60
CLOCKS_DIFFER = 30
ISSUED = ("ES256", "RS256", "PS256")


class Refused(Exception):
    """Beacon, or one of our own checks, says no. The text is an OAuth error code, or what did not fit."""


class App:
    """The app. ``key`` proves that its tokens are its own; a real app makes it in the device's key store, for good."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.issuer = environ.get("BEACON_ISSUER", "http://localhost:8000")
        self.client_id = environ["CLIENT_ID"]
        self.key = ECKey.generate_key("P-256")
        self.nonce: str | None = None
        self.tokens: dict[str, Any] = {}
        self.endpoints: dict[str, Any] = requests.get(
            f"{self.issuer}/.well-known/openid-configuration", timeout=TIMEOUT
        ).json()

    def sign_in(self, open_browser: Callable[[str], object]) -> Mapping[str, Any]:
        """Sign the resident in with their own browser. Returns what the ID token says."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with HTTPServer(("127.0.0.1", 0), Landing) as landing:
            redirect_uri = f"http://127.0.0.1:{landing.server_port}/callback"
            pushed = self._post(
                "pushed_authorization_request_endpoint",
                response_type="code",
                redirect_uri=redirect_uri,
                scope=SCOPE,
                state=state,
                nonce=nonce,
                code_challenge=_sha256(verifier),
                code_challenge_method="S256",
            )
            sent = urlencode({"client_id": self.client_id, "request_uri": pushed["request_uri"]})
            open_browser(f"{self.endpoints['authorization_endpoint']}?{sent}")
            answer = _wait(landing, state)
        if answer.get("iss") != self.issuer:
            raise Refused("another issuer")  # Check: the answer is from the issuer we asked (RFC 9207).
        if "code" not in answer:
            raise Refused(answer.get("error", "no code"))
        self.tokens = self._post(
            "token_endpoint",
            grant_type="authorization_code",
            code=answer["code"],
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )
        return self._read_id_token(nonce)

    def claims(self) -> Mapping[str, Any]:
        """What the resident shares, as it stands now."""
        return self._send("GET", self.endpoints["userinfo_endpoint"], token=self.tokens["access_token"])

    def renew(self) -> None:
        """Get new tokens. Keep the new refresh token before anything else: the old one is over."""
        refresh_token = self.tokens["refresh_token"]
        self.tokens |= self._post("token_endpoint", grant_type="refresh_token", refresh_token=refresh_token)

    def sign_out(self, open_browser: Callable[[str], object]) -> None:
        """Take back the tokens, and end the session in the browser as well."""
        requests.post(
            self.endpoints["revocation_endpoint"],
            {"client_id": self.client_id, "token": self.tokens["refresh_token"]},
            timeout=TIMEOUT,
        )
        open_browser(
            f"{self.endpoints['end_session_endpoint']}?{urlencode({'id_token_hint': self.tokens['id_token']})}"
        )
        self.tokens = {}

    def _post(self, endpoint: str, **form: str) -> dict[str, Any]:
        return self._send("POST", self.endpoints[endpoint], form={"client_id": self.client_id} | form)

    def _send(
        self, method: str, url: str, form: dict[str, str] | None = None, token: str | None = None
    ) -> dict[str, Any]:
        """Call an endpoint with a proof. Beacon may want its own fresh nonce in it: then once more."""
        answer = self._send_once(method, url, form, token)
        if "use_dpop_nonce" in answer.text + answer.headers.get("WWW-Authenticate", ""):
            answer = self._send_once(method, url, form, token)
        if not answer.ok:
            raise Refused(answer.json().get("error", str(answer.status_code)))
        told: dict[str, Any] = answer.json()
        return told

    def _send_once(self, method: str, url: str, form: dict[str, str] | None, token: str | None) -> requests.Response:
        headers = {"DPoP": self._proof(method, url, token)} | ({"Authorization": f"DPoP {token}"} if token else {})
        answer = requests.request(method, url, data=form, headers=headers, timeout=TIMEOUT)
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer

    def _proof(self, method: str, url: str, token: str | None) -> str:
        """A proof for this one request (RFC 9449 section 4.2)."""
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.as_dict(private=False)}
        claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(time.time())}
        claims |= {"nonce": self.nonce} if self.nonce else {}
        claims |= {"ath": _sha256(token)} if token else {}
        return jwt.encode(header, claims, self.key)

    def _read_id_token(self, nonce: str) -> Mapping[str, Any]:
        """Check: Beacon signed it, for this app, for this very sign-in, and it is still good (OIDC Core 3.1.3.7)."""
        keys = KeySet.import_key_set(requests.get(self.endpoints["jwks_uri"], timeout=TIMEOUT).json())
        said = jwt.decode(self.tokens["id_token"], keys, algorithms=list(ISSUED)).claims
        expected = {"iss": self.issuer, "aud": self.client_id, "nonce": nonce}
        if {name: said.get(name) for name in expected} != expected or said["exp"] < time.time() - CLOCKS_DIFFER:
            raise Refused("ID token")
        return said


class Landing(BaseHTTPRequestHandler):
    """The page on this device to which the browser comes back (RFC 8252 section 7.3)."""

    timeout = TIMEOUT

    def do_GET(self) -> None:
        self.server.answer = dict(parse_qsl(urlsplit(self.path).query))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><html lang=en><title>Done</title><p>You can go back to the app.")

    def log_message(self, *_words: object) -> None:
        """Say nothing: the address holds a code."""


def _wait(landing: HTTPServer, state: str) -> dict[str, str]:
    """The answer to our own request. Check: it brings our state; whatever else calls here is not it."""
    until = time.monotonic() + PATIENCE
    while (landing.__dict__.get("answer") or {}).get("state") != state:
        landing.timeout = until - time.monotonic()
        if landing.timeout <= 0:
            raise Refused("nobody came back")
        landing.handle_request()
    answer: dict[str, str] = landing.__dict__["answer"]
    return answer


def _sha256(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def main() -> None:
    """Sign in, show who it is, renew, and sign out."""
    app = App(os.environ)
    try:
        said = app.sign_in(webbrowser.open)
        claims = app.claims()
        if claims["sub"] != said["sub"]:
            raise Refused("userinfo")  # Check: both answers speak of the same resident (OIDC Core 5.3.2).
        print(f"Hello, {claims.get('given_name', 'and welcome')}.")
        app.renew()
        print("Renewed. Press Enter to sign out.")
        input()
        app.sign_out(webbrowser.open)
    except (Refused, JoseError, requests.RequestException) as error:
        sys.exit(f"That did not work ({error}). Please start again.")


if __name__ == "__main__":
    if not os.environ.get("CLIENT_ID"):
        sys.exit("Set CLIENT_ID to what `beacon client add` printed. See the README beside this file.")
    main()
