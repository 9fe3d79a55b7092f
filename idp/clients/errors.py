"""Refusals about agency apps, in words for whoever registers them."""

from __future__ import annotations

from idp.kernel.errors import NotFound, Refused


class BadMetadata(Refused):
    """Client metadata that cannot be accepted (RFC 7591 section 3.2.2: ``invalid_client_metadata``).

    ``rule`` is what does not hold, in a fixed ASCII sentence that may go back to an app; ``about`` the value that broke
    it, which is shown to an operator alone.
    """

    code = "invalid_client_metadata"

    def __init__(self, rule: str, *, about: str = "") -> None:
        self.rule = rule
        super().__init__(f"{about}: {rule}" if about else rule)


class BadRedirectUri(BadMetadata):
    """A URI that must not be registered (``invalid_redirect_uri``)."""

    code = "invalid_redirect_uri"


class BadStatement(BadMetadata):
    """A software statement that does not hold (RFC 7591 section 3.2.2)."""

    code = "invalid_software_statement"


class UnapprovedStatement(BadMetadata):
    """A software statement of somebody whom the operator does not trust (RFC 7591 section 3.2.2)."""

    code = "unapproved_software_statement"


class MalformedClaims(Refused):
    """A ``claims`` parameter that is not what OIDC Core section 5.5 says."""

    code = "invalid_request"


class UnknownClient(NotFound):
    """No agency app has this id."""

    code = "unknown_client"

    def __init__(self, client_id: str) -> None:
        super().__init__(f"No agency app has the id {client_id}.")
