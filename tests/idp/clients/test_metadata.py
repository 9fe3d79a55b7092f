"""What an app may be registered with: every member is looked at, at registration and at every change."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.util import int_to_base64, urlsafe_b64encode

from idp.clients import service as clients
from idp.clients.errors import BadMetadata
from idp.clients.sectors import sector_of

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

URI = "https://app.example/cb"
EC = ECKey.generate_key("P-256")
KEYS = {"keys": [EC.as_dict(private=False)]}


def register(**members: Any) -> clients.Client:
    return clients.register(**{"name": "App", "redirect_uris": (URI,)} | members)[0]


def keyed(*jwks: Any) -> dict[str, Any]:
    return {"auth_method": "private_key_jwt", "jwks": {"keys": list(jwks)}}


def rsa_key(modulus: int, exponent: int = 65537) -> dict[str, Any]:
    return {"kty": "RSA", "n": int_to_base64(modulus), "e": int_to_base64(exponent)}


def okp_key(curve: str, point: int) -> dict[str, Any]:
    size = {"X25519": 32, "X448": 56}[curve]
    return {"kty": "OKP", "crv": curve, "x": urlsafe_b64encode(point.to_bytes(size, "little")).decode()}


def test_a_plain_app_is_confidential_pairwise_and_signs_with_es256(app: Flask) -> None:
    client, secret = clients.register(name="App", redirect_uris=(URI,))

    assert (client.auth_method, client.subject_type, client.id_token_alg) == (
        "client_secret_basic",
        "pairwise",
        "ES256",
    )
    assert client.scopes == ("openid",) and client.grants == ("authorization_code", "refresh_token")
    assert not client.first_party and not client.disabled
    assert secret and client.holds_secret(secret)


@pytest.mark.parametrize(
    "members",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 201},
        {"name": "Tax\u202eeciffo"},
        {"name": "Tax\u200boffice"},
        {"name": "Tax\x07"},
        {"auth_method": "client_secret_jwt"},
        {"auth_method": "NONE"},
        {"subject_type": "shared"},
        {"id_token_alg": "none"},
        {"id_token_alg": "HS256"},
        {"grants": ("client_credentials",), "auth_method": "none"},
        {"grants": ("refresh_token",)},
        {"grants": ()},
        {"grants": ("password",)},
        {"scopes": ("openid", "bogus")},
        {"scopes": ("openid email",)},
        {"required_claims": ("password_hash",)},
        {"redirect_uris": ()},
        {"redirect_uris": tuple(f"https://app.example/{n}" for n in range(51))},
        {"auth_method": "private_key_jwt"},
        {"auth_method": "self_signed_tls_client_auth"},
        {"auth_method": "tls_client_auth"},
        {"auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a", "tls_client_auth_san_ip": "192.0.2.1"},
        {"tls_client_auth_san_dns": "a"},
        {"jwks": KEYS, "jwks_uri": "https://app.example/keys"},
        {"auth_method": "private_key_jwt", "jwks": {"keys": [EC.as_dict(private=False) | {"use": "enc"}]}},
        {"id_token_encrypted_response_alg": "RSA-OAEP-256"},
        {"userinfo_encrypted_response_enc": "A256GCM", "jwks": KEYS},
        {"request_object_signing_alg": "ES256"},
        {"profile": "fapi2"},
        {"profile": "fapi2", "auth_method": "none"},
        {"profile": "fapi2", "auth_method": "private_key_jwt", "jwks": KEYS, "id_token_alg": "RS256"},
        {"profile": "fapi2", "auth_method": "private_key_jwt", "jwks": KEYS, "userinfo_signed_response_alg": "RS256"},
        {"frontchannel_logout_uri": "https://elsewhere.example/bye"},
        {"frontchannel_logout_uri": "http://app.example/bye"},
        {"frontchannel_logout_uri": "https://app.example:8443/bye"},
        {"frontchannel_logout_uri": "javascript:alert(1)"},
        {"initiate_login_uri": "http://localhost/start"},
        {"backchannel_logout_uri": "https://10.0.0.1/bye"},
        {"backchannel_logout_uri": "https://app.example/${host}"},
        {"redirect_uris": ("javascript://localhost/%0aalert(1)",)},
        {"redirect_uris": ("ftp://localhost/cb",), "auth_method": "none"},
        {"redirect_uris": ("com.example.app:/cb",)},
        {"contacts": ["a" * 501]},
        {"default_max_age": -1},
        {"default_max_age": True},
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(app: Flask, members: dict[str, Any]) -> None:
    with pytest.raises(BadMetadata) as refusal:
        register(**members)

    assert str(refusal.value.sentence).endswith(".")
    assert clients.every() == []


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_only_public_keys_of_a_good_size_are_taken(app: Flask, subtests: pytest.Subtests) -> None:
    public = EC.as_dict(private=False)
    wrong: dict[str, Any] = {
        "private": keyed(EC.as_dict(private=True)),
        "shared": keyed(OctKey.generate_key(256).as_dict()),
        "small": keyed(RSAKey.generate_key(1024).as_dict(private=False)),
        "none": keyed(),
        "too many": keyed(*[ECKey.generate_key("P-256").as_dict(private=False) for _ in range(21)]),
        "off the curve": keyed(public | {"y": public["x"]}),
        "of no known kind": keyed({"kty": "XYZ"}),
        "without kind": keyed({"x": "y"}),
        "no object": keyed("key"),
        "nothing": keyed(None),
        "no list": {"auth_method": "private_key_jwt", "jwks": {"keys": 5}},
        "no keys": {"auth_method": "private_key_jwt", "jwks": {}},
        "text": {"auth_method": "private_key_jwt", "jwks": "keys"},
        "list": {"auth_method": "private_key_jwt", "jwks": [public]},
        "large": keyed(rsa_key((1 << 8199) + 1)),
        "even": keyed(rsa_key((1 << 2047) + 2)),
        **{f"exponent {e}": keyed(rsa_key((1 << 2047) + 1, e)) for e in (0, 1, 2, 65536)},
        **{f"{crv}, point {u}": keyed(okp_key(crv, u)) for crv in ("X25519", "X448") for u in (0, 1)},
        **{f"use {use!r}": keyed(public | {"use": use}) for use in (["enc"], [], {}, 5, True, None, "", "both")},
        "one kid twice": keyed(public | {"kid": "a"}, RSAKey.generate_key(2048).as_dict(private=False) | {"kid": "a"}),
    }
    for name, members in wrong.items():
        with subtests.test(name), pytest.raises(BadMetadata):
            register(**members)
    for key in (EC, RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")):
        assert register(**keyed(key.as_dict(private=False))).keys
    for good in (rsa_key((1 << 8191) + 1, 3), public | {"use": "sig"}):
        assert register(**keyed(good)).keys
    for_encryption = (OKPKey.generate_key("X25519").as_dict(private=False), public | {"use": "enc"})
    assert register(**keyed(public | {"kid": "a"}, *for_encryption)).keys


def test_how_an_app_proves_itself_does_not_change(app: Flask) -> None:
    client = register()

    with pytest.raises(BadMetadata):
        clients.change(client.id, auth_method="none")


def test_a_change_keeps_what_it_does_not_name(app: Flask) -> None:
    before = register(scopes=("email",), post_logout_redirect_uris=("https://app.example/bye",))
    after = clients.change(before.id, name="New name")

    assert after.name == "New name"
    for kept in ("redirect_uris", "post_logout_redirect_uris", "scopes", "sector", "secrets", "auth_method"):
        assert getattr(after, kept) == getattr(before, kept)


def test_a_changed_return_address_does_not_change_how_residents_are_known(app: Flask) -> None:
    before = register()

    assert clients.change(before.id, redirect_uris=["https://elsewhere.example/cb"]).sector == before.sector


def test_a_sector_is_the_agency_or_else_the_host() -> None:
    assert sector_of("me", ["https://a.example/cb", "https://a.example/other"], None, None) == "a.example"
    assert sector_of("me", ["https://a.example/cb"], "tax", None) == sector_of("you", [], "tax", "https://x.example/")
    assert sector_of("me", ["https://a.example/cb", "https://b.example/cb"], None, "https://s.example/") == "s.example"


@pytest.mark.parametrize(
    "uris",
    [
        (),
        ("https://a.example/cb", "https://b.example/cb"),
        ("http://127.0.0.1/cb",),
        ("https://a.example/cb", "http://127.0.0.1/cb"),
        ("com.example.app:/cb",),
        ("portal.state.gov:/cb",),
        ("com.example.app://portal.state.gov/cb",),
        ("com.example.app://portal.state.gov/cb", "https://portal.state.gov/cb"),
    ],
)
def test_an_app_that_shares_no_host_is_a_sector_of_its_own(uris: tuple[str, ...]) -> None:
    """Or else it could name a host of somebody else first, and learn how residents are known there."""
    assert sector_of("me", uris, None, None) == "app:me"


def test_a_residents_way_back_to_the_app(app: Flask) -> None:
    assert register().home == "https://app.example/"
    assert register(client_uri="https://app.example/start").home == "https://app.example/start"
    assert register(auth_method="none", redirect_uris=("com.example.app:/cb",)).home is None
