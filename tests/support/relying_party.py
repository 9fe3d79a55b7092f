"""An agency app on idpyoidc, a certified client library that we did not write, talking real HTTP to a real server."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from idpyoidc.client.defaults import DEFAULT_KEY_DEFS
from idpyoidc.client.rp_handler import RPHandler

from tests.support.server import Server

SERVICES = {
    "discovery": {"class": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery"},
    "authorization": {"class": "idpyoidc.client.oidc.authorization.Authorization"},
    "accesstoken": {"class": "idpyoidc.client.oidc.access_token.AccessToken"},
    "refresh_token": {"class": "idpyoidc.client.oidc.refresh_access_token.RefreshAccessToken"},
    "userinfo": {"class": "idpyoidc.client.oidc.userinfo.UserInfo"},
    "end_session": {"class": "idpyoidc.client.oidc.end_session.EndSession"},
}
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}


class Page(BaseHTTPRequestHandler):
    """The app's only page: something to land on."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>app</title><link rel=icon href=data:,><p>The app")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class RelyingParty:
    """One app, registered by command line and set up by discovery alone. Its pages are there within ``with``."""

    def __init__(self, server: Server, *, scope: str = "openid", auth: str = "client_secret_basic", alg: str = "ES256"):
        self.server = server
        self.scope = scope.split()
        self._pages = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.origin = f"http://localhost:{self._pages.server_port}"
        self.callback, self.signed_out = f"{self.origin}/callback", f"{self.origin}/signed-out"
        registered = server.beacon_json(
            *("client", "add", "--name", "A certified app", "--redirect-uri", self.callback, "--auth", auth),
            *("--post-logout-redirect-uri", self.signed_out, "--scope", scope, "--id-token-alg", alg),
            *("--reason", "test"),
        )
        self._handler = RPHandler(
            base_url=self.origin,
            client_configs={server.origin: self._configuration(registered, auth, alg)},
            services=SERVICES,
            key_conf={"key_defs": DEFAULT_KEY_DEFS},  # in memory, not in files beside the tests
        )
        self.state = ""

    def __enter__(self) -> Self:
        threading.Thread(target=self._pages.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._pages.shutdown()
        self._pages.server_close()

    def begin(self, **request: Any) -> str:
        """Where to send the browser for a new sign-in."""
        begun: str | dict[str, str] = self._handler.begin(self.server.origin, req_args={"scope": self.scope, **request})
        url = begun["url"] if isinstance(begun, dict) else begun
        self.state = dict(parse_qsl(urlsplit(url).query))["state"]
        return url

    def finish(self, landed: str) -> dict[str, Any]:
        """Take the browser back: check the answer, redeem the code, check the ID token, read the claims."""
        answer = dict(parse_qsl(urlsplit(landed).query))
        finished: dict[str, Any] = self._handler.finalize(self.server.origin, answer)
        assert "error" not in finished, finished
        return finished

    def refresh(self) -> Any:
        """New tokens for the refresh token at hand."""
        return self._handler.refresh_access_token(self.state)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """The claims that an access token opens."""
        return dict(self._handler.get_user_info(self.state, access_token=access_token).to_dict())

    def logout(self) -> str:
        """Where to send the browser to sign out."""
        asked = self._handler.logout(self.state, post_logout_redirect_uri=self.signed_out)
        return str(asked["url"])

    def _configuration(self, registered: dict[str, str], auth: str, alg: str) -> dict[str, Any]:
        return {
            "client_type": "oidc",
            "issuer": self.server.origin,
            "client_id": registered["client_id"],
            "client_secret": registered["client_secret"],
            "redirect_uris": [self.callback],
            "post_logout_redirect_uris": [self.signed_out],
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": [auth],
            "id_token_signing_alg_values_supported": [alg],
            "scopes_supported": self.scope,
            "client_authn_methods": [auth, "bearer_header"],
            "add_ons": {"pkce": PKCE},
        }
