"""Refusals about agency apps, in words for whoever registers them."""

from __future__ import annotations

from idp.kernel.errors import NotFound, Refused


class BadMetadata(Refused):
    """Client metadata that cannot be accepted (RFC 7591 section 3.2.2: ``invalid_client_metadata``)."""

    code = "invalid_client_metadata"


class BadRedirectUri(BadMetadata):
    """A URI that must not be registered (``invalid_redirect_uri``)."""

    code = "invalid_redirect_uri"


class UnknownClient(NotFound):
    """No agency app has this id."""

    code = "unknown_client"

    def __init__(self, client_id: str) -> None:
        super().__init__(f"No agency app has the id {client_id}.")
