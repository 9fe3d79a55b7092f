"""Attacks on the device grant (119 to 122): guessing codes, taking another's answer, asking for more, luring people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp import lifecycle
from idp.audit.service import search
from idp.kernel.clock import MINUTE
from idp.kernel.db import execute
from idp.kernel.settings import Settings
from idp.tokens.devices import ALPHABET, LENGTH
from idp.tokens.models import AccessToken
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.kiosk import GRANT, GRANTS, Kiosk
from tests.support.party import Party, agree, granted, refused, signed_in, visitor

SCOPES = ("openid", "email", "offline_access")
WRONG = "This code does not work. Check it, or get a new code on your device."
LOOKALIKES = str.maketrans("BCHKMPTX", "ВСНКМРТХ")


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App]) -> Party:
    """A confidential app with devices."""
    return Party(app, make_client(scopes=SCOPES, grants=GRANTS))


@pytest.fixture
def kiosk(party: Party) -> Kiosk:
    """A device that shows a code."""
    return Kiosk(party).start()


def guess(browser: Browser, code: str, **headers: str) -> int:
    """Type a code. A page that throttles has no form, so the next guess begins anew."""
    browser.get("/device")
    token = browser.field("csrf_token")["value"]
    return browser.post("/device", {"csrf_token": token, "user_code": code}, headers=headers).status


def test_119_codes_are_long_and_hold_no_words() -> None:
    assert len(ALPHABET) ** LENGTH > 2**34
    assert not set(ALPHABET) & set("AEIOUY0123456789")


def test_119_guessing_ends_in_one_browser_and_in_one_network(kiosk: Kiosk, browser: Browser, clock: Clock) -> None:
    tries = [guess(browser, "BBBB-BBBB", **{"X-Forwarded-For": f"198.51.100.{turn}"}) for turn in range(50)]
    assert tries == [200] * 8 + [429] * 42
    assert guess(browser, kiosk.code) == 429, "no code is looked at any more"
    others = [browser.another() for _ in range(20)]
    assert Counter(guess(one, "BBBB-BBBB") for one in others)[200] <= 12
    elsewhere = browser.another(address="198.51.100.7")
    assert kiosk.shown_to(elsewhere).data_page == "device-confirm"
    clock.advance(10 * MINUTE)
    assert guess(browser, "BBBB-BBBB") == 200


def test_119_who_types_right_is_not_held_up(party: Party, browser: Browser) -> None:
    for _ in range(20):
        assert Kiosk(party).start().shown_to(browser).data_page == "device-confirm"


def test_119_unknown_expired_used_and_ill_written_look_the_same(
    party: Party, at_home: Browser, clock: Clock, subtests: pytest.Subtests
) -> None:
    used, denied, late = (Kiosk(party).start() for _ in range(3))
    used.let_in_by(at_home)
    denied.shown_to(at_home).submit("deny")
    clock.advance(5 * MINUTE)
    fresh = Kiosk(party).start()
    clock.advance(5 * MINUTE)
    codes = {
        "unknown": "BBBB-BBBB",
        "expired": late.code,
        "used": used.code,
        "denied": denied.code,
        "lookalike": "ВСНК-МРТХ",
        "nothing": "-",
        "script": "<script>alert(1)</script>",
        "long": "B" * 10_000,
    }
    for name, code in codes.items():
        with subtests.test(name):
            browser = at_home.another(address=f"198.51.{len(name)}.1")
            assert guess(browser, code) == 200
            assert WRONG in browser.errors
    assert guess(at_home, fresh.code.translate(LOOKALIKES)) == 200
    assert WRONG in at_home.errors or fresh.code.translate(LOOKALIKES) == fresh.code


def poll(app: Flask, headers: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    answer = visitor(app).post("/token", headers=headers, data=form)
    return answer.status_code, answer.get_json()


@pytest.mark.only_on("postgresql")
def test_120_of_many_polls_at_once_one_gets_tokens(
    kiosk: Kiosk, at_home: Browser, settings: Settings, clock: Clock
) -> None:
    kiosk.let_in_by(at_home)
    headers, form = kiosk.party.credentials()
    form |= {"grant_type": GRANT, "device_code": kiosk.told["device_code"]}
    answers = at_once(poll, settings, clock.now, headers, form)

    assert Counter(body.get("error", "granted") for _, body in answers) == {"granted": 1, "slow_down": CROWD - 1}
    assert execute(select(func.count()).select_from(AccessToken)).scalar_one() == 1
    (tokens,) = [body for status, body in answers if status == 200]
    assert kiosk.party.userinfo(tokens["access_token"]).status_code == 200, "nothing was taken for a replay"


def test_120_an_answer_is_given_once(kiosk: Kiosk, at_home: Browser, clock: Clock) -> None:
    kiosk.let_in_by(at_home)
    tokens = granted(kiosk.poll())
    clock.advance(5)
    refused(kiosk.poll(), "invalid_grant")
    assert kiosk.party.userinfo(tokens["access_token"]).status_code == 401, "whoever came twice, one is a thief"


def test_120_an_answer_is_for_the_app_that_asked(
    app: Flask, make_client: Callable[..., App], kiosk: Kiosk, at_home: Browser
) -> None:
    thief = Party(app, make_client(name="Thief", scopes=SCOPES, grants=GRANTS))
    public = Party(app, make_client(name="Public", scopes=SCOPES, grants=GRANTS, auth_method="none"))
    stolen = {"grant_type": GRANT, "device_code": kiosk.told["device_code"]}
    for party in (thief, public):
        refused(party.token(**stolen), "invalid_grant")
    kiosk.let_in_by(at_home)
    for party in (thief, public):
        refused(party.token(**stolen), "invalid_grant")
    refused(thief.token({}, client_id=kiosk.party.id, **stolen), "invalid_client")
    granted(kiosk.poll())


def test_120_what_the_screen_shows_is_not_what_is_polled_with(kiosk: Kiosk, at_home: Browser) -> None:
    kiosk.let_in_by(at_home)
    for text in (kiosk.code, kiosk.code.replace("-", ""), "x", "x" * 100_000):
        refused(kiosk.poll(device_code=text), "invalid_grant")
    granted(kiosk.poll())


def test_121_a_token_holds_what_was_approved(kiosk: Kiosk, at_home: Browser) -> None:
    kiosk.start(scope="openid")
    kiosk.let_in_by(at_home)
    tokens = granted(kiosk.poll(scope="openid email admin offline_access"))
    assert tokens["scope"] == "openid"
    assert set(granted(kiosk.party.userinfo(tokens["access_token"]))) == {"sub"}


@pytest.mark.parametrize("scope", ["openid admin", "openid profile", "openid,email"])
def test_121_no_device_asks_for_more_than_its_app_may_have(kiosk: Kiosk, scope: str) -> None:
    refused(kiosk.ask(scope=scope), "invalid_scope")


def test_122_looking_approves_nothing(kiosk: Kiosk, at_home: Browser, resident: Person) -> None:
    agree(resident, kiosk.party.registered)
    path = kiosk.shown_to(at_home).path
    for look in (
        kiosk.told["verification_uri_complete"],
        f"/device?user_code={kiosk.code}&answer=continue",
        f"{path}?answer=continue",
        path.replace("/device/", "/authorize/"),
        path.replace("/device/", "/consent/"),
    ):
        at_home.get(look)
        assert at_home.data_page in {"device", "device-confirm"}, look
    refused(kiosk.poll(), "authorization_pending")


def test_122_another_site_approves_nothing(kiosk: Kiosk, at_home: Browser) -> None:
    path = kiosk.shown_to(at_home).path
    for form in ({"answer": "continue"}, {"answer": "continue", "csrf_token": "x"}):
        assert at_home.post(path, form, headers={"Origin": "https://evil.example"}).data_error == "csrf"
    assert at_home.post("/device", {"user_code": kiosk.code}).data_error == "csrf"
    refused(kiosk.poll(), "authorization_pending")


def test_122_the_page_says_who_asks_for_what_from_where_and_warns(party: Party, at_home: Browser) -> None:
    far = Kiosk(party, address="203.0.113.9").start()
    far.shown_to(at_home)
    for words in (
        far.code,
        party.registered.client.name,
        "Email address",
        "On another internet connection than you (203.0.113.0/24)",
        "Only go on if you started this yourself on a device in front of you",
        "Nobody from the state will send you such a code",
    ):
        assert words in at_home.text
    assert "frame-ancestors 'none'" in at_home.headers["Content-Security-Policy"]
    assert at_home.headers["Cache-Control"] == "no-store"


def test_122_a_yes_to_the_app_is_no_yes_to_a_stranger_s_device(
    kiosk: Kiosk, at_home: Browser, resident: Person
) -> None:
    agree(resident, kiosk.party.registered)
    assert kiosk.shown_to(at_home).submit("continue").data_page == "consent"
    refused(kiosk.poll(), "authorization_pending")
    at_home.submit("share", claim=["email"])
    assert [entry.account_id for entry in search(kind="device.approved")] == [resident.id]


def test_122_an_old_session_does_not_pass_where_two_factors_are_demanded(
    app: Flask, make_client: Callable[..., App], browser: Browser, resident: Person
) -> None:
    strict = make_client(
        scopes=SCOPES, grants=GRANTS, first_party=True, require_acr="http://idmanagement.gov/ns/assurance/aal/2"
    )
    kiosk = Kiosk(Party(app, strict)).start()
    signed_in(browser, resident, ("password",))
    assert kiosk.shown_to(browser).submit("continue").data_page == "step-up"
    refused(kiosk.poll(), "authorization_pending")


def test_046_a_locked_account_lets_no_device_in(kiosk: Kiosk, at_home: Browser, resident: Person) -> None:
    kiosk.shown_to(at_home).submit("continue")
    lifecycle.lock(resident.id)
    assert at_home.submit("share").data_page == "sign-in"
    refused(kiosk.poll(), "authorization_pending")
