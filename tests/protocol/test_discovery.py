"""OpenID Connect Discovery 1.0, RFC 8414 and RFC 7517: the documents say what is served, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from babel import Locale
from flask import Flask

from idp.clients.errors import BadMetadata
from idp.clients.vocabulary import SIGNING_ALGS
from idp.keys import service as keys
from idp.oidc import discovery
from tests.factories import App
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, visitor
from tests.support.sealed import EC, RSA, published

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

CONFIGURATION = "/.well-known/openid-configuration"
SERVER = "/.well-known/oauth-authorization-server"
JWKS = "/.well-known/jwks.json"
DOCUMENTS = (CONFIGURATION, SERVER, JWKS)

PUBLIC_MEMBERS = {"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"}
REGISTERED = frozenset(
    "issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri end_session_endpoint revocation_endpoint "
    "introspection_endpoint registration_endpoint pushed_authorization_request_endpoint device_authorization_endpoint "
    "scopes_supported claims_supported response_types_supported response_modes_supported "
    "grant_types_supported subject_types_supported id_token_signing_alg_values_supported "
    "id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported "
    "userinfo_signing_alg_values_supported userinfo_encryption_alg_values_supported "
    "userinfo_encryption_enc_values_supported authorization_signing_alg_values_supported "
    "introspection_signing_alg_values_supported request_object_signing_alg_values_supported "
    "dpop_signing_alg_values_supported tls_client_certificate_bound_access_tokens mtls_endpoint_aliases "
    "token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported "
    "revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported "
    "introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported "
    "code_challenge_methods_supported acr_values_supported prompt_values_supported display_values_supported "
    "claim_types_supported ui_locales_supported claims_parameter_supported "
    "request_parameter_supported request_uri_parameter_supported require_request_uri_registration "
    "require_pushed_authorization_requests authorization_response_iss_parameter_supported "
    "backchannel_logout_supported backchannel_logout_session_supported "
    "frontchannel_logout_supported frontchannel_logout_session_supported".split()
)
"""Members that IANA lists under "OAuth Authorization Server Metadata" and OpenID Connect Discovery defines; the
certification suite warns of any other."""

CHOSEN_BY = {
    "id_token_signing": "id_token_alg",
    "userinfo_signing": "userinfo_signed_response_alg",
    "authorization_signing": "authorization_signed_response_alg",
    "introspection_signing": "introspection_signed_response_alg",
    "request_object_signing": "request_object_signing_alg",
    "token_endpoint_auth_signing": "token_endpoint_auth_signing_alg",
    "id_token_encryption": "id_token_encrypted_response_alg",
    "userinfo_encryption": "userinfo_encrypted_response_alg",
}
"""The member of an app's registration by which it picks among the algorithms in the document."""


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

    assert len(urls) == len(set(urls)) == 9
    for url in urls:
        assert visitor(app).get(url.removeprefix(metadata["issuer"])).status_code != 404


def test_only_members_that_are_registered(metadata: dict[str, Any]) -> None:
    assert set(metadata) <= REGISTERED


def test_what_is_promised_is_what_is_enforced(metadata: dict[str, Any]) -> None:
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert set(metadata["subject_types_supported"]) == {"pairwise", "public"}
    assert set(metadata["id_token_signing_alg_values_supported"]) == {"ES256", "RS256", "PS256", "EdDSA"}
    assert set(metadata["prompt_values_supported"]) == {"none", "login", "consent", "select_account", "create"}
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["require_pushed_authorization_requests"] is False


def test_every_response_mode_in_the_document_is_served(
    browser: Browser, make_client: Callable[..., App], metadata: dict[str, Any]
) -> None:
    party = Party(browser.app, make_client())
    for mode in metadata["response_modes_supported"]:
        party.authorize(browser, response_mode=mode, prompt="none")
        form = browser.page.find("form", id="continue")
        assert (form is not None) is mode.startswith("form_post")
        fields = browser.answer if form is None else {str(one["name"]): str(one["value"]) for one in form("input")}
        told = party.read(fields["response"]) if mode.endswith("jwt") else fields
        assert told["error"] == "login_required"


def test_every_grant_in_the_document_is_served(
    app: Flask, make_client: Callable[..., App], metadata: dict[str, Any]
) -> None:
    grants = metadata["grant_types_supported"]
    party = Party(app, make_client(grants=grants))
    errors = {party.token(grant_type=grant).get_json().get("error") for grant in grants}

    assert {"authorization_code", "refresh_token", "client_credentials"} <= set(grants)
    assert "unsupported_grant_type" not in errors and "unauthorized_client" not in errors
    assert party.token(grant_type="password").get_json()["error"] == "unsupported_grant_type"


def test_every_algorithm_in_the_document_can_be_registered_and_no_other(
    make_client: Callable[..., App], metadata: dict[str, Any], subtests: pytest.Subtests
) -> None:
    promised = {name.partition("_alg_")[0]: algs for name, algs in metadata.items() if "_alg_values" in name}
    assert promised.keys() - CHOSEN_BY.keys() == {
        "dpop_signing", "revocation_endpoint_auth_signing", "introspection_endpoint_auth_signing",
    }  # fmt: skip
    for kind, member in CHOSEN_BY.items():
        with subtests.test(kind):
            for alg in promised[kind]:
                make_client(**{member: alg}, jwks=published(RSA, EC))
            for alg in ("none", "HS256", "RSA1_5", "ES512", "dir"):
                with pytest.raises(BadMetadata):
                    make_client(**{member: alg}, jwks=published(RSA, EC))


def test_what_signs_is_what_can_be_registered() -> None:
    assert set(SIGNING_ALGS) == set(keys.ALGORITHMS)


def test_the_document_says_where_to_register_only_where_apps_may(app: Flask, metadata: dict[str, Any]) -> None:
    assert "registration_endpoint" not in metadata


@pytest.mark.settings(registration="open")
def test_open_registration_is_in_the_document(app: Flask, metadata: dict[str, Any]) -> None:
    path = metadata["registration_endpoint"].removeprefix(metadata["issuer"])

    assert visitor(app).get(path).status_code != 404


def test_certificates_are_promised_only_where_a_proxy_passes_them_on(metadata: dict[str, Any]) -> None:
    assert not {"mtls_endpoint_aliases", "tls_client_certificate_bound_access_tokens"} & metadata.keys()
    for endpoint in ("token", "revocation", "introspection"):
        assert not any("tls" in method for method in metadata[f"{endpoint}_endpoint_auth_methods_supported"])


@pytest.mark.settings(client_cert_header="Client-Cert", mtls_origin="https://mtls.example")
def test_certificates_are_shown_at_an_origin_of_their_own(metadata: dict[str, Any]) -> None:
    aliases = metadata["mtls_endpoint_aliases"]

    assert metadata["tls_client_certificate_bound_access_tokens"] is True
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(metadata["token_endpoint_auth_methods_supported"])
    assert {"token_endpoint", "pushed_authorization_request_endpoint", "userinfo_endpoint"} <= aliases.keys()
    for name, alias in aliases.items():
        assert alias.removeprefix("https://mtls.example") == metadata[name].removeprefix(metadata["issuer"])


def test_no_unsigned_shared_secret_or_broken_algorithm_is_promised_anywhere(metadata: dict[str, Any]) -> None:
    promised = {alg for name, algs in metadata.items() if "_alg_values" in name for alg in algs}

    assert not promised & {"none", "RSA1_5", "RSA-OAEP", "dir"}
    assert not any(alg.startswith(("HS", "PBES2")) for alg in promised)


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
    for tag in metadata["ui_locales_supported"]:
        assert tag == "-".join(str(Locale.parse(tag, sep="-")).split("_"))


def test_the_key_set_holds_public_members_only(app: Flask) -> None:
    listed = visitor(app).get(JWKS).get_json()["keys"]

    assert {key["alg"]: key["kty"] for key in listed} == {
        "ES256": "EC", "RS256": "RSA", "PS256": "RSA", "EdDSA": "OKP",
    }  # fmt: skip
    assert len({key["n"] for key in listed if key["kty"] == "RSA"}) == 2
    for key in listed:
        assert set(key) <= PUBLIC_MEMBERS
        assert key["use"] == "sig" and key["kid"]


def test_every_key_has_a_kid_of_its_own(app: Flask, clock: Clock) -> None:
    keys.rotate()
    clock.advance(2)

    kids = [key["kid"] for key in visitor(app).get(JWKS).get_json()["keys"]]
    assert len(kids) == len(set(kids)) == 8


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
