"""How the apps of the tests send a request in other ways than plainly: signed, by reference, or pushed ahead."""

from __future__ import annotations

from typing import Any

from joserfc.jwk import ECKey, Key
from werkzeug.test import TestResponse

from idp.kernel import clock
from tests.support.browser import Browser
from tests.support.party import Party, sign

KEY = ECKey.generate_key("P-256", {"kid": "app-1"})
JWKS = {"keys": [KEY.as_dict(private=False)]}
PUSHED = "urn:ietf:params:oauth:request_uri:"


def request_object(
    party: Party, header: dict[str, Any] | None = None, key: Key = KEY, alg: str = "ES256", **changes: Any
) -> str:
    """The app's good request, signed by it for us. A change to None leaves a member out."""
    now = clock.now()
    good = party.request() | {"iss": party.id, "aud": party.issuer, "iat": now, "nbf": now, "exp": now + 300}
    members = {name: value for name, value in (good | changes).items() if value is not None}
    full = {"alg": alg, "typ": "oauth-authz-req+jwt", "kid": key.kid} | (header or {})
    return sign(_without_none(full), members, key)


def send(party: Party, browser: Browser, text: str, **outside: Any) -> Browser:
    """Send a browser to the authorization endpoint with a signed request, and no more beside it than must be."""
    beside = {"client_id": party.id, "response_type": "code", "scope": "openid", "request": text} | outside
    return browser.get("/authorize", query_string=_without_none(beside), follow=False)


def pushing(party: Party, headers: dict[str, str] | None = None, /, **changes: Any) -> TestResponse:
    """Push the app's good request."""
    return party.call("/par", headers, **(party.request() | changes))


def push(party: Party, **changes: Any) -> str:
    """The ``request_uri`` of a request that was pushed."""
    response = pushing(party, **changes)
    assert response.status_code == 201, response.get_data(as_text=True)
    request_uri: str = response.get_json()["request_uri"]
    return request_uri


def visit(party: Party, browser: Browser, request_uri: str, **outside: Any) -> Browser:
    """Send a browser to the authorization endpoint with the name of a pushed request."""
    parameters = {"client_id": party.id, "request_uri": request_uri} | outside
    return browser.get("/authorize", query_string=_without_none(parameters), follow=False)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
