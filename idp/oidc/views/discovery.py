"""The metadata documents and the key set."""

from __future__ import annotations

from flask import Response, request

from idp.keys import readers
from idp.keys.service import APPS_CACHE
from idp.oidc.discovery import Document, discovery_document, key_document
from idp.oidc.views.blueprint import oidc, readable_anywhere
from idp.sessions.guards import protocol
from idp.web.origin import client_network


@oidc.get("/.well-known/openid-configuration")
@protocol
def openid_configuration() -> Response:
    """OpenID Connect Discovery 1.0 section 4."""
    return _send(discovery_document())


@oidc.get("/.well-known/oauth-authorization-server")
@protocol
def oauth_authorization_server() -> Response:
    """RFC 8414."""
    return _send(discovery_document())


@oidc.get("/.well-known/jwks.json")
@protocol
def jwks() -> Response:
    """RFC 7517 section 5. Who read the set is noted, so that it can be told who has the next key."""
    document = key_document()
    readers.note(client_network(), document.etag)
    return _send(document)


def _send(document: Document) -> Response:
    response = Response(document.body, content_type="application/json")
    response.set_etag(document.etag)
    response.headers["Cache-Control"] = f"public, max-age={APPS_CACHE}"
    response.make_conditional(request)
    return readable_anywhere(response)
