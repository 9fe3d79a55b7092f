"""Apps that prove themselves by a TLS certificate, which a trusted proxy passes on (RFC 8705 section 2, RFC 9440)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from flask import Flask
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from tests.factories import App
from tests.support.elsewhere import Certificate, certificate
from tests.support.party import Party, asserted, refused

HEADER = "Client-Cert"
SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Parks, Dams & Rivers"),
        x509.NameAttribute(NameOID.COMMON_NAME, "permits.example"),
    ]
)
DN = r"CN=permits.example,O=Parks\, Dams & Rivers,C=US"
NAMES = (
    x509.DNSName("permits.example"),
    x509.UniformResourceIdentifier("https://permits.example/app"),
    x509.IPAddress(ip_address("2001:db8::7")),
    x509.RFC822Name("app@permits.example"),
)

pytestmark = [
    pytest.mark.only_on("sqlite"),
    pytest.mark.settings(client_cert_header=HEADER, trusted_proxies="127.0.0.0/8", limits_exempt="127.0.0.0/8"),
]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("own"), *NAMES, subject=SUBJECT)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("other"), "other.example")


@pytest.fixture
def registered(app: Flask, make_client: Callable[..., App]) -> Callable[..., Party]:
    return lambda **facts: Party(app, make_client(**facts))


def shown(one: Certificate | None) -> dict[str, str]:
    """What a proxy says of a connection with this certificate (RFC 9440)."""
    return {HEADER: f":{base64.b64encode(one.der).decode()}:"} if one else {}


def proves(party: Party, one: Certificate | None, **form: Any) -> TestResponse:
    return party.redeem("made-up", shown(one), **{"client_id": party.id} | form)


def proven(answer: TestResponse) -> None:
    """Check that the app was let through: the made-up code is all that is wrong."""
    refused(answer, "invalid_grant")


def jwks(one: Certificate, **members: Any) -> dict[str, Any]:
    key = ECKey.import_key(one.key.public_key()).as_dict(private=False)
    return {"keys": [key | members]}


class TestByName:
    """``tls_client_auth`` (section 2.1): the proxy has verified the chain, the name says whose it is."""

    @pytest.mark.parametrize(
        ("member", "right", "wrong"),
        [
            ("subject_dn", DN, "CN=permits.example"),
            ("subject_dn", r"CN=permits.example, O=Parks\, Dams & Rivers, C=US", r"C=US,O=Parks\, Dams & Rivers"),
            ("subject_dn", DN, "not a name"),
            ("subject_dn", DN, DN.replace("CN=permits", "CN=Permits")),
            ("subject_dn", DN, DN + ",DC=example"),
            ("san_dns", "permits.example", "*.example"),
            ("san_dns", "permits.example", "https://permits.example/app"),
            ("san_uri", "https://permits.example/app", "https://permits.example/"),
            ("san_ip", "2001:DB8:0::7", "2001:db8::8"),
            ("san_ip", "2001:db8::7", "permits.example"),
            ("san_email", "app@permits.example", "permits.example"),
        ],
    )
    def test_the_registered_name_and_no_other(
        self,
        registered: Callable[..., Party],
        own: Certificate,
        other: Certificate,
        member: str,
        right: str,
        wrong: str,
    ) -> None:
        def named(text: str) -> Party:
            return registered(auth_method="tls_client_auth", **{f"tls_client_auth_{member}": text})

        party = named(right)
        proven(proves(party, own))
        refused(proves(party, other), "invalid_client")
        refused(proves(named(wrong), own), "invalid_client")

    def test_without_a_certificate_it_is_refused(self, registered: Callable[..., Party], own: Certificate) -> None:
        party = registered(auth_method="tls_client_auth", tls_client_auth_san_dns="permits.example")

        refused(proves(party, None), "invalid_client")
        refused(party.redeem("x", shown(own)), "invalid_client")
        refused(proves(party, own, client_id="nobody"), "invalid_client")

    def test_it_holds_at_every_endpoint(self, registered: Callable[..., Party], own: Certificate) -> None:
        party = registered(auth_method="tls_client_auth", tls_client_auth_subject_dn=DN)

        assert party.call("/revoke", shown(own), client_id=party.id, token="x").status_code == 200
        answer = party.call("/introspect", shown(own), client_id=party.id, token="x")
        assert answer.get_json() == {"active": False}
        refused(party.call("/introspect", {}, client_id=party.id, token="x"), "invalid_client", 401)


class TestByKey:
    """``self_signed_tls_client_auth`` (section 2.2): the certificate's key is one that the app registered."""

    def test_the_registered_key_and_no_other(
        self, registered: Callable[..., Party], own: Certificate, other: Certificate
    ) -> None:
        chain = base64.b64encode(own.der).decode()
        for keys in (jwks(own), jwks(own, x5c=[chain], kid="k"), {"keys": jwks(other)["keys"] + jwks(own)["keys"]}):
            party = registered(auth_method="self_signed_tls_client_auth", jwks=keys)
            proven(proves(party, own))
            refused(proves(party, None), "invalid_client")
        refused(proves(registered(auth_method="self_signed_tls_client_auth", jwks=jwks(own)), other), "invalid_client")

    def test_the_same_name_with_another_key_is_not_enough(
        self, registered: Callable[..., Party], own: Certificate, tmp_path: Path
    ) -> None:
        alike = certificate(tmp_path, *NAMES, subject=SUBJECT)
        party = registered(auth_method="self_signed_tls_client_auth", jwks=jwks(own))

        refused(proves(party, alike), "invalid_client")


class TestOneWay:
    def test_a_certificate_beside_another_method_is_no_second_one(
        self, registered: Callable[..., Party], own: Certificate
    ) -> None:
        party = registered()
        proven(party.redeem("x", party.credentials()[0] | shown(own)))
        refused(proves(party, own), "invalid_client")

    def test_another_method_does_not_stand_in_for_the_certificate(
        self, registered: Callable[..., Party], own: Certificate
    ) -> None:
        party = registered(auth_method="self_signed_tls_client_auth", jwks=jwks(own))
        signer = ECKey.import_key(own.key)
        claimed = Party(party.app, party.registered, signer)

        refused(party.redeem("x", shown(own), **asserted(claimed.assertion())), "invalid_client")
        refused(proves(party, own, client_secret="guess"), "invalid_client")
        refused(proves(party, own, client_secret=""), "invalid_client")

    def test_a_public_client_stays_one(self, registered: Callable[..., Party], own: Certificate) -> None:
        proven(proves(registered(auth_method="none"), own))


class TestHeader:
    @pytest.fixture
    def party(self, registered: Callable[..., Party]) -> Party:
        return registered(auth_method="tls_client_auth", tls_client_auth_subject_dn=DN)

    def test_each_proxy_writes_it_in_its_own_way(
        self, party: Party, own: Certificate, subtests: pytest.Subtests
    ) -> None:
        bare = base64.b64encode(own.der).decode()
        for name, text in {
            "RFC 9440": f":{bare}:",
            "HAProxy": bare,
            "nginx": quote(own.pem, safe=""),
            "Apache": own.pem.replace("\n", " "),
            "tabs": own.pem.replace("\n", "\t"),
            "Envoy": f'By=spiffe://x;Hash=00;Cert="{quote(own.pem, safe="")}";Subject="CN=a,O=b;c";URI=spiffe://y',
        }.items():
            with subtests.test(name):
                proven(party.redeem("x", {HEADER: text}, client_id=party.id))

    def test_anything_else_is_no_certificate(
        self, party: Party, own: Certificate, other: Certificate, subtests: pytest.Subtests
    ) -> None:
        bare, second = (base64.b64encode(one.der).decode() for one in (own, other))
        pem = quote(own.pem, safe="")
        for text in (
            "", ":", "::", ":!:", f":{bare}", f"{bare}:", f":{bare}:, :{second}:", f"{bare},{bare}", bare[:-8],
            "x" * 20_000, quote(own.pem + other.pem, safe=""), f"{own.pem}{other.pem}".replace("\n", " "),
            f'Cert="{pem}",Cert="{pem}"', f'Cert="{pem}";By=a,By=b', f'Cert="{pem}";Cert="{pem}"', 'Cert=""',
            f"Cert={pem}", f'Subject="Cert={pem}"', "-----BEGIN CERTIFICATE----- -----END CERTIFICATE-----", "%", "%00",
            "(null)", bare + "A" * 4, f":{bare}AAAA:",
        ):  # fmt: skip
            with subtests.test(text[:30]):
                refused(party.redeem("x", {HEADER: text}, client_id=party.id), "invalid_client")
        two = [(HEADER, f":{bare}:"), (HEADER, f":{bare}:")]
        form = {"grant_type": "authorization_code", "code": "x", "client_id": party.id}
        refused(party.app.test_client().post("/token", headers=two, data=form), "invalid_client")

    @pytest.mark.settings(trusted_proxies="10.0.0.0/8")
    def test_only_a_trusted_proxy_may_say_so(self, party: Party, own: Certificate) -> None:
        refused(proves(party, own), "invalid_client")
        refused(party.redeem("x", shown(own) | {"X-Forwarded-For": "10.0.0.1"}, client_id=party.id), "invalid_client")

    @pytest.mark.settings(client_cert_header=None)
    def test_without_the_setting_no_header_counts(self, party: Party, own: Certificate) -> None:
        refused(proves(party, own), "invalid_client")
