"""Signed requests by value and by reference (RFC 9101, OIDC Core section 6, FAPI 2.0 Message Signing section 5.3)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.clients import service as clients
from idp.kernel.clock import MINUTE
from idp.limits.policy import LIMITS, Budget
from idp.oidc import request_object as reading
from idp.oidc.errors import ProtocolError
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.party import Party, agree, refused, sign, signed_in, stopped, told, unsigned
from tests.support.requests import JWKS, KEY, push, pushing, request_object, send, visit

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

BAD = "invalid_request_object"
RSA = RSAKey.generate_key(2048, {"kid": "app-rsa"})
ED = OKPKey.generate_key("Ed25519", {"kid": "app-ed"})
EVERY_KEY = {"keys": [key.as_dict(private=False) for key in (KEY, RSA, ED)]}
NAMES = st.sampled_from(["client_id", "response_type", "redirect_uri", "scope", "state", "request", "request_uri", "x"])
REQUESTS = st.dictionaries(NAMES, st.text(max_size=5))

Register = Callable[..., Party]


@pytest.fixture
def register(app: Flask, browser: Browser, resident: Person, make_client: Callable[..., App]) -> Register:
    """Registers an app with keys, which the resident in the browser has agreed to."""

    def make(**facts: Any) -> Party:
        known = {"auth_method": "private_key_jwt", "jwks": EVERY_KEY, "scopes": ("openid", "email")}
        party = Party(app, make_client(**known | facts), KEY)
        agree(resident, party.registered)
        signed_in(browser, resident)
        return party

    return make


@pytest.fixture
def signer(register: Register) -> Party:
    """An app of the baseline profile that signs its requests."""
    return register()


@pytest.fixture
def strict(register: Register) -> Party:
    """An app of the profile ``high``."""
    return register(profile="high")


def test_a_signed_request_is_answered_with_what_is_inside(browser: Browser, signer: Party) -> None:
    send(signer, browser, request_object(signer, state="inside", nonce="n"))
    assert browser.answer.keys() == {"code", "state", "iss"} and browser.answer["state"] == "inside"

    tokens = signer.redeem(browser.answer["code"]).get_json()
    assert signer.read(tokens["id_token"])["nonce"] == "n"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_every_algorithm_that_discovery_names(browser: Browser, signer: Party, subtests: pytest.Subtests) -> None:
    keys: dict[str, Key] = {"ES256": KEY, "PS256": RSA, "RS256": RSA, "EdDSA": ED, "Ed25519": ED}
    for alg, key in keys.items():
        with subtests.test(alg):
            assert "code" in send(signer, browser, request_object(signer, key=key, alg=alg)).answer
            without_kid = request_object(signer, {"kid": None}, key=key, alg=alg)
            assert "code" in send(signer, browser, without_kid).answer


def test_a_registered_algorithm_is_the_only_one(browser: Browser, register: Register) -> None:
    party = register(request_object_signing_alg="PS256")

    assert "code" in send(party, browser, request_object(party, key=RSA, alg="PS256")).answer
    told(send(party, browser, request_object(party), **at(party)), party, BAD)


def test_the_address_inside_wins_over_a_wrong_one_outside(browser: Browser, signer: Party) -> None:
    send(signer, browser, request_object(signer), redirect_uri="https://evil.example/")

    assert (browser.location or "").startswith(signer.registered.redirect_uri) and "code" in browser.answer


def test_the_outside_supplies_what_plain_openid_connect_left_out_inside(browser: Browser, signer: Party) -> None:
    inside = request_object(signer, state=None, redirect_uri=None, code_challenge=None, code_challenge_method=None)
    beside = {name: signer.request()[name] for name in ("redirect_uri", "code_challenge", "code_challenge_method")}
    send(signer, browser, inside, state="outside", **beside)

    assert browser.answer["state"] == "outside" and "code" in browser.answer


def test_a_strict_profile_and_a_push_know_the_inside_alone(browser: Browser, signer: Party, strict: Party) -> None:
    send(strict, browser, request_object(strict, state=None), state="outside")
    assert browser.answer.keys() == {"code", "iss"}

    pushed_ = pushing(signer, request=request_object(signer, redirect_uri=None))
    refused(pushed_, "invalid_request")
    visit(signer, browser, push(signer, request=request_object(signer, state="inside"), nonce="outside"))
    assert browser.answer["state"] == "inside"


def test_two_who_contradict_each_other_about_app_or_kind_are_refused(browser: Browser, signer: Party) -> None:
    told(send(signer, browser, request_object(signer), response_type="token"), signer, "invalid_request")
    told(send(signer, browser, request_object(signer, client_id="other")), signer, "invalid_request")
    told(send(signer, browser, request_object(signer, response_type="token")), signer, "invalid_request")


def test_numbers_objects_and_lists_mean_what_their_text_would(browser: Browser, signer: Party, clock: Clock) -> None:
    inside = request_object(signer, max_age=60, claims={"userinfo": {"email": {"essential": True}}}, prompt="none")
    assert "code" in send(signer, browser, inside).answer

    clock.advance(61)
    told(send(signer, browser, request_object(signer, max_age=60, prompt="none")), signer, "login_required")
    told(send(signer, browser, request_object(signer, claims=[1])), signer, "invalid_request")
    told(send(signer, browser, request_object(signer, max_age=True)), signer, "invalid_request")
    told(send(signer, browser, request_object(signer, resource=["https://no.example/"])), signer, "invalid_target")


def test_what_is_not_signed_by_this_app_for_us_and_now_is_refused(
    browser: Browser, signer: Party, clock: Clock, subtests: pytest.Subtests
) -> None:
    now, public = clock.now, OctKey.import_key(json.dumps(JWKS["keys"][0]))
    good = request_object(signer)
    claims = {**signer.request(), "iss": signer.id, "aud": signer.issuer, "exp": now + 60}
    wrong: dict[str, str] = {
        "no object": "x.y.z",
        "five parts": "a.b.c.d.e",
        "unsigned": unsigned(claims),
        "unsigned in another spelling": unsigned(claims, "nOnE"),
        "public key as secret": sign({"alg": "HS256"}, claims, public),
        "a stranger's key": request_object(signer, key=ECKey.generate_key("P-256", {"kid": "app-1"})),
        "a stranger's key in the header": request_object(signer, {"jwk": STRANGER.as_dict(private=False)}, STRANGER),
        "tampered": good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB"),
        "critical header": _raw({"alg": "ES256", "crit": ["x"], "x": 1}, claims),
        "another type": request_object(signer, {"typ": "at+jwt"}),
        "no iss": request_object(signer, iss=None),
        "another's iss": request_object(signer, iss="other"),
        "no aud": request_object(signer, aud=None),
        "another's aud": request_object(signer, aud="https://other.example"),
        "odd aud": request_object(signer, aud=[[], 5]),
        "over": request_object(signer, exp=now - 60),
        "not yet": request_object(signer, nbf=now + 120),
        "made in the future": request_object(signer, iat=now + 120),
        "odd exp": request_object(signer, exp="soon"),
        "endless exp": request_object(signer, exp=float("inf")),
        "an object inside": request_object(signer, request="x"),
        "an address inside": request_object(signer, request_uri="urn:x"),
        "a client assertion": request_object(signer, sub=signer.id),
        "half a character": _raw({"alg": "ES256"}, claims | {"state": "\ud800"}),
        "long": request_object(signer, login_hint="x" * 30_000),
    }
    for name, text in wrong.items():
        with subtests.test(name):
            answer = pushing(signer, request=text) if name == "long" else None
            if answer is not None:
                refused(answer, BAD)
                continue
            send(signer, browser, text, redirect_uri=signer.registered.redirect_uri, state="S1")
            told(browser, signer, BAD)
    assert "code" in send(signer, browser, good).answer


STRANGER = ECKey.generate_key("P-256")


def test_without_a_proven_address_an_error_is_a_page(browser: Browser, signer: Party) -> None:
    stopped(send(signer, browser, "x.y.z"), "invalid_redirect_uri")
    stopped(send(signer, browser, request_object(signer, redirect_uri="https://evil.example/")), "invalid_redirect_uri")
    told(send(signer, browser, request_object(signer, aud="other")), signer, BAD)


def test_both_ways_at_once_and_doubled_parameters_are_refused(browser: Browser, signer: Party) -> None:
    good, address = request_object(signer), signer.registered.redirect_uri
    for extra in ({"request_uri": "https://x.example/"}, {"scope": ["openid", "email"]}, {"request": [good, good]}):
        send(signer, browser, good, **{"redirect_uri": address, "state": "S1"} | extra)
        told(browser, signer, "invalid_request")


def test_plain_openid_connect_needs_no_times(browser: Browser, signer: Party) -> None:
    assert "code" in send(signer, browser, request_object(signer, {"typ": None}, exp=None, nbf=None, iat=None)).answer


def test_a_strict_profile_wants_both_times_within_an_hour(
    browser: Browser, strict: Party, clock: Clock, subtests: pytest.Subtests
) -> None:
    now = clock.now
    wrong: dict[str, dict[str, Any]] = {
        "no exp": {"exp": None},
        "no nbf": {"nbf": None},
        "an old nbf": {"nbf": now - 3660},
        "a far exp": {"exp": now + 4200},
        "a far exp of an old nbf": {"nbf": now - 1800, "exp": now + 1830},
    }
    for name, changes in wrong.items():
        with subtests.test(name):
            told(send(strict, browser, request_object(strict, **changes)), strict, BAD)
            refused(pushing(strict, request=request_object(strict, **changes)), BAD)
    for changes in ({}, {"nbf": now + 8}, {"nbf": now - 3000}, {"aud": ["https://other.example", strict.issuer]}):
        assert "code" in send(strict, browser, request_object(strict, **changes)).answer


def test_a_strict_profile_takes_no_weak_algorithm(browser: Browser, strict: Party) -> None:
    told(send(strict, browser, request_object(strict, key=RSA, alg="RS256"), **at(strict)), strict, BAD)
    assert "code" in send(strict, browser, request_object(strict, key=RSA, alg="PS256")).answer


def test_who_must_prove_its_requests_signs_or_pushes_them(browser: Browser, strict: Party) -> None:
    told(strict.authorize(browser), strict, "invalid_request")
    assert "code" in visit(strict, browser, push(strict)).answer


def test_who_must_sign_signs_even_what_it_pushes(browser: Browser, register: Register) -> None:
    party = register(require_signed_request_object=True)

    told(party.authorize(browser), party, "invalid_request")
    refused(pushing(party), "invalid_request")
    assert "code" in send(party, browser, request_object(party)).answer
    assert "code" in visit(party, browser, push(party, request=request_object(party))).answer


def test_a_signed_request_waits_for_the_sign_in_like_any_other(
    browser: Browser, signer: Party, resident: Person, clock: Clock
) -> None:
    clock.advance(10)
    send(signer, browser, request_object(signer, prompt="login", state="inside", exp=clock.now + 30)).follow()
    clock.advance(600)
    browser.sign_in(resident, path=None)

    assert browser.answer["state"] == "inside" and "code" in browser.answer


class TestByReference:
    """OIDC Core section 6.2: only from addresses that the app registered, through the guarded fetcher."""

    @pytest.fixture
    def theirs(self) -> Any:
        with elsewhere(host="127.0.0.1") as server:
            yield server

    @pytest.fixture
    def settings(self, settings: Any, theirs: Elsewhere) -> Any:
        return settings.model_copy(update={"fetch_allow": (f"127.0.0.1:{theirs.port}", "127.0.0.1")})

    def test_a_registered_one_is_fetched_and_its_fragment_is_not_sent(
        self, browser: Browser, register: Register, theirs: Elsewhere
    ) -> None:
        uri = theirs.origin + "/request.jwt#a-hash"
        party = register(request_uris=(uri,))
        body = request_object(party, key=RSA, alg="RS256", state="inside", exp=None, nbf=None).encode()
        for media_type in ("application/jwt", "application/oauth-authz-req+jwt"):
            theirs.gives("/request.jwt", body, Content_Type=media_type)
            send(party, browser, "", request_uri=uri, redirect_uri=party.registered.redirect_uri)
            assert browser.answer["state"] == "inside" and "code" in browser.answer

        assert [asked.target for asked in theirs.asked] == ["/request.jwt", "/request.jwt"]

    def test_any_other_is_not_called(
        self, browser: Browser, register: Register, theirs: Elsewhere, subtests: pytest.Subtests
    ) -> None:
        uri = theirs.origin + "/request.jwt#a-hash"
        party = register(request_uris=(uri,))
        for other in (uri + "x", uri.partition("#")[0], theirs.origin + "/", uri.upper(), "urn:x", "//x/", "x"):
            with subtests.test(other):
                send(party, browser, "", request_uri=other, **at(party))
                told(browser, party, "invalid_request_uri")
        assert theirs.asked == []

    def test_what_is_no_request_object_is_an_error_of_the_app(
        self, browser: Browser, register: Register, theirs: Elsewhere, subtests: pytest.Subtests
    ) -> None:
        uri = theirs.origin + "/request.jwt"
        party = register(request_uris=(uri,))
        good = request_object(party).encode()
        answers: dict[str, tuple[bytes, str, str, str]] = {
            "not there": (b"", "404 Not Found", "text/plain", "invalid_request_uri"),
            "a page": (good, "200 OK", "text/html", "invalid_request_uri"),
            "bytes": (b"\xff", "200 OK", "application/jwt", "invalid_request_uri"),
            "unsigned": (unsigned(party.request()).encode(), "200 OK", "application/jwt", BAD),
            "nothing": (b"", "200 OK", "application/jwt", BAD),
        }
        for name, (body, status, media_type, error) in answers.items():
            with subtests.test(name):
                theirs.gives("/request.jwt", body, status, Content_Type=media_type)
                send(party, browser, "", request_uri=uri, **at(party))
                told(browser, party, error)

    def test_a_stranger_uses_up_no_budget_but_their_own(
        self, browser: Browser, register: Register, theirs: Elsewhere, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(LIMITS, "request_uri", replace(LIMITS["request_uri"], account=Budget(2, MINUTE)))
        uri = theirs.origin + "/request.jwt"
        party = register(request_uris=(uri,))
        theirs.gives("/request.jwt", request_object(party).encode(), Content_Type="application/jwt")
        stranger = browser.another(address="203.0.113.7")
        for _ in range(2):
            assert send(party, stranger, "", request_uri=uri, **at(party)).status in {302, 303}
        assert send(party, stranger, "", request_uri=uri, **at(party)).status == 429

        assert "code" in send(party, browser, "", request_uri=uri, **at(party)).answer

    def test_it_is_no_longer_than_a_query_may_be(self, browser: Browser, register: Register, theirs: Elsewhere) -> None:
        uri = theirs.origin + "/request.jwt"
        party = register(request_uris=(uri,))
        for size, answer in ((15_000, "code"), (16_001, "error")):
            body = request_object(party, ui_locales="x" * size).encode()
            theirs.gives("/request.jwt", body, Content_Type="application/jwt")
            assert answer in send(party, browser, "", request_uri=uri, **at(party)).answer
        told(browser, party, "invalid_request")

    def test_nobody_pushes_an_address(self, party: Party) -> None:
        refused(pushing(party, request_uri="https://app.agency.example/request.jwt"), "invalid_request")


@given(REQUESTS, REQUESTS, st.booleans())
def test_the_inside_always_wins_and_a_strict_reading_knows_nothing_else(
    outside: dict[str, str], inside: dict[str, str], strict: bool
) -> None:
    outside = {"client_id": "app"} | outside
    told_inside = reading.parameters(inside)
    merged = reading.merged(outside, told_inside, strict=strict)

    assert not reading.CARRIERS & merged.keys()
    assert merged["client_id"] == outside["client_id"]
    for name, value in told_inside.items():
        assert name == "client_id" or merged[name] == value
    for name in merged.keys() - told_inside.keys() - {"client_id"}:
        assert not strict and merged[name] == outside[name]


@given(REQUESTS, REQUESTS)
def test_app_and_kind_are_the_same_in_both_or_it_is_an_error(outside: dict[str, str], inside: dict[str, str]) -> None:
    both = outside.keys() & inside.keys() & {"client_id", "response_type"}
    if all(outside[name] == inside[name] for name in both):
        reading.demand_agreement(outside, inside)
    else:
        with pytest.raises(ProtocolError):
            reading.demand_agreement(outside, inside)


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5),
        max_size=3,
    )
)
def test_whatever_json_holds_becomes_text(members: dict[str, Any]) -> None:
    told_ = reading.parameters(members)

    assert all(isinstance(value, str) for value in told_.values())
    for name, value in told_.items():
        assert value == members[name] or json.loads(value) == members[name]


def test_an_app_without_keys_signs_nothing(at_home: Browser, party: Party) -> None:
    assert clients.demand(party.id).jwks is None
    told(send(party, at_home, request_object(party), **at(party)), party, "request_not_supported")


def at(party: Party) -> dict[str, str]:
    """What lets an error be redirected whatever is inside."""
    return {"redirect_uri": party.registered.redirect_uri, "state": "S1"}


def _raw(header: dict[str, Any], members: dict[str, Any]) -> str:
    """An object, truly signed, that the signing library would refuse to write."""
    parts = [json.dumps(part).encode() for part in (header, members)]
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    signature = JWSRegistry.algorithms["ES256"].sign(text.encode(), KEY)
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
