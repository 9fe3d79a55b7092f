"""The metadata documents, derived from what is registered, prebuilt as bytes (OIDC Discovery, RFC 8414)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from idp.clients.metadata import ASSERTION_ALGS, AUTH_METHODS, GRANTS, SUBJECT_TYPES
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.keys import service as keys
from idp.oidc.checks import PROMPTS, RESPONSE_MODES
from idp.sessions.assurance import REACHABLE
from idp.web.i18n import RELEASED

KEY_CACHE = keys.PUBLISHED_AHEAD


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document ready to send."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, value: Any) -> Document:
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls(body, hashlib.sha256(body).hexdigest()[:32])


def metadata() -> dict[str, Any]:
    """What Beacon serves, and nothing else."""
    confidential = [method for method in AUTH_METHODS if method != "none"]
    return {
        "issuer": settings().issuer,
        **_endpoints(),
        "scopes_supported": list(registry().scopes),
        "claims_supported": ["sub", "iss", "aud", "auth_time", "acr", "amr", "sid", *registry().claims],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANTS),
        "subject_types_supported": list(SUBJECT_TYPES),
        "id_token_signing_alg_values_supported": list(keys.ALGORITHMS),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGS),
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGS),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(REACHABLE),
        "prompt_values_supported": sorted(PROMPTS),
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "ui_locales_supported": [locale.replace("_", "-") for locale in RELEASED],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }


def _endpoints() -> dict[str, str]:
    issuer = settings().issuer
    return {
        "authorization_endpoint": issuer + url_for("oidc.authorize"),
        "token_endpoint": issuer + url_for("oidc.token"),
        "userinfo_endpoint": issuer + url_for("oidc.userinfo"),
        "jwks_uri": issuer + url_for("oidc.jwks"),
        "end_session_endpoint": issuer + url_for("oidc.end_session"),
        "revocation_endpoint": issuer + url_for("oidc.revoke"),
        "introspection_endpoint": issuer + url_for("oidc.introspect"),
    }


def discovery_document() -> Document:
    """The metadata, built once a process."""
    kept = current_app.extensions.get("beacon.discovery")
    if kept is None:
        kept = current_app.extensions["beacon.discovery"] = Document.of(metadata())
    return kept


def key_document() -> Document:
    """The JWK set, built anew only when the keys change."""
    public = tuple(key.kid for key in keys.every())
    kids, kept = current_app.extensions.get("beacon.jwks", ((), None))
    if kids != public:
        kept = Document.of(keys.public_set())
        current_app.extensions["beacon.jwks"] = (public, kept)
    return kept  # type: ignore[no-any-return]
