"""OpenID Connect Discovery 1.0, RFC 8414 and RFC 7517: the documents say what is served, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from idp.keys import service as keys
from idp.oidc import discovery
from tests.support.clock import Clock
from tests.support.party import visitor

CONFIGURATION = "/.well-known/openid-configuration"
SERVER = "/.well-known/oauth-authorization-server"
JWKS = "/.well-known/jwks.json"
DOCUMENTS = (CONFIGURATION, SERVER, JWKS)

PUBLIC_MEMBERS = {"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"}
KNOWN_TO_THE_SUITE = frozenset(
    "issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri end_session_endpoint revocation_endpoint "
    "introspection_endpoint scopes_supported claims_supported response_types_supported response_modes_supported "
    "grant_types_supported subject_types_supported id_token_signing_alg_values_supported "
    "token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported "
    "revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported "
    "introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported "
    "code_challenge_methods_supported acr_values_supported prompt_values_supported display_values_supported "
    "claim_types_supported ui_locales_supported claims_parameter_supported request_parameter_supported "
    "request_uri_parameter_supported authorization_response_iss_parameter_supported".split()
)


@pytest.fixture
def metadata(app: Flask) -> dict[str, Any]:
    """The discovery document."""
    found: dict[str, Any] = visitor(app).get(CONFIGURATION).get_json()
    return found


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_json_that_any_page_may_read_and_keep(app: Flask, path: str) -> None:
    answer = visitor(app).get(path)

    assert answer.status_code == 200 and answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert not answer.headers.getlist("Set-Cookie")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_that_is_known_is_not_sent_again(app: Flask, path: str) -> None:
    etag = visitor(app).get(path).headers["ETag"]

    again = visitor(app).get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert visitor(app).get(path, headers={"If-None-Match": '"older"'}).status_code == 200


def test_both_metadata_documents_are_the_same(app: Flask) -> None:
    assert visitor(app).get(CONFIGURATION).data == visitor(app).get(SERVER).data


def test_the_issuer_is_the_address_at_which_the_document_was_found(metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == "http://localhost:8000"
    assert all(url.startswith(metadata["issuer"] + "/") for name, url in metadata.items() if name.endswith("_endpoint"))
    assert metadata["jwks_uri"] == metadata["issuer"] + JWKS


def test_the_host_header_does_not_move_the_issuer(app: Flask) -> None:
    answer = visitor(app).get(CONFIGURATION, headers={"Host": "evil.example"})

    assert b"evil.example" not in answer.data


def test_every_endpoint_in_the_document_is_served(app: Flask, metadata: dict[str, Any]) -> None:
    urls = [url for name, url in metadata.items() if name.endswith("_endpoint") or name == "jwks_uri"]

    assert len(urls) == 7
    for url in urls:
        assert visitor(app).get(url.removeprefix(metadata["issuer"])).status_code != 404


def test_only_members_that_the_certification_suite_knows(metadata: dict[str, Any]) -> None:
    assert set(metadata) <= KNOWN_TO_THE_SUITE


def test_what_is_promised_is_what_is_enforced(metadata: dict[str, Any]) -> None:
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["query", "form_post"]
    assert metadata["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert set(metadata["subject_types_supported"]) == {"pairwise", "public"}
    assert set(metadata["id_token_signing_alg_values_supported"]) == {"ES256", "RS256"}
    assert set(metadata["prompt_values_supported"]) == {"none", "login", "consent", "select_account", "create"}
    assert metadata["authorization_response_iss_parameter_supported"] is True
    for name in ("claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"):
        assert metadata[name] is False


def test_no_unsigned_or_shared_secret_algorithm_is_promised_anywhere(metadata: dict[str, Any]) -> None:
    promised = {alg for name, algs in metadata.items() if name.endswith("alg_values_supported") for alg in algs}

    assert "none" not in promised and not any(alg.startswith("HS") for alg in promised)


def test_introspection_is_promised_to_confidential_apps_only(metadata: dict[str, Any]) -> None:
    assert "none" in metadata["token_endpoint_auth_methods_supported"]
    assert "none" not in metadata["introspection_endpoint_auth_methods_supported"]


def test_scopes_and_claims_come_from_the_catalogue(metadata: dict[str, Any]) -> None:
    assert {"openid", "profile", "email", "phone", "address", "offline_access", "residency", "contact", "age"} <= set(
        metadata["scopes_supported"]
    )
    assert {"sub", "auth_time", "acr", "name", "email", "email_verified", "address", "age_over_18"} <= set(
        metadata["claims_supported"]
    )
    assert len(metadata["claims_supported"]) == len(set(metadata["claims_supported"]))


def test_locales_are_written_as_bcp_47_says(metadata: dict[str, Any]) -> None:
    assert {"en", "es", "ar"} <= set(metadata["ui_locales_supported"])
    assert not any("_" in tag for tag in metadata["ui_locales_supported"])


def test_the_key_set_holds_public_members_only(app: Flask) -> None:
    published = visitor(app).get(JWKS).get_json()["keys"]

    assert {key["alg"] for key in published} == {"ES256", "RS256"}
    for key in published:
        assert set(key) <= PUBLIC_MEMBERS
        assert key["use"] == "sig" and key["kid"]


def test_every_key_has_a_kid_of_its_own(app: Flask, clock: Clock) -> None:
    keys.rotate()
    clock.advance(2)

    kids = [key["kid"] for key in visitor(app).get(JWKS).get_json()["keys"]]
    assert len(kids) == len(set(kids)) == 4


def test_a_new_key_is_published_with_a_new_etag(app: Flask, clock: Clock) -> None:
    before = visitor(app).get(JWKS)
    (kid,) = keys.rotate("ES256")
    clock.advance(2)

    after = visitor(app).get(JWKS, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert kid in {key["kid"] for key in after.get_json()["keys"]}


def test_the_documents_are_built_once(app: Flask) -> None:
    assert discovery.discovery_document() is discovery.discovery_document()
    assert discovery.key_document() is discovery.key_document()
