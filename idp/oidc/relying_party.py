"""An agency app as Authlib's grants and endpoints ask about it."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import ClientMixin

from idp.clients import service as clients
from idp.clients.service import Client


class RelyingParty(ClientMixin):  # type: ignore[misc]
    """Answers Authlib's questions from an immutable client."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.id = client.id

    @property
    def client_metadata(self) -> dict[str, list[str]]:
        return {"post_logout_redirect_uris": list(self.client.post_logout_redirect_uris)}

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> None:
        """None: a redirect URI is always sent (OIDC Core section 3.1.2.1), never guessed."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """The asked scopes that this app may have, in the order asked; unknown ones are ignored."""
        return " ".join(dict.fromkeys(one for one in (scope or "").split(" ") if one in self.client.scopes))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return self.client.may_redirect_to(redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        return self.client.holds_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.client.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.client.grants


def find(client_id: str) -> RelyingParty | None:
    """The app with this id, unless it is unknown or switched off."""
    client = clients.live(client_id)
    return RelyingParty(client) if client is not None else None
