"""No request says more than the app that is answered for it (attacks 084, 086, 088, 090 to 092, 096, 097, 104, 105).

Bodies that are no form (attack 085) are in ``tests/protocol/test_bad_input.py``, for every machine endpoint.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.kernel.settings import Settings
from idp.sessions.assurance import AAL2
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.dpop import Prover
from tests.support.elsewhere import elsewhere
from tests.support.party import Party, agree, cookies, granted, refused, signed_in, stopped, told, visitor
from tests.support.requests import JWKS, KEY, PUSHED, push, pushing, request_object, send, visit

FORM = "application/x-www-form-urlencoded"
INTERNAL = (
    "http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/", "http://10.0.0.1/",
    "file:///etc/hostname", "gopher://sink.test/", "ftp://sink.test/", "data:application/json,{}", "//sink.test/",
    "sink.test",
)  # fmt: skip


@pytest.fixture
def signer(app: Flask, make_client: Callable[..., App], resident: Person, browser: Browser) -> Party:
    """An app that signs its requests, and that the resident at home has agreed to."""
    party = Party(app, make_client(auth_method="private_key_jwt", jwks=JWKS, scopes=("openid", "email")), KEY)
    agree(resident, party.registered)
    signed_in(browser, resident)
    return party


class TestDoubledParameters:
    """Attack 084. The authorization endpoint is in ``tests/protocol/test_authorization_request.py``."""

    def test_a_pushed_parameter_counts_once(self, party: Party, subtests: pytest.Subtests) -> None:
        headers, _ = party.credentials()
        for name, value in party.request(prompt="login").items():
            with subtests.test(name):
                doubled = urlencode([*party.request().items(), (name, value), (name, "other")])
                refused(
                    visitor(party.app).post("/par", headers=headers, data=doubled, content_type=FORM), "invalid_request"
                )
        assert push(party)

    def test_one_plain_and_one_encoded_name_are_one_name(self, at_home: Browser, party: Party) -> None:
        query = urlencode(party.request())

        stopped(at_home.get(f"/authorize?{query}&%63lient_id=other", follow=False))
        told(at_home.get(f"/authorize?{query}&%73cope=openid", follow=False), party, "invalid_request")
        assert "code" in at_home.get(f"/authorize?{query}&client_id[]=other", follow=False).answer

    def test_several_resources_are_no_double(self, at_home: Browser, party: Party) -> None:
        told(party.authorize(at_home, resource=["https://a.example/", "https://b.example/"]), party, "invalid_target")


class TestInsideAndOutside:
    """Attack 086. Every other conflict is in ``tests/protocol/test_request_objects.py``."""

    def test_a_scope_put_beside_a_signed_one_is_not_granted(self, browser: Browser, signer: Party) -> None:
        send(signer, browser, request_object(signer, scope="openid"), scope="openid email admin")

        assert granted(signer.redeem(browser.answer["code"]))["scope"] == "openid"

    def test_an_empty_value_inside_is_not_filled_from_outside(self, browser: Browser, signer: Party) -> None:
        send(signer, browser, request_object(signer, state=""), state="outside")
        assert browser.answer["state"] == ""

        stopped(
            send(signer, browser, request_object(signer, redirect_uri=""), redirect_uri=signer.registered.redirect_uri)
        )

    def test_a_client_assertion_is_no_request(self, browser: Browser, signer: Party) -> None:
        assertion = signer.assertion(**signer.request())

        told(send(signer, browser, assertion), signer, "invalid_request_object")


class TestPushedNames:
    """Attack 088."""

    def test_a_guessed_cut_or_extended_name_opens_nothing(self, at_home: Browser, party: Party) -> None:
        name = push(party)
        for other in (name[:-1], name + "A", name.upper(), PUSHED, PUSHED + "A" * 43, name + " ", name.swapcase()):
            answer = visit(party, at_home, other)
            assert answer.status == 400 or answer.answer["error"] == "invalid_request_uri"
        assert "code" in visit(party, at_home, name).answer

    def test_a_proof_of_another_key_than_the_named_one_is_refused(self, party: Party) -> None:
        prover = Prover(party)

        assert pushing(party, prover.headers("/par"), dpop_jkt=prover.thumbprint).status_code == 201
        refused(pushing(party, prover.headers("/par"), dpop_jkt="A" * 43), "invalid_dpop_proof")
        refused(pushing(party, prover.headers("/token")), "invalid_dpop_proof")

    @pytest.mark.only_on("postgresql")
    @pytest.mark.settings(limits_exempt="127.0.0.0/8")
    def test_one_name_is_answered_once_however_many_come(
        self, at_home: Browser, party: Party, settings: Settings, clock: Clock
    ) -> None:
        query = urlencode({"client_id": party.id, "request_uri": push(party)})
        cookie = "; ".join(f"{name}={value}" for name, value in cookies(at_home).items())
        answers = at_once(look, settings, clock.now, f"/authorize?{query}", cookie)

        assert Counter("code=" in location for _, location in answers) == {True: 1, False: CROWD - 1}
        assert {status for status, location in answers if not location} == {400}


def look(app: Flask, path: str, cookie: str) -> tuple[int, str]:
    answer = visitor(app).get(path, headers={"Cookie": cookie})
    return answer.status_code, answer.headers.get("Location", "")


def test_the_claims_parameter_opens_nothing_of_ours(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    """Attack 090. Its shapes and subjects are in ``tests/protocol/test_claims_parameter.py``."""
    party = Party(browser.app, make_client(first_party=True))
    names = [
        "password_hash",
        "is_admin",
        "__class__",
        "constructor",
        "id",
        "account_id",
        "epoch",
        "sealed_email",
        "key",
    ]
    both = json.dumps({place: dict.fromkeys(names) for place in ("userinfo", "id_token")})
    tokens = party.tokens(signed_in(browser, resident), claims=both)

    assert granted(party.userinfo(tokens["access_token"])).keys() == {"sub"}
    assert not set(names) & party.read(tokens["id_token"]).keys()
    refused(pushing(party, claims=json.dumps({"userinfo": {"x" * 60_000: None}})), "invalid_request")
    answer = pushing(party, claims=json.dumps({"userinfo": {"x" * 1_000_000: None}}))
    assert answer.status_code in {400, 413}


def test_a_scope_is_words_with_single_blanks_between(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    """Attack 091."""
    wrong = ["OPENID", "openid,email", "openid\temail", "*", "", "   ", '"openid"', "openid\u00a0email"]
    for scope in wrong:
        with subtests.test(repr(scope)):
            told(party.authorize(at_home, scope=scope), party, "invalid_scope")
    for scope in ("openid openid", 'openid "x"', "openid  ", " ".join(["openid", *(f"s{n}" for n in range(2000))])):
        with subtests.test(scope[:20]):
            assert granted(party.redeem(party.code(at_home, scope=scope)))["scope"] == "openid"
    told(party.authorize(at_home, scope="openid \x01"), party, "invalid_request")
    refused(pushing(party, scope="x" * 15_000), "invalid_scope")
    refused(pushing(party, scope="x" * 60_000), "invalid_request")


def test_none_never_ends_on_a_page_however_it_is_asked(
    browser: Browser, party: Party, resident: Person, signer: Party, subtests: pytest.Subtests
) -> None:
    """Attack 092: plainly, signed or pushed. All else of ``prompt`` is in ``tests/protocol/test_prompt.py``."""
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": AAL2}}})
    weak = signed_in(browser.another(), resident, ("password",))
    nobody = browser.another()
    agree(resident, party.registered)

    told(party.authorize(weak, prompt="none", claims=claims), party, "interaction_required")
    told(visit(party, weak, push(party, prompt="none", claims=claims)), party, "interaction_required")
    told(send(signer, weak, request_object(signer, prompt="none", claims=claims)), signer, "interaction_required")
    told(visit(party, nobody, push(party, prompt="none")), party, "login_required")
    told(send(signer, nobody, request_object(signer, prompt="none")), signer, "login_required")
    told(send(signer, browser, request_object(signer, prompt="none login")), signer, "invalid_request")


def test_a_hint_is_never_answered_with_somebody_else(
    at_home: Browser, party: Party, make_account: Callable[..., Person]
) -> None:
    """Attack 096: a hint that names nobody, by push too. All else is in ``tests/protocol/test_prompt.py``."""
    for hint in ("x" * 12_000, "e30.e30.", "a.b.c.d.e"):
        told(party.authorize(at_home, prompt="none", id_token_hint=hint), party, "login_required")
    told(visit(party, at_home, push(party, prompt="none", id_token_hint="x" * 15_000)), party, "login_required")
    refused(pushing(party, id_token_hint="x" * 40_000), "invalid_request")
    assert pushing(party, id_token_hint="x" * 1_000_000).status_code in {400, 413}

    other = make_account(totp=True)
    agree(other, party.registered)
    theirs = party.tokens(signed_in(at_home.another(), other))["id_token"]
    told(visit(party, at_home, push(party, prompt="none", id_token_hint=theirs)), party, "login_required")


def test_what_is_shown_of_a_request_is_escaped_and_short(browser: Browser, party: Party) -> None:
    """Attack 097, for what is pushed, where more fits in. The rest is in ``tests/protocol/test_prompt.py``."""
    script = '"><script>window.__p=1</script>'
    many = " ".join(f"x{number}" for number in range(500))
    for pushed_ in (
        {"login_hint": f"a@b.example{script}"},
        {"login_hint": "x" * 15_000},
        {"ui_locales": many},
        {"ui_locales": "../../etc {{7*7}}"},
        {"acr_values": script, "display": script, "claims_locales": script},
    ):
        visit(party, browser, push(party, **pushed_)).follow()
        assert browser.status == 200 and "<script>window" not in browser.body and "49" not in browser.text
        assert len(browser.body) < 120_000


def test_what_discovery_does_not_promise_is_refused_or_ignored(at_home: Browser, party: Party) -> None:
    """Attack 104."""
    metadata = visitor(party.app).get("/.well-known/openid-configuration").get_json()
    assert "none" not in metadata["request_object_signing_alg_values_supported"]
    assert "authorization_details_types_supported" not in metadata
    assert metadata["require_request_uri_registration"] is True

    told(party.authorize(at_home, registration="{}"), party, "registration_not_supported")
    told(party.authorize(at_home, response_type="none"), party, "unsupported_response_type")
    told(party.authorize(at_home, response_mode="web_message"), party, "invalid_request")
    told(party.authorize(at_home, resource="https://nowhere.example/"), party, "invalid_target")
    for ignored in ({"claims_locales": "xx"}, {"authorization_details": "[]"}, {"display": "wap"}, {"purpose": "x"}):
        assert "code" in party.authorize(at_home, **ignored).answer


@pytest.mark.only_on("sqlite")
def test_no_address_is_called_that_the_app_did_not_register(
    app: Flask, browser: Browser, resident: Person, make_client: Callable[..., App], subtests: pytest.Subtests
) -> None:
    """Attack 105."""
    with elsewhere(host="127.0.0.1") as sink:
        registered: dict[str, Any] = {"request_uris": ["https://app.agency.example/request.jwt#one"]}
        party = Party(app, make_client(**registered))
        others = ("https://app.agency.example/request.jwt#two", "https://app.agency.example/request.jwt")
        for uri in (*INTERNAL, f"{sink.origin}/x", f"https://127.0.0.1:{sink.port}/x", *others):
            with subtests.test(uri):
                told(party.authorize(browser, request_uri=uri), party, "invalid_request_uri")
                refused(pushing(party, request_uri=uri), "invalid_request")
        assert sink.asked == []
