"""A program that runs at night, with no resident at hand: it proves itself with a key, and calls another agency's API.

It is written with requests and joserfc. There is no shared secret: Beacon knows the public key only.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = "benefits.read"
TIMEOUT = 10
EARLY = 60


class Refused(Exception):
    """Beacon gives no token. The text is an OAuth error code; somebody has to look at it."""


class Service:
    """The program, and the one token that it uses until shortly before its end."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.issuer = environ.get("BEACON_ISSUER", "http://localhost:8000")
        self.api = environ.get("API_RESOURCE", "http://localhost:8002/")
        self.client_id = environ["CLIENT_ID"]
        self.key = ECKey.import_key(json.loads(Path(environ["SERVICE_KEY"]).read_text()))
        discovery = f"{self.issuer}/.well-known/openid-configuration"
        self.token_endpoint: str = requests.get(discovery, timeout=TIMEOUT).json()["token_endpoint"]
        self._token, self._good_until = "", 0.0

    def get(self, path: str) -> Any:
        """Read something from the API; with a new token, once, where the old one is refused."""
        answer = self._get(path)
        if answer.status_code == requests.codes.unauthorized:
            self._good_until = 0
            answer = self._get(path)
        answer.raise_for_status()
        return answer.json()

    def _get(self, path: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._access_token()}"}
        return requests.get(self.api + path, headers=headers, timeout=TIMEOUT)

    def _access_token(self) -> str:
        """The token at hand, or a new one. There is no refresh token: the key is enough."""
        if self._good_until < time.time():
            form = {"grant_type": "client_credentials", "scope": SCOPE, "resource": self.api}
            proof = {"client_assertion_type": ASSERTION, "client_assertion": self._assertion()}
            answer = requests.post(self.token_endpoint, form | proof, timeout=TIMEOUT)
            if not answer.ok:
                raise Refused(answer.json()["error"])
            told = answer.json()
            self._token, self._good_until = told["access_token"], time.time() + told["expires_in"] - EARLY
        return self._token

    def _assertion(self) -> str:
        """Who we are: for Beacon alone, for a minute, and once (RFC 7523)."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)


def make_key(private: Path, public: Path) -> None:
    """Make a key: the private half for this program alone, the public half for ``beacon client add --jwks``."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    private.touch(mode=0o600, exist_ok=False)
    private.write_text(json.dumps(key.as_dict(private=True)))
    public.write_text(json.dumps(KeySet([key]).as_dict(private=False)))


def main(arguments: list[str]) -> None:
    """``key PRIVATE PUBLIC`` makes a key; without arguments the nightly work is done."""
    if arguments[:1] == ["key"]:
        make_key(*map(Path, arguments[1:]))
        return
    try:
        print(Service(os.environ).get("benefits"))
    except (Refused, requests.RequestException) as error:
        sys.exit(f"The nightly run failed: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
