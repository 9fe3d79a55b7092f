"""The device authorization grant (RFC 8628): a device asks to wait, then polls for what was agreed to elsewhere."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint
from flask import url_for

from idp.clients.vocabulary import DEVICE
from idp.kernel.settings import settings
from idp.limits import service as limits
from idp.oidc.checks import resource
from idp.oidc.errors import ProtocolError
from idp.oidc.grants import CodeGrant, SpentCode
from idp.oidc.message import Message
from idp.oidc.relying_party import RelyingParty
from idp.tokens import codes, devices
from idp.tokens.errors import GrantRefused
from idp.web.origin import client_network

STANDINGS = {
    "pending": ("authorization_pending", "The resident has not decided yet."),
    "hasty": ("slow_down", "Wait five seconds longer between polls from now on."),
    "denied": ("access_denied", ""),
    "expired": ("expired_token", "The device code has expired. Ask for a new one."),
}
"""What a device is told as long as there is nothing to redeem (RFC 8628 section 3.5)."""


class DeviceAuthorization(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    """A device of an app asks to wait for a resident (RFC 8628 section 3.1). The app proves itself as at the token
    endpoint. A scope that it is not registered for is refused here, so that a resident never approves less than asked.
    """

    EXPIRES_IN = devices.LIFETIME
    INTERVAL = devices.INTERVAL

    def create_endpoint_response(self, request: Message) -> tuple[int, Any, list[tuple[str, str]]]:
        client: RelyingParty = self.authenticate_client(request)
        if not client.check_grant_type(DEVICE):
            raise ProtocolError("unauthorized_client", "This client may not use the device grant.")
        resource(request)
        scopes = request.words("scope")
        if not scopes or not set(scopes) <= set(client.client.scopes):
            raise ProtocolError("invalid_scope", "A requested scope is not registered for this client.")
        network = client_network()
        limits.spend("device_request", account=f"{client.id} {network}", network=network)
        begun = devices.begin(client.id, scopes=scopes, resources=request.words("resource"), network=network)
        page = settings().issuer + url_for("oidc.device")
        answer = {
            "device_code": begun.device_code,
            "user_code": begun.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={begun.user_code}",
            "expires_in": self.EXPIRES_IN,
            "interval": self.INTERVAL,
        }
        return 200, answer, []


class DeviceGrant(CodeGrant):
    """A device redeems the code that lies under its own once a resident agreed (RFC 8628 section 3.4)."""

    GRANT_TYPE = DEVICE
    RESPONSE_TYPES = frozenset[str]()

    def validate_token_request(self) -> None:
        self.request.client = client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise ProtocolError("unauthorized_client", "This client may not use the device grant.")
        if not (device_code := self.request.get("device_code")):
            raise ProtocolError("invalid_request", "device_code is missing.")
        self.request.authorization_code = self.query_authorization_code(device_code, client)

    def query_authorization_code(self, code: str, client: RelyingParty) -> SpentCode:
        """Poll, and burn the code once there is one."""
        try:
            standing = devices.poll(code, client.id)
            if standing in STANDINGS:
                raise ProtocolError(*STANDINGS[standing])
            return SpentCode(codes.redeem(code, client.id))
        except GrantRefused:
            raise ProtocolError("invalid_grant", "The device code is not valid.") from None
