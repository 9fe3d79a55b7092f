"""OpenID Connect Back-Channel Logout 1.0: whatever ends a session, each app of it gets a logout token of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner
from flask import Flask

from idp import lifecycle
from idp.clients import service as clients
from idp.clients.cli import client
from idp.kernel.clock import HOUR, MINUTE
from idp.keys import service as keys
from idp.oidc.backchannel import EVENT
from idp.outbox.service import FIRST_WAIT, deliver_due, deliveries
from idp.sessions.service import sessions_of
from tests.factories import App, Person, make_account
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.hearing import Ear, ends_of, header, listening
from tests.support.party import Party, agree, signed_in, signed_out

pytestmark = pytest.mark.settings(fetch_allow=("localhost",))

SCOPES = ("openid", "email", "offline_access")


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as ear:
        yield ear


@pytest.fixture
def listener(app: Flask, make_client: Callable[..., App], resident: Person, ear: Ear) -> Callable[..., Party]:
    """``listener("/out")`` is an app that takes logout tokens there, and that the resident agreed to."""

    def make(path: str = "/out", **facts: object) -> Party:
        party = Party(app, make_client(scopes=SCOPES, backchannel_logout_uri=ear.at(path), **facts))
        agree(resident, party.registered)
        return party

    return make


@pytest.fixture
def party(listener: Callable[..., Party]) -> Party:
    return listener()


def test_a_logout_token_says_whose_session_ended_and_nothing_else(
    at_home: Browser, party: Party, ear: Ear, clock: Clock
) -> None:
    tokens = party.tokens(at_home)
    known = party.read(tokens["id_token"])
    at_home.get("/end-session", query_string={"id_token_hint": tokens["id_token"]})
    clock.advance(20)
    (token,) = ear.tokens()

    claims = party.read(token)
    jti = claims.pop("jti")
    assert claims == {
        "iss": party.issuer,
        "aud": party.id,
        "iat": clock.now,
        "exp": clock.now + 2 * MINUTE,
        "events": {EVENT: {}},
        "sub": known["sub"],
        "sid": known["sid"],
    }
    assert len(jti) >= 20
    assert header(token) == {"typ": "logout+jwt", "alg": "ES256", "kid": keys.signer("ES256").kid}
    assert ear.tokens() == [token], "delivered is delivered"


def press_the_button(browser: Browser, _resident: Person, _clock: Clock) -> None:
    signed_out(browser)


def end_it_from_elsewhere(browser: Browser, resident: Person, _clock: Clock) -> None:
    (here,) = sessions_of(resident.id)
    signed_in(browser.another(), resident)
    other = next(one.id for one in sessions_of(resident.id) if one.id != here.id)
    lifecycle.end_other_sessions(resident.id, keep=other)


def sign_in_as_somebody_else(browser: Browser, _resident: Person, _clock: Clock) -> None:
    browser.sign_in(make_account(totp=True))


def rest(_browser: Browser, _resident: Person, clock: Clock) -> None:
    clock.advance(HOUR)
    lifecycle.end_overdue(10)


def stay_too_long(browser: Browser, _resident: Person, clock: Clock) -> None:
    for _ in range(24):
        clock.advance(HOUR // 2)
        browser.get("/account", follow=False)
    lifecycle.end_overdue(10)


ENDS: dict[str, Callable[[Browser, Person, Clock], object]] = {
    "sign-out": press_the_button,
    "another device": end_it_from_elsewhere,
    "somebody else signs in": sign_in_as_somebody_else,
    "sign-out everywhere": lambda _browser, resident, _clock: lifecycle.sign_out(resident.id),
    "an operator": lambda _browser, resident, _clock: lifecycle.end_session(sessions_of(resident.id)[0].id),
    "a lock": lambda _browser, resident, _clock: lifecycle.lock(resident.id),
    "an hour of rest": rest,
    "twelve hours": stay_too_long,
}


@pytest.mark.parametrize("how", ENDS)
def test_whatever_ends_a_session_its_apps_are_told_once(
    at_home: Browser,
    party: Party,
    ear: Ear,
    resident: Person,
    clock: Clock,
    how: str,
) -> None:
    known = party.read(party.tokens(at_home)["id_token"])
    assert ear.tokens() == []
    ENDS[how](at_home, resident, clock)
    for _ in range(3):
        lifecycle.end_overdue(10)

    assert ends_of(party, ear) == [(known["sub"], known["sid"])]


def test_a_session_that_is_used_is_not_ended(at_home: Browser, party: Party, ear: Ear, clock: Clock) -> None:
    party.tokens(at_home)
    clock.advance(HOUR - 1)
    assert (lifecycle.end_overdue(10), ear.tokens()) == (0, [])
    at_home.get("/account")
    clock.advance(HOUR - 1)
    assert (lifecycle.end_overdue(10), ear.tokens()) == (0, [])
    assert "code" in party.authorize(at_home, prompt="none").answer


def test_what_hangs_on_a_session_ends_when_it_rested_and_offline_access_stays(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    online, offline = party.tokens(at_home, scope="openid email"), party.tokens(at_home)
    clock.advance(HOUR)
    assert lifecycle.end_overdue(10) == 1

    assert party.refresh(online["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert party.refresh(offline["refresh_token"]).status_code == 200


def test_overdue_sessions_are_ended_in_small_batches(
    app: Flask, browser: Browser, resident: Person, clock: Clock
) -> None:
    for _ in range(5):
        signed_in(browser.another(), resident)
    clock.advance(HOUR)

    assert [lifecycle.end_overdue(2) for _ in range(4)] == [2, 2, 1, 0]


def test_each_app_of_the_session_is_told_under_its_own_name(
    at_home: Browser, party: Party, listener: Callable[..., Party], another: Party, resident: Person, ear: Ear
) -> None:
    second = listener("/out2", redirect_uris=("https://second.example/cb",), id_token_alg="RS256")
    elsewhere, disabled = listener("/out3"), listener("/out4")
    agree(resident, another.registered)
    known = [one.read(one.tokens(at_home)["id_token"]) for one in (party, second, another, disabled)]
    elsewhere.tokens(signed_in(at_home.another(), resident))
    clients.disable(disabled.id)
    party.tokens(at_home)
    signed_out(at_home)

    assert ends_of(party, ear) == [(known[0]["sub"], known[0]["sid"])]
    (token,) = ear.tokens("/out2")
    told = second.read(token)
    assert (told["aud"], told["sub"], told["sid"]) == (second.id, known[1]["sub"], known[1]["sid"])
    assert header(token)["alg"] == "RS256"
    assert len({one["sid"] for one in known}) == len(known)
    assert ear.came("/out3") == ear.came("/out4") == []


def test_a_try_that_fails_is_made_again_with_a_new_token(
    at_home: Browser, party: Party, ear: Ear, clock: Clock, subtests: pytest.Subtests
) -> None:
    party.tokens(at_home)
    signed_out(at_home)
    for tried, status in enumerate(("500 Oops", "400 Bad Request", "302 Found", "202 Accepted"), start=1):
        with subtests.test(status):
            ear.at("/out", f"HTTP/1.1 {status}\r\nLocation: {ear.origin}/other\r\nContent-Length: 0\r\n\r\n".encode())
            assert len(ear.tokens()) == len(ear.tokens()) == tried
            clock.advance(FIRST_WAIT * 2 ** (tried - 1))
    ear.at("/out", b"HTTP/1.1 204 No Content\r\n\r\n")
    claims = [party.read(token) for token in ear.tokens()]
    clock.advance(4 * HOUR)

    assert len(ear.tokens()) == len(claims) == 5, "204 is as good as 200"
    assert len({one["jti"] for one in claims}) == 5 and claims[-1]["iat"] > claims[0]["exp"]
    assert len({(one["sub"], one["sid"]) for one in claims}) == 1
    assert not [asked for asked in ear.server.asked if asked.target == "/other"], "no redirect is followed"


def test_an_app_that_was_switched_off_meanwhile_or_listens_elsewhere(
    at_home: Browser, party: Party, ear: Ear, clock: Clock
) -> None:
    party.tokens(at_home)
    signed_out(at_home)
    clients.disable(party.id)
    clock.advance(2)
    assert ear.tokens() == []
    assert deliveries(party.id)[0].error == "the app takes no logout tokens now"

    clients.enable(party.id)
    clients.change(party.id, backchannel_logout_uri=ear.at("/new"))
    clock.advance(FIRST_WAIT)
    assert len(ear.tokens("/new")) == 1 and ear.came() == []


def test_signing_out_of_one_app_leaves_the_others_and_the_session(
    at_home: Browser, party: Party, listener: Callable[..., Party], resident: Person, ear: Ear
) -> None:
    other = listener("/out2")
    there = signed_in(at_home.another(), resident)
    online = party.tokens(at_home, scope="openid email")
    known = {party.read(one["id_token"])["sid"] for one in (online, party.tokens(there))}
    offline, kept = party.tokens(at_home), other.tokens(at_home, scope="openid email")
    at_home.get(f"/account/services/{party.id}").submit("sign-out-here")

    assert at_home.data_page == "services" and party.registered.client.name in at_home.text
    assert {sid for _sub, sid in ends_of(party, ear)} == known and ear.came("/out2") == []
    assert party.userinfo(online["access_token"]).status_code == 401
    assert party.userinfo(offline["access_token"]).status_code == 200, "what it may do while they are away"
    assert other.userinfo(kept["access_token"]).status_code == 200
    assert "code" in other.authorize(at_home, prompt="none").answer


def test_only_a_form_of_ours_signs_out_of_an_app(at_home: Browser, party: Party, ear: Ear) -> None:
    party.tokens(at_home)
    at_home.post(f"/account/services/{party.id}/sign-out", {})

    assert at_home.data_error == "csrf" and ear.tokens() == []
    assert at_home.post("/account/services/unknown/sign-out", {}).status in {400, 404}


def test_the_operator_sees_what_became_of_each_message(
    at_home: Browser, party: Party, resident: Person, ear: Ear, clock: Clock
) -> None:
    assert "Nothing was sent." in CliRunner().invoke(client, ["deliveries", party.id]).output
    party.tokens(at_home)
    signed_out(at_home)
    ear.at("/out", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    deliver_due(10)

    (one,) = json.loads(CliRunner().invoke(client, ["deliveries", party.id, "--json"]).stdout)
    assert one == {
        "kind": "logout",
        "state": "waiting",
        "attempts": 1,
        "created_at": clock.now,
        "due_at": clock.now + FIRST_WAIT,
        "finished_at": None,
        "error": "the app answered 503",
    }
    told = CliRunner().invoke(client, ["deliveries", party.id]).output
    assert "logout  waiting  1  the app answered 503" in told and resident.id not in told
    assert CliRunner().invoke(client, ["deliveries", "unknown"]).exit_code == 1


def test_discovery_says_so(browser: Browser) -> None:
    said = browser.client.get("/.well-known/openid-configuration").get_json()

    assert said["backchannel_logout_supported"] is said["backchannel_logout_session_supported"] is True
