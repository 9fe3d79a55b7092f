"""Attacks on registration: by keys, by tokens, by metadata, by names, and by the addresses that stand in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlalchemy import update

from idp.clients import logos, registration, subjects
from idp.clients import service as clients
from idp.clients.errors import BadMetadata
from idp.clients.models import ClientRow
from idp.kernel.db import execute, transaction
from idp.kernel.fetch import FetchRefused
from idp.outbox import service as outbox
from tests.factories import Person, make_client
from tests.support.browser import Browser
from tests.support.elsewhere import elsewhere
from tests.support.party import Party, refused, unsigned
from tests.support.registration import CALLBACK, Developer, with_token

pytestmark = [
    pytest.mark.only_on("sqlite"),
    pytest.mark.settings(registration="open", limits_exempt="127.0.0.0/8", fetch_allow=("localhost",)),
]
EC = ECKey.generate_key("P-256").as_dict(private=False)
RSA = RSAKey.generate_key(2048)
PRIVATE_ADDRESSES = (
    "https://127.0.0.1/x",
    "https://10.0.0.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "http://internal.example/x",
    "file:///etc/passwd",
    "gopher://internal.example/x",
    "https://user@internal.example/x",
    "https://internal.example/x\r\nHost: y",
    "javascript:alert(1)//",
    "JaVaScRiPt:alert(1)",
    "javascript://localhost/%0aalert(1)",
    "data:text/html,x",
    "",
)
FETCHED = ("jwks_uri", "sector_identifier_uri", "backchannel_logout_uri", "request_uris")
OPENED = ("client_uri", "policy_uri", "tos_uri", "logo_uri", "initiate_login_uri", "frontchannel_logout_uri")
OPENABLE = PRIVATE_ADDRESSES[:7]
"""A browser of the resident's may open these; Beacon never does, except a logo's through the guarded fetcher."""


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_weak_and_private_keys(app: Flask, subtests: pytest.Subtests) -> None:
    """Attack 064."""
    public, private = RSA.as_dict(private=False), RSA.as_dict(private=True)
    wrong: dict[str, Any] = {
        "RSA 1024": {"keys": [RSAKey.generate_key(1024).as_dict(private=False)]},
        "RSA 512": {"keys": [public | {"n": "x" * 86}]},
        "exponent one": {"keys": [public | {"e": "AQ"}]},
        "shared": {"keys": [OctKey.generate_key(256).as_dict()]},
        **{f"private {part}": {"keys": [public | {part: private[part]}]} for part in "dpq"},
        "off the curve": {"keys": [EC | {"y": EC["x"]}]},
        "for encryption": {"keys": [EC | {"use": "enc"}]},
        "for a list": {"keys": [EC | {"use": ["enc"]}]},
        "endless": {"keys": [public | {"n": "x" * 60_001}]},
        "many keys": {"keys": [EC] * 200},
        "one kid twice": {"keys": [EC | {"kid": "a"}, public | {"kid": "a"}]},
        "an odd kid": {"keys": [EC | {"kid": ["a"]}]},
        "an object": {"keys": EC},
        "null": {"keys": None},
        "a text": "keys",
    }
    for name, jwks in wrong.items():
        with subtests.test(name):
            answer = Developer(app).register(token_endpoint_auth_method="private_key_jwt", jwks=jwks)
            refused(answer, "invalid_client_metadata")
    assert clients.every() == []


@pytest.mark.settings(registration="token")
def test_registration_without_a_right_to_it(app: Flask, at_home: Browser, party: Party) -> None:
    """Attack 077."""
    spent = with_token(app)
    spent.registered()
    for token in (None, spent.token, party.tokens(at_home)["access_token"], unsigned({"sub": "x"}), party.id):
        refused(Developer(app, token).register(), "invalid_token", 401)
    basic, _ = party.credentials()
    refused(Developer(app).post(Developer(app).document(), **basic), "invalid_token", 401)


def test_management_across_apps(app: Flask, at_home: Browser, party: Party) -> None:
    """Attack 078. An app that an operator registered has no such token at all."""
    developer = Developer(app)
    mine, other = developer.registered(), developer.registered()
    operators = other | {"registration_client_uri": f"http://localhost:8000/register/{party.id}"}
    before = [clients.demand(client_id) for client_id in (other["client_id"], party.id)]

    for token in (mine["registration_access_token"], "", party.tokens(at_home)["access_token"]):
        for target in (other, operators):
            for method in ("GET", "PUT", "DELETE"):
                sent = {"json": developer.document(client_id=target["client_id"])} if method == "PUT" else {}
                refused(developer.manage(method, target, token, **sent), "invalid_token", 401)
    refused(developer.change(mine, client_id=other["client_id"]), "invalid_request")
    assert [clients.demand(client_id) for client_id in (other["client_id"], party.id)] == before


def test_members_that_are_not_the_apps_to_set(app: Flask) -> None:
    """Attack 079."""
    theirs = {
        "client_id": "chosen",
        "client_secret": "chosen",
        "registration_access_token": "chosen",
        "first_party": True,
        "trusted": True,
        "skip_consent": True,
        "is_admin": True,
        "agency": "Revenue",
        "agency_id": "x",
        "sector": "x",
        "require_acr": "x",
        "require_claims": ["email"],
        "token_exchange_resources": ["https://api.example/"],
        "disabled_at": 1,
        "created_at": 1,
        "id": "x",
        "extra": {"profile": "fapi2"},
        "__proto__": {"first_party": True},
    }
    told = Developer(app).registered(**theirs)
    kept = clients.demand(told["client_id"])

    assert not {told["client_id"], told["client_secret"], told["registration_access_token"]} & {"chosen"}
    assert not kept.first_party and kept.agency is None and kept.required_claims == () and kept.require_acr is None
    assert kept.metadata.token_exchange_resources == () and kept.metadata.profile == "baseline"
    assert not set(told) & (theirs.keys() - {"client_id", "client_secret", "registration_access_token"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"5",
        b"{",
        b"\xff",
        b'{"redirect_uris": NaN}',
        b'{"client_name": "\\ud800", "redirect_uris": ["https://a.example/"]}',
        b'{"client_name": "\\u0000", "redirect_uris": ["https://a.example/"]}',
        b'{"redirect_uris": ["https://a.example/"], "redirect_uris": ["https://b.example/"]}',
        b"[" * 60_000,
        b'{"contacts":' * 900 + b"1" + b"}" * 900,
        b'{"default_max_age": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_documents_that_are_none(app: Flask, body: bytes) -> None:
    """Attack 081."""
    refused(Developer(app).post(body), "invalid_client_metadata")


@pytest.mark.parametrize("value", ["x", {}, [None], [5], [["https://a.example/"]], ["https://a.example/"] * 9999, 5])
def test_redirect_uris_of_the_wrong_type(app: Flask, value: Any) -> None:
    """Attack 081. Ten thousand of the same are one."""
    answer = Developer(app).register(redirect_uris=value)
    if answer.status_code in {201, 413}:
        assert isinstance(value, list) and len(value) == 9999
    else:
        refused(answer, "invalid_redirect_uri")


def test_members_of_the_wrong_type_and_large_documents(app: Flask, subtests: pytest.Subtests) -> None:
    """Attack 081."""
    for name, value in {
        "contacts": {},
        "client_name": 5,
        "scope": ["email"],
        "jwks": "x",
        "grant_types": "authorization_code",
        "response_types": "code",
        "require_auth_time": "true",
        "default_max_age": "5",
        "logo_uri": {},
        "jwks_uri": 5,
        "sector_identifier_uri": [],
    }.items():
        with subtests.test(name):
            refused(Developer(app).register(**{name: value}), "invalid_client_metadata")
    for size in (65 * 1024, 10 * 1024 * 1024):
        assert Developer(app).post(b'{"client_name": "' + b"x" * size + b'"}').status_code == 413
    packed = Developer(app).post(b"x", **{"Content-Encoding": "gzip"})
    refused(packed, "invalid_request", 415)


def test_names_that_pretend(app: Flask, subtests: pytest.Subtests) -> None:
    """Attack 083."""
    make_client(name="Tax Office", agency="Department of Revenue")
    for name in (
        "Tax Office",
        " TAX  OFFICE! ",
        "Тах Оffісе",
        "Tаx Officе",
        "Tax 0ffice",
        "Táx Öffice",
        "Ｔａｘ　Ｏｆｆｉｃｅ",
        "Department of Revenue",
        "Beacon",
        "8eacon ✔",
        "Newcomer \u202eoffice",
        "New\u200bcomer",
        "Newcomer ☑ verified",
        "x" * 5000,
        " ",
    ):
        with subtests.test(name[:20]):
            refused(Developer(app).register(client_name=name), "invalid_client_metadata")
    told = Developer(app).registered(client_name="<b>Newcomer</b>")
    refused(Developer(app).change(told, client_name="Tax Office"), "invalid_client_metadata")


def test_a_name_is_only_ever_text_on_our_pages(app: Flask, at_home: Browser) -> None:
    """Attack 083. The page shows where the resident goes on to, and that nobody has checked the app."""
    told = Developer(app).registered(client_name="<b>Newcomer</b>")
    ask = {"client_id": told["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid"}
    pkce = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    page = at_home.get("/authorize", query_string=ask | pkce, follow=True)

    assert page.data_page == "consent"
    assert "<b>Newcomer" not in page.body and "&lt;b&gt;Newcomer" in page.body
    assert "newcomer.example" in page.text and "registered itself" in page.text


def test_every_address_is_looked_at_and_none_is_fetched(app: Flask, subtests: pytest.Subtests) -> None:
    """Attacks 107 and 014: one rule for each kind of address, at both doors."""
    for name in (*FETCHED, *OPENED):
        for address in PRIVATE_ADDRESSES:
            if name in OPENED and address in OPENABLE:
                continue
            value = [address] if name == "request_uris" else address
            with subtests.test(f"{name} {address}"):
                refused(Developer(app).register(**{name: value}), "invalid_client_metadata")
                with pytest.raises(BadMetadata):
                    clients.register(name="App", redirect_uris=[CALLBACK], **{name: value})
    assert clients.every() == []


def test_a_logo_is_drawn_anew_and_never_fetched_by_a_browser(
    app: Flask, at_home: Browser, make_account: Callable[..., Person]
) -> None:
    """Attack 110. Neither an SVG, nor an endless stream, nor an internal host gets anywhere."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    with elsewhere() as server:
        script = server.gives("/logo.svg", svg, Content_Type="image/png")
        endless = server.gives("/endless.png", b"\x89PNG\r\n\x1a\n" + b"x" * 200_000, Content_Type="image/png")
        for uri in (script, endless, "https://10.0.0.1/logo.png"):
            told = Developer(app).registered(logo_uri=uri)
            outbox.deliver_due(10)
            assert logos.of(told["client_id"]) is None
            assert at_home.get(f"/apps/{told['client_id']}/logo.png").status == 404
    with pytest.raises(FetchRefused):
        logos.bring({"client_id": told["client_id"], "uri": "https://10.0.0.1/logo.png"})
    policy = at_home.get("/").headers["Content-Security-Policy"]
    assert "img-src 'self'" in policy


def test_a_private_scheme_that_looks_like_a_host(app: Flask) -> None:
    """An app on a device never learns how residents are known at the host that its scheme is called after."""
    theirs = make_client(redirect_uris=("https://portal.state.gov/cb",)).client
    native = {"application_type": "native", "token_endpoint_auth_method": "none"}
    for uri in ("portal.state.gov:/cb", "portal.state.gov://portal.state.gov/cb"):
        told = Developer(app).registered(redirect_uris=[uri], **native)
        mine = clients.demand(told["client_id"])
        assert mine.sector == f"app:{mine.id}"
        assert subjects.give(mine, "alice") != subjects.give(theirs, "alice")
    other = make_client(name="Other", redirect_uris=("https://portal.state.gov/other",)).client
    assert subjects.give(other, "alice") == subjects.give(theirs, "alice")


def test_an_app_stays_where_it_was_known_before_sectors_were_told_apart(app: Flask) -> None:
    """A sector that was stored stays, as long as the app stays at its addresses."""
    native = {"application_type": "native", "token_endpoint_auth_method": "none"}
    told = Developer(app).registered(redirect_uris=["com.example.app:/cb"], **native)
    with transaction():
        execute(update(ClientRow).values(sector="com.example.app"))
    subjects.give(clients.demand(told["client_id"]), "alice")
    changes = {"redirect_uris": ["com.example.app:/cb"], "client_name": "Renamed"} | native

    assert Developer(app).change(told, **changes).status_code == 200
    assert clients.demand(told["client_id"]).sector == "com.example.app"


def test_a_registration_token_is_kept_as_a_digest(app: Flask) -> None:
    """Attack 078, from the side of a thief of the database."""
    text = registration.make_token("note", 1)
    told = Developer(app).registered()
    kept = json.dumps([str(one) for one in clients.every()])
    assert text not in kept and told["registration_access_token"] not in kept
