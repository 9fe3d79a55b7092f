"""The metadata documents, derived from what is registered, prebuilt as bytes (OIDC Discovery, RFC 8414)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from idp.clients.vocabulary import (
    AUTH_METHODS,
    CLIENT_ALGS,
    ENCRYPTED,
    ENCRYPTION_ALGS,
    ENCRYPTION_ENCS,
    GRANTS,
    SIGNING_ALGS,
    SUBJECT_TYPES,
)
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.keys import service as keys
from idp.oidc import dpop
from idp.oidc.checks import PROMPTS, RESPONSE_MODES
from idp.sessions.assurance import REACHABLE
from idp.web.i18n import RELEASED

ENDPOINTS = {
    "authorization_endpoint": "oidc.authorize",
    "pushed_authorization_request_endpoint": "oidc.push",
    "token_endpoint": "oidc.token",
    "userinfo_endpoint": "oidc.userinfo",
    "jwks_uri": "oidc.jwks",
    "end_session_endpoint": "oidc.end_session",
    "device_authorization_endpoint": "oidc.device_authorization",
    "revocation_endpoint": "oidc.revoke",
    "introspection_endpoint": "oidc.introspect",
    "registration_endpoint": "oidc.register",
}
WITH_CERTIFICATE = (
    "pushed_authorization_request_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "device_authorization_endpoint",
)
"""Where an app may show its certificate."""


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
    return {
        "issuer": settings().issuer,
        **_endpoints(settings().issuer),
        **_words(),
        **_client_authentication(),
        **_algorithms(),
        **_certificates(),
        **_requests(),
        **_logout(),
        "authorization_response_iss_parameter_supported": True,
    }


def _endpoints(origin: str, *names: str) -> dict[str, str]:
    """The addresses of all endpoints, or of those named, at ``origin``."""
    served = ENDPOINTS if settings().registration != "closed" else ENDPOINTS.keys() - {"registration_endpoint"}
    return {name: origin + url_for(ENDPOINTS[name]) for name in ENDPOINTS if name in (names or served)}


def _words() -> dict[str, Any]:
    """The values that parameters and claims may have."""
    return {
        "scopes_supported": list(registry().scopes),
        "claims_supported": ["sub", "iss", "aud", "auth_time", "acr", "amr", "sid", *registry().claims],
        "claim_types_supported": ["normal"],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANTS),
        "subject_types_supported": list(SUBJECT_TYPES),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(REACHABLE),
        "prompt_values_supported": sorted(PROMPTS),
        "display_values_supported": ["page"],
        "ui_locales_supported": [locale.replace("_", "-") for locale in RELEASED],
    }


def _requests() -> dict[str, Any]:
    """How an authorization request may come (OIDC Core sections 5.5 and 6, RFC 9126)."""
    return {
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": False,
        "request_object_signing_alg_values_supported": list(CLIENT_ALGS),
    }


def _logout() -> dict[str, bool]:
    """How apps hear that a session has ended, always with its ``sid`` (Back- and Front-Channel Logout 1.0)."""
    channels = ("backchannel", "frontchannel")
    return {f"{channel}_logout_{what}supported": True for channel in channels for what in ("", "session_")}


def _client_authentication() -> dict[str, list[str]]:
    """How apps prove themselves; by certificate only where a proxy passes it on."""
    certificates = settings().client_cert_header is not None
    methods = [method for method in AUTH_METHODS if certificates or "tls_client_auth" not in method]
    confidential = [method for method in methods if method != "none"]
    by_endpoint = {"token": methods, "revocation": methods, "introspection": confidential}
    told = {f"{name}_endpoint_auth_methods_supported": served for name, served in by_endpoint.items()}
    return told | {f"{name}_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGS) for name in by_endpoint}


def _algorithms() -> dict[str, list[str]]:
    """What is signed and encrypted with what: by Beacon, and by apps."""
    ours = ("id_token", "userinfo", "authorization", "introspection")
    return {
        **{f"{name}_signing_alg_values_supported": list(SIGNING_ALGS) for name in ours},
        **{f"{name}_encryption_alg_values_supported": list(ENCRYPTION_ALGS) for name in ENCRYPTED},
        **{f"{name}_encryption_enc_values_supported": list(ENCRYPTION_ENCS) for name in ENCRYPTED},
        "dpop_signing_alg_values_supported": list(dpop.ALGS),
    }


def _certificates() -> dict[str, Any]:
    """RFC 8705: bound tokens, and where a proxy asks for certificates (section 5)."""
    if settings().client_cert_header is None:
        return {}
    origin = settings().mtls_origin
    aliases = {"mtls_endpoint_aliases": _endpoints(origin, *WITH_CERTIFICATE)} if origin else {}
    return {"tls_client_certificate_bound_access_tokens": True, **aliases}


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
