"""What the members of a client's metadata must be together. Each rule is a sentence of a specification, or of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.clients.errors import BadMetadata, BadRedirectUri
from idp.clients.members import Metadata, policy_of
from idp.clients.uris import origin_of
from idp.clients.vocabulary import CLIENT_CREDENTIALS, CODE, DEVICE, ENCRYPTED, EXCHANGE, REFRESH

BY_THE_APP_ALONE = {CLIENT_CREDENTIALS, EXCHANGE}
KEYED_METHODS = {"private_key_jwt", "self_signed_tls_client_auth"}
CERTIFICATE_MEMBERS = ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email")
ALG_MEMBERS = (
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "authorization_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
)


def check(columns: Mapping[str, Any], further: Metadata) -> None:
    """Raise :class:`BadMetadata` for the first rule that does not hold."""
    for rule in (_grants, _api, _return_addresses, _keys, _certificate, _encryption, _profile, _logout_page):
        rule(columns, further)


def _grants(columns: Mapping[str, Any], further: Metadata) -> None:
    grants = set(columns["grants"])
    if not grants and further.resource is None:
        raise BadMetadata("An app without a grant must serve an API (resource).")
    if REFRESH in grants and not grants & {CODE, DEVICE}:
        raise BadMetadata("refresh_token goes with authorization_code or the device grant.")
    if columns["auth_method"] == "none" and (proven := sorted(BY_THE_APP_ALONE & grants)):
        raise BadMetadata(f"An app without proof of itself cannot have these grants: {', '.join(proven)}.")


def _api(_columns: Mapping[str, Any], further: Metadata) -> None:
    if further.resource_scopes and further.resource is None:
        raise BadMetadata("resource_scopes needs resource.")


def _return_addresses(columns: Mapping[str, Any], _further: Metadata) -> None:
    if CODE in columns["grants"] and not columns["redirect_uris"]:
        raise BadRedirectUri("Register at least one redirect URI.")


def _keys(columns: Mapping[str, Any], further: Metadata) -> None:
    """RFC 7591 section 2: ``jwks`` and ``jwks_uri`` never both; what is verified or encrypted needs one of them."""
    if columns["jwks"] is not None and further.jwks_uri is not None:
        raise BadMetadata("Register jwks or jwks_uri, not both.")
    keyed = columns["auth_method"] in KEYED_METHODS
    if columns["jwks"] is not None or further.jwks_uri is not None:
        if keyed and columns["jwks"] and all(key.get("use") == "enc" for key in columns["jwks"]["keys"]):
            raise BadMetadata("The key set needs a key that is for signatures.")
        return
    if keyed:
        raise BadMetadata(f"{columns['auth_method']} needs the app's public keys (jwks or jwks_uri).")
    if any(getattr(further, f"{kind}_encrypted_response_alg") for kind in ENCRYPTED):
        raise BadMetadata("Encryption needs the app's public keys (jwks or jwks_uri).")
    if further.request_object_signing_alg or further.require_signed_request_object:
        raise BadMetadata("Signed requests need the app's public keys (jwks or jwks_uri).")


def _certificate(columns: Mapping[str, Any], further: Metadata) -> None:
    """RFC 8705 section 2.1.2: exactly one member says whose certificate it is."""
    given = [name for name in CERTIFICATE_MEMBERS if getattr(further, f"tls_client_auth_{name}")]
    if columns["auth_method"] == "tls_client_auth" and len(given) != 1:
        raise BadMetadata("tls_client_auth needs exactly one of the members that begin with tls_client_auth_.")
    if columns["auth_method"] != "tls_client_auth" and given:
        raise BadMetadata("The members that begin with tls_client_auth_ go with tls_client_auth only.")


def _encryption(_columns: Mapping[str, Any], further: Metadata) -> None:
    for kind in ENCRYPTED:
        alg, enc = (getattr(further, f"{kind}_encrypted_response_{part}") for part in ("alg", "enc"))
        if enc and not alg:
            raise BadMetadata(f"{kind}_encrypted_response_enc needs {kind}_encrypted_response_alg.")


def _profile(columns: Mapping[str, Any], further: Metadata) -> None:
    policy = policy_of(further)
    if columns["auth_method"] not in policy.auth_methods:
        raise BadMetadata(f"This profile allows only these ways to authenticate: {_listed(policy.auth_methods)}.")
    for alg in (columns["id_token_alg"], *(getattr(further, name) for name in ALG_MEMBERS)):
        if alg is not None and alg not in policy.signing_algs:
            raise BadMetadata(f"This profile allows only these algorithms: {_listed(policy.signing_algs)}.")


def _logout_page(columns: Mapping[str, Any], further: Metadata) -> None:
    """OpenID Connect Front-Channel Logout section 2: scheme, host and port of a registered redirect URI."""
    uri = further.frontchannel_logout_uri
    if uri is not None and origin_of(uri) not in map(origin_of, columns["redirect_uris"]):
        raise BadMetadata("frontchannel_logout_uri must have the origin of a redirect URI.", about=uri)


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))
