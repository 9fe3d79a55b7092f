"""The ID token (OIDC Core sections 2, 3.1.3 and 8)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from idp.keys import service as keys
from idp.oidc import jose
from idp.sessions.assurance import AAL1, AAL2
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.party import Party, agree, granted, refused, signed_in
from tests.support.sealed import header_of

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

HASHES: dict[str, Callable[[bytes], Any]] = {
    "ES256": hashlib.sha256,
    "RS256": hashlib.sha256,
    "PS256": hashlib.sha256,
    "EdDSA": hashlib.sha512,  # as Ed25519 itself hashes (RFC 8032)
}
REGISTERED = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "jti", "at_hash"}


def test_it_says_who_when_how_and_for_whom(at_home: Browser, party: Party, clock: Clock) -> None:
    clock.advance(7)
    claims = party.read(party.tokens(at_home)["id_token"])

    assert claims["iss"] == party.issuer
    assert claims["aud"] == party.id
    assert (claims["iat"], claims["exp"]) == (START + 7, START + 307)
    assert claims["auth_time"] == START
    assert claims["nonce"] == "N1"
    assert (claims["acr"], claims["amr"]) == (AAL2, ["pwd", "otp", "mfa"])
    assert 0 < len(claims["sub"]) <= 255 and claims["sub"].isascii()
    assert claims["sid"] and claims["jti"]


def test_it_holds_no_personal_claim(at_home: Browser, party: Party) -> None:
    assert set(party.read(party.tokens(at_home)["id_token"])) == REGISTERED


@pytest.mark.parametrize("alg", keys.ALGORITHMS)
def test_it_is_signed_as_the_app_registered_with_a_published_key(
    browser: Browser, resident: Person, make_client: Callable[..., App], alg: str
) -> None:
    party = Party(browser.app, make_client(id_token_alg=alg))
    agree(resident, party.registered)
    body = party.tokens(signed_in(browser, resident))
    hint = body["id_token"]
    claims = party.read(hint)

    assert header_of(hint) == {"typ": "JWT", "alg": alg, "kid": keys.signer(alg).kid}
    assert claims["aud"] == party.id
    half = HASHES[alg](body["access_token"].encode()).digest()
    half = half[: len(half) // 2]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")
    assert "code" in party.authorize(browser, prompt="none", id_token_hint=hint).answer


def asking(id_token: dict[str, Any], **more: Any) -> dict[str, str]:
    """The claims parameter (OIDC Core section 5.5)."""
    return {"claims": json.dumps({"id_token": id_token} | more)}


def test_it_holds_the_claims_that_were_asked_for_in_it_and_no_other(at_home: Browser, party: Party) -> None:
    wanted = {"given_name": None, "email": {"essential": True}, "family_name": {"value": "Nobody"}, "acr": None}
    tokens = party.tokens(at_home, scope="openid offline_access", **asking(wanted, userinfo={"name": None}))
    claims = party.read(tokens["id_token"])

    assert claims.keys() - REGISTERED == {"given_name", "email"}
    assert claims["given_name"] == "Marisol"
    assert party.userinfo(tokens["access_token"]).get_json().keys() == {"sub", "name"}
    assert party.read(granted(party.refresh(tokens["refresh_token"]))["id_token"])["given_name"] == "Marisol"


def test_it_holds_nothing_that_the_resident_kept_back(browser: Browser, resident: Person, party: Party) -> None:
    agree(resident, party.registered, claims={"given_name"})
    signed_in(browser, resident)
    claims = party.read(party.tokens(browser, **asking({"given_name": None, "email": None}))["id_token"])

    assert claims.keys() - REGISTERED == {"given_name"}


def test_only_an_id_token_is_a_hint(at_home: Browser, party: Party) -> None:
    """A JWT that Beacon signed for another purpose names nobody, whatever it holds (RFC 8725 section 3.11)."""
    claims = party.read(party.tokens(at_home)["id_token"])
    hints = {typ: jose.signed(claims, "ES256", typ) for typ in ("JWT", "at+jwt", "logout+jwt")}

    answers = {typ: party.authorize(at_home, prompt="none", id_token_hint=hint).answer for typ, hint in hints.items()}
    assert "code" in answers["JWT"]
    assert answers["at+jwt"]["error"] == answers["logout+jwt"]["error"] == "login_required"


def test_a_new_key_signs_from_its_hour_on_and_the_old_one_still_verifies(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    before = party.tokens(at_home)["id_token"]
    (kid,) = keys.rotate("ES256")
    clock.advance(1800)
    early = party.tokens(at_home)["id_token"]
    clock.advance(1801)
    after = party.tokens(at_home)["id_token"]

    assert header_of(early)["kid"] == header_of(before)["kid"] != kid
    assert header_of(after)["kid"] == kid
    assert party.read(before) and party.read(after)


def test_without_a_nonce_there_is_none(at_home: Browser, party: Party) -> None:
    assert "nonce" not in party.read(party.tokens(at_home, nonce=None)["id_token"])


def test_the_nonce_is_echoed_as_it_came(at_home: Browser, party: Party) -> None:
    for nonce in ("n", "n" * 384, "n" * 1500, "ünïcode ✓", 'quo"te\\', "a b&c=d"):
        assert party.read(party.tokens(at_home, nonce=nonce)["id_token"])["nonce"] == nonce


def test_auth_time_is_when_the_resident_signed_in_however_late_the_token(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    first = party.tokens(at_home)
    clock.advance(900)
    second = party.tokens(at_home, prompt="none", id_token_hint=first["id_token"])
    clock.advance(900)
    third = granted(party.refresh(first["refresh_token"]))

    times = [party.read(body["id_token"])["auth_time"] for body in (first, second, third)]
    assert times == [START, START, START]


def test_a_refreshed_one_keeps_what_identifies_and_is_younger(at_home: Browser, party: Party, clock: Clock) -> None:
    body = party.tokens(at_home)
    first = party.read(body["id_token"])
    clock.advance(60)
    second = party.read(granted(party.refresh(body["refresh_token"]))["id_token"])

    for name in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert second[name] == first[name]
    assert second["iat"] > first["iat"] and second["jti"] != first["jti"]
    assert "nonce" not in second


@pytest.mark.settings(mfa="optional")
def test_a_password_alone_is_told_as_the_lower_level(browser: Browser, resident: Person, party: Party) -> None:
    agree(resident, party.registered)
    claims = party.read(party.tokens(signed_in(browser, resident, ("password",)))["id_token"])

    assert (claims["acr"], claims["amr"]) == (AAL1, ["pwd"])


def test_the_subject_is_the_same_at_every_visit(at_home: Browser, party: Party, resident: Person) -> None:
    first = party.read(party.tokens(at_home)["id_token"])["sub"]
    elsewhere = signed_in(at_home.another(), resident)

    assert party.read(party.tokens(elsewhere)["id_token"])["sub"] == first
    assert party.userinfo(party.tokens(elsewhere)["access_token"]).get_json()["sub"] == first


def test_two_agencies_cannot_compare_subjects_but_one_agency_can(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    def subject(host: str, agency: str | None) -> str:
        party = Party(browser.app, make_client(redirect_uris=(f"https://{host}/cb",), agency=agency))
        agree(resident, party.registered)
        return str(party.read(party.tokens(browser)["id_token"])["sub"])

    signed_in(browser, resident)
    taxes, refunds = subject("taxes.example", "Revenue"), subject("refunds.example", "Revenue")
    health, alone = subject("health.example", "Health"), subject("alone.example", None)

    assert taxes == refunds
    assert len({taxes, health, alone, resident.id}) == 4


def test_a_public_subject_only_where_the_app_was_registered_so(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(subject_type="public"))
    agree(resident, party.registered)
    tokens = party.tokens(signed_in(browser, resident))

    assert party.read(tokens["id_token"])["sub"] == resident.id
    assert party.userinfo(tokens["access_token"]).get_json()["sub"] == resident.id


def test_the_session_is_named_differently_to_every_app(
    at_home: Browser, party: Party, another: Party, resident: Person
) -> None:
    agree(resident, another.registered)
    mine, theirs = (one.read(one.tokens(at_home)["id_token"])["sid"] for one in (party, another))

    assert mine != theirs
    assert party.read(party.tokens(at_home)["id_token"])["sid"] == mine


def test_an_id_token_is_no_access_token_and_no_refresh_token(at_home: Browser, party: Party) -> None:
    body = party.tokens(at_home)

    assert party.userinfo(body["id_token"]).status_code == 401
    assert party.introspect(body["id_token"]) == {"active": False}
    refused(party.refresh(body["id_token"]), "invalid_grant")
    assert party.userinfo(body["refresh_token"]).status_code == 401
    refused(party.refresh(body["access_token"]), "invalid_grant")
