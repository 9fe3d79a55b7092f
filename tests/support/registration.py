"""A developer's program that registers an app and looks after the registration (RFC 7591, RFC 7592)."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from idp.clients import registration
from tests.support.party import visitor

CALLBACK = "https://newcomer.example/cb"


class Developer:
    """``token`` is an initial access token, if one is needed."""

    def __init__(self, app: Flask, token: str | None = None) -> None:
        self.app = app
        self.token = token

    def document(self, **changes: Any) -> dict[str, Any]:
        """Good metadata. A change to None leaves a member out."""
        good = {"redirect_uris": [CALLBACK], "client_name": "Newcomer"}
        return {name: value for name, value in (good | changes).items() if value is not None}

    def post(self, body: Any, **headers: str) -> TestResponse:
        """Send any body, JSON unless it is bytes."""
        sent = {"data": body, "content_type": "application/json"} if isinstance(body, bytes) else {"json": body}
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return visitor(self.app).post("/register", headers=own | headers, **sent)

    def register(self, **changes: Any) -> TestResponse:
        """Register an app."""
        return self.post(self.document(**changes))

    def registered(self, **changes: Any) -> dict[str, Any]:
        """Register an app, and be told about it."""
        answer = self.register(**changes)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        body: dict[str, Any] = answer.get_json()
        return body

    def manage(self, method: str, of: dict[str, Any], token: str | None = None, **sent: Any) -> TestResponse:
        """Call the management address of an app, with its own token unless another is given."""
        text = of["registration_access_token"] if token is None else token
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        path = of["registration_client_uri"].removeprefix(self.app.extensions["beacon.settings"].issuer)
        return visitor(self.app).open(path, method=method, headers=headers, **sent)

    def change(self, of: dict[str, Any], **changes: Any) -> TestResponse:
        """Replace an app's metadata."""
        return self.manage("PUT", of, json=self.document(client_id=of["client_id"]) | changes)


def with_token(app: Flask) -> Developer:
    """A developer to whom an operator gave a token."""
    return Developer(app, registration.make_token("for the tests", 1))
