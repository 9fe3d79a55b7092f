"""An agency's door for security events: Beacon tells here what happened to accounts (RFC 8417, RFC 8935).

It checks each token, and holds what residents it concerns ask for until somebody has looked. One file, to be copied.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

import requests
from flask import Blueprint, Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

TIMEOUT = 10
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"

HELD = {RISC + "account-disabled", RISC + "credential-compromise", RISC + "recovery-activated"}
"""After these, payments of a resident wait until somebody has looked."""

ENDED = {RISC + "account-disabled", RISC + "account-purged", CAEP + "session-revoked"}
"""After these, sessions of our own end."""

http = requests.Session()
door = Blueprint("door", __name__)


class Beacon:
    """Whose tokens are believed, and the keys that it publishes."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.issuer = environ.get("BEACON_ISSUER", "http://localhost:8000")
        self.client_id = environ["CLIENT_ID"]
        self._keys: KeySet | None = None

    def read(self, text: str) -> Mapping[str, Any] | None:
        """What a token says, once it is beyond doubt (RFC 8417 section 4)."""
        try:
            token = self._decoded(text)
        except (JoseError, ValueError, TypeError):
            return None
        said = token.claims
        right = {
            token.header.get("typ") == "secevent+jwt",  # Check: it is an event, and no ID token or logout token.
            said.get("iss") == self.issuer,
            said.get("aud") == self.client_id,  # Check: it is for us.
            isinstance(said.get("events"), dict),
            said.get("sub_id", {}).get("iss") == self.issuer,
        }
        return said if right == {True} else None

    def _decoded(self, text: str) -> jwt.Token:
        """A token that a published key signed; the keys are fetched again when it names one that is new to us."""
        if self._keys is not None:
            try:
                return jwt.decode(text, self._keys, algorithms=["ES256"])
            except InvalidKeyIdError:
                pass
        found = http.get(f"{self.issuer}/.well-known/openid-configuration", timeout=TIMEOUT).json()
        self._keys = KeySet.import_key_set(http.get(found["jwks_uri"], timeout=TIMEOUT).json())
        return jwt.decode(text, self._keys, algorithms=["ES256"])


class Residents:
    """What we keep of residents, by ``sub``. In this process only: a real app would use its database."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.sessions: dict[str, str] = {}
        self.seen: set[str] = set()

    def hear(self, token_id: str, sub: str, events: Collection[str]) -> None:
        """Act on the events of one token. The same token may come twice, and counts once."""
        if token_id in self.seen:
            return
        self.seen.add(token_id)
        if HELD.intersection(events):
            self.held.add(sub)
        if ENDED.intersection(events):
            self.sessions.pop(sub, None)


@door.post("/events")
def events() -> ResponseReturnValue:
    """Take one token. 202 says that we have it for good; anything else lets Beacon try again (RFC 8935 section 2)."""
    said = current_app.extensions["beacon"].read(request.get_data(as_text=True))
    if said is None:
        return jsonify(err="invalid_request", description="not a security event for us"), 400
    current_app.extensions["residents"].hear(said["jti"], said["sub_id"]["sub"], said["events"])
    return "", 202


def create_app(environ: Mapping[str, str]) -> Flask:
    """The door, with what it needs to know."""
    app = Flask(__name__)
    app.extensions |= {"beacon": Beacon(environ), "residents": Residents()}
    app.register_blueprint(door)
    return app


if __name__ == "__main__":
    create_app(os.environ).run(port=int(os.environ.get("EVENTS_PORT", "8005")))
