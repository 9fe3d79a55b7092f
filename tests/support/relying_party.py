"""An agency app on idpyoidc, a certified client library that we did not write, talking real HTTP to a real server."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from idpyoidc.client.rp_handler import RPHandler

from tests.support.server import Server

CALLBACK = "http://localhost:1/callback"
"""Where the browser is sent back to. Nobody listens there: the test catches the browser on its way."""

AFTER_LOGOUT = "http://localhost:1/signed-out"

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


class RelyingParty:
    """One app, registered by command line and set up by discovery alone."""

    def __init__(self, server: Server, *, scope: str = "openid", auth: str = "client_secret_basic", alg: str = "ES256"):
        self.server = server
        self.scope = scope.split()
        registered = server.beacon_json(
            *("client", "add", "--name", "A certified app", "--redirect-uri", CALLBACK, "--auth", auth),
            *("--post-logout-redirect-uri", AFTER_LOGOUT, "--scope", scope, "--id-token-alg", alg, "--reason", "test"),
        )
        self.id: str = registered["client_id"]
        self._handler = RPHandler(
            base_url="http://localhost:1",
            client_configs={server.origin: self._configuration(registered, auth, alg)},
            services=SERVICES,
        )
        self.state = ""

    def begin(self, **request: Any) -> str:
        """Where to send the browser for a new sign-in."""
        begun = self._handler.begin(server_issuer := self.server.origin, req_args={"scope": self.scope, **request})
        assert begun["url"].startswith(server_issuer) if isinstance(begun, dict) else begun.startswith(server_issuer)
        url = begun["url"] if isinstance(begun, dict) else begun
        self.state = dict(parse_qsl(urlsplit(url).query))["state"]
        return str(url)

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
        asked = self._handler.logout(self.state, post_logout_redirect_uri=AFTER_LOGOUT)
        return str(asked["url"])

    def _configuration(self, registered: dict[str, str], auth: str, alg: str) -> dict[str, Any]:
        return {
            "issuer": self.server.origin,
            "client_id": registered["client_id"],
            "client_secret": registered["client_secret"],
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [AFTER_LOGOUT],
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": [auth],
            "id_token_signing_alg_values_supported": [alg],
            "scopes_supported": self.scope,
            "add_ons": {"pkce": PKCE},
        }
