"""Protocol errors, and when to redirect, when to show a page, when to answer JSON.

Descriptions are fixed ASCII sentences (RFC 6749 section 4.1.2.1 limits their characters) and never echo input.
"""

from __future__ import annotations

from authlib.oauth2.rfc6749 import OAuth2Error
from flask_babel import lazy_gettext as _l

from idp.kernel.errors import Refused

DESCRIPTIONS = {
    "login_required": "The resident is not signed in.",
    "consent_required": "The resident has not agreed to this request.",
    "interaction_required": "The resident has to take a further step.",
    "account_selection_required": "The resident has to choose an account.",
    "unmet_authentication_requirements": "The required sign-in strength was not reached.",
    "access_denied": "The resident did not agree.",
}


class ProtocolError(OAuth2Error):  # type: ignore[misc]
    """An error with a code and a fixed sentence, answered in the asked response mode or as JSON."""

    def __init__(self, error: str, description: str = "", status_code: int = 400) -> None:
        super().__init__(description=description or DESCRIPTIONS.get(error, ""), error=error, status_code=status_code)

    def get_headers(self) -> list[tuple[str, str]]:
        """With a challenge where the Authorization header was used (RFC 6749 section 5.2)."""
        challenge = [("WWW-Authenticate", 'Basic realm="beacon"')] if self.status_code == 401 else []
        return [*super().get_headers(), *challenge]


class BadAuthorizationRequest(Refused):
    """A request whose app or return address is not proven: shown here, never redirected."""

    code = "invalid_request"


class UnknownApp(BadAuthorizationRequest):
    """The app is unknown or switched off."""

    code = "unknown_client"

    def __init__(self) -> None:
        super().__init__(_l("We do not know the service that sent you here. Please go back to it and tell its staff."))


class UnregisteredReturn(BadAuthorizationRequest):
    """The return address is missing, doubled or not registered."""

    code = "invalid_redirect_uri"

    def __init__(self) -> None:
        super().__init__(
            _l(
                "The service that sent you here gave a return address that is not on its list, so we stopped. "
                "Please go back to the service and tell its staff."
            )
        )


class BadSignOutRequest(Refused):
    """A sign-out request whose proof is forged or does not belong to the app."""

    code = "invalid_sign_out"

    def __init__(self) -> None:
        super().__init__(_l("The service sent a sign-out request that we cannot accept. You are still signed in here."))
