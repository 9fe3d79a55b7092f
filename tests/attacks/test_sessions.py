"""Sessions under attack: fixation, replay, limits of time, locks, what a cookie may hold, and other origins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from idp import lifecycle
from idp.accounts import service as accounts
from idp.app import create_app
from idp.kernel.crypto import digest
from idp.kernel.db import db, execute
from idp.kernel.settings import Settings
from idp.sessions import service as sessions
from idp.sessions.models import SessionRow
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.client import Visitor
from tests.support.clock import Clock
from tests.support.party import Party, cookies, granted, signed_in, signed_out

COOKIE = "beacon-session"
WELL_KNOWN_KEYS = (
    " ", "dev", "secret", "secret-key", "secret_key", "changeme", "change-me", "password", "development", "test", "key",
    "you-will-never-guess", "hard to guess string", "super-secret", "mysecret", "flask", "beacon", "12345678", "x" * 32,
    "CHANGEME_CHANGEME_CHANGEME_CHANGEME",
)  # fmt: skip


def secret_in(browser: Browser) -> str | None:
    """The session secret that this browser holds."""
    held = browser.client.get_cookie(COOKIE, domain="localhost")
    return held.value if held else None


def with_secret(browser: Browser, secret: str) -> Browser:
    """Another browser that holds this secret."""
    other = browser.another()
    other.client.set_cookie(COOKIE, secret, domain="localhost")
    return other


def is_in(browser: Browser) -> bool:
    """Whether the account page opens."""
    return browser.get("/account", follow=False).status == 200


class TestFixation:
    def test_a_planted_secret_is_replaced_at_sign_in(self, browser: Browser, resident: Person) -> None:
        browser.client.set_cookie(COOKIE, "chosen-by-the-attacker", domain="localhost")
        browser.sign_in(resident)

        assert secret_in(browser) not in {None, "chosen-by-the-attacker"}
        assert is_in(browser) and not is_in(with_secret(browser, "chosen-by-the-attacker"))

    def test_a_stranger_session_in_the_browser_ends_at_sign_in(
        self, browser: Browser, resident: Person, make_account: Callable[..., Person]
    ) -> None:
        planted = secret_in(signed_in(browser, make_account(totp=True)))
        browser.sign_in(resident)

        assert planted and not is_in(with_secret(browser, planted))
        assert resident.email in browser.get("/confirm").body

    def test_no_session_stands_before_the_second_step(self, browser: Browser, resident: Person) -> None:
        browser.get("/sign-in").submit("sign-in", email=resident.email, password=resident.password)

        assert secret_in(browser) is None
        assert not is_in(browser)

    def test_a_new_proof_brings_a_new_secret_and_ends_the_old_one(
        self, browser: Browser, resident: Person, clock: Clock
    ) -> None:
        browser.sign_in(resident)
        before = secret_in(browser)
        clock.advance(60)
        browser.get("/confirm")
        browser.submit(password=resident.password)
        browser.submit("verify", code=resident.code())

        assert before and secret_in(browser) not in {None, before}
        assert is_in(browser) and not is_in(with_secret(browser, before))

    def test_the_secret_is_taken_from_the_cookie_alone(self, at_home: Browser) -> None:
        stranger = at_home.another()
        secret = secret_in(at_home) or ""

        stranger.get("/account", query_string={COOKIE: secret, "session": secret}, follow=False)
        assert stranger.status == 303
        stranger.get("/account", headers={"X-Session": secret, "Authorization": f"Bearer {secret}"}, follow=False)
        assert stranger.status == 303


class TestReplay:
    def test_a_saved_cookie_is_dead_after_sign_out(self, at_home: Browser, party: Party) -> None:
        saved = secret_in(at_home) or ""
        assert is_in(with_secret(at_home, saved))
        signed_out(at_home)

        thief = with_secret(at_home, saved)
        assert not is_in(thief)
        assert "/sign-in/" in (party.authorize(thief).location or "")
        assert party.authorize(thief, prompt="none").answer["error"] == "login_required"

    @pytest.mark.parametrize("how", [lifecycle.sign_out, lifecycle.lock])
    def test_nor_after_an_operator_ended_it(
        self, at_home: Browser, resident: Person, how: Callable[[str], object]
    ) -> None:
        assert is_in(at_home)
        how(resident.id)

        assert not is_in(at_home)

    def test_an_operator_ends_one_session_and_spares_the_other(self, at_home: Browser, resident: Person) -> None:
        other = signed_in(at_home.another(), resident)
        newest, *_ = sessions.sessions_of(resident.id)
        ids = {facts.id for facts in sessions.sessions_of(resident.id)}
        lifecycle.end_session(newest.id)

        assert len(ids) == 2
        assert sorted([is_in(at_home), is_in(other)]) == [False, True]

    def test_the_database_alone_opens_nothing(self, at_home: Browser) -> None:
        (kept,) = execute(select(SessionRow.digest)).scalars()
        secret = secret_in(at_home) or ""

        assert kept == digest(secret)
        for stolen in (kept.hex(), secret[:-1], secret + "x", secret.swapcase(), "x" * 65, ""):
            assert not is_in(with_secret(at_home, stolen))


class TestTime:
    def test_an_hour_without_activity_is_the_end(self, at_home: Browser, clock: Clock) -> None:
        clock.advance(3599)
        assert is_in(at_home)
        clock.advance(3600)
        assert not is_in(at_home)

    def test_activity_keeps_it_alive_until_twelve_hours_are_over(self, at_home: Browser, clock: Clock) -> None:
        for _ in range(23):
            clock.advance(1800)
            assert is_in(at_home)
        clock.advance(1800)

        assert not is_in(at_home)

    def test_what_a_machine_asks_is_no_activity(self, at_home: Browser, party: Party, clock: Clock) -> None:
        tokens = party.tokens(at_home)
        clock.advance(3000)
        party.userinfo(tokens["access_token"])
        at_home.client.get("/healthz")
        at_home.client.get("/.well-known/jwks.json")
        granted(party.refresh(tokens["refresh_token"]))
        clock.advance(600)

        assert not is_in(at_home)

    def test_a_half_finished_sign_in_is_over_in_minutes(self, browser: Browser, resident: Person, clock: Clock) -> None:
        browser.get("/sign-in").submit("sign-in", email=resident.email, password=resident.password)
        clock.advance(1800)
        browser.submit("verify", code=resident.code())

        assert browser.status == 410 and secret_in(browser) is None


class TestLock:
    @pytest.fixture
    def elsewhere(self, app: Flask, settings: Settings) -> Iterator[Flask]:
        """A second process's app over the same database, its caches warm."""
        other = create_app(settings)
        other.test_client_class = Visitor
        yield other
        with other.app_context():
            db.engine.dispose()

    def test_a_lock_holds_at_the_next_request_of_every_process(
        self, at_home: Browser, party: Party, resident: Person, elsewhere: Flask
    ) -> None:
        there = Browser(elsewhere)
        there.client.set_cookie(COOKIE, secret_in(at_home) or "", domain="localhost")
        their_party = Party(elsewhere, party.registered)
        tokens = party.tokens(at_home)
        code = their_party.code(there)
        assert is_in(there) and their_party.userinfo(tokens["access_token"]).status_code == 200
        lifecycle.lock(resident.id)

        assert not is_in(there) and not is_in(at_home)
        assert their_party.userinfo(tokens["access_token"]).status_code == 401
        assert their_party.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
        assert their_party.redeem(code).get_json()["error"] == "invalid_grant"
        assert their_party.authorize(there, prompt="none").answer["error"] == "login_required"

    def test_a_locked_resident_does_not_finish_what_was_begun(self, browser: Browser, resident: Person) -> None:
        browser.get("/sign-in").submit("sign-in", email=resident.email, password=resident.password)
        lifecycle.lock(resident.id)
        browser.submit("verify", code=resident.code())

        assert browser.location is None and secret_in(browser) is None
        assert not is_in(browser)

    def test_nor_does_one_on_the_consent_page(self, browser: Browser, party: Party, resident: Person) -> None:
        party.authorize(signed_in(browser, resident), follow=True)
        accounts.set_status(resident.id, "locked")
        browser.submit("share")

        assert "/sign-in/" in browser.url and browser.location is None

    def test_a_release_brings_no_session_back(self, at_home: Browser, resident: Person) -> None:
        lifecycle.lock(resident.id)
        lifecycle.unlock(resident.id)

        assert not is_in(at_home)
        assert is_in(at_home.another().sign_in(resident))


class TestCookies:
    @pytest.mark.settings(issuer="https://login.state.example")
    def test_under_https_they_are_bound_to_this_host_and_hidden_from_script(self, app: Flask, resident: Person) -> None:
        cookies = set_while_signing_in(Browser(app), resident)

        names = ("session", "browser", "known", "suggested")
        assert cookies.keys() == {f"__Host-beacon-{name}" for name in names}
        for name, cookie in cookies.items():
            assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax", name
            assert cookie["path"] == "/" and not cookie["domain"], name

    def test_on_loopback_they_are_hidden_from_script_too(self, browser: Browser, resident: Person) -> None:
        for cookie in set_while_signing_in(browser, resident).values():
            assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"

    def test_a_session_cookie_ends_with_the_browser(self, browser: Browser, resident: Person) -> None:
        cookie = set_while_signing_in(browser, resident)[COOKIE]

        assert not cookie["max-age"] and not cookie["expires"]

    def test_they_hold_nothing_but_opaque_ids(self, browser: Browser, resident: Person) -> None:
        cookies = set_while_signing_in(browser, resident)

        assert len(cookies[COOKIE].value) == 43
        for cookie in cookies.values():
            assert resident.email not in cookie.value and resident.id not in cookie.value

    def test_a_tossed_cookie_is_ignored(self, at_home: Browser) -> None:
        secret = secret_in(at_home)

        for tossed in (f"={COOKIE}={secret}", f"{COOKIE}=x; {COOKIE}={secret}", f'__Host-{COOKIE}="{secret}"'):
            answer = at_home.another().client.get("/account", headers={"Cookie": tossed})
            assert answer.status_code == 303, tossed

    def test_a_tampered_browser_cookie_is_a_new_browser(self, browser: Browser, party: Party) -> None:
        party.authorize(browser, follow=True)
        page = browser.path
        browser.client.set_cookie("beacon-browser", "eyJicm93c2VyIjoieCJ9.aaaaaa.forged", domain="localhost")

        assert browser.get(page).status == 410

    @pytest.mark.only_on("sqlite")
    def test_a_browser_cookie_signed_with_a_well_known_key_is_a_new_browser(
        self, browser: Browser, party: Party
    ) -> None:
        """Attack 127."""

        def signer(key: str) -> Any:
            other = Flask("other")
            other.secret_key = key
            return SecureCookieSessionInterface().get_signing_serializer(other)

        party.authorize(browser, follow=True)
        page, true = browser.path, str(browser.app.secret_key)
        content = signer(true).loads(cookies(browser)["beacon-browser"])
        for key in (*WELL_KNOWN_KEYS, true[:-1], true + "x", true):
            browser.client.set_cookie("beacon-browser", signer(key).dumps(content), domain="localhost")
            assert (browser.get(page).status == 200) is (key == true), key


@pytest.mark.only_on("sqlite")
class TestOtherOrigins:
    def test_no_page_of_ours_can_be_read_by_another(self, at_home: Browser) -> None:
        """Attack 228: machines may be asked from anywhere, but never with cookies; pages not at all."""
        for origin in (
            "https://evil.example",
            "null",
            "http://localhost:8000.evil.example",
            "HTTPS://APP.AGENCY.EXAMPLE",
        ):
            asking = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
            for path in ("/account", "/sign-in", "/sign-up", "/device", "/consent/x", "/account/sign-in", "/sign-out"):
                for method in ("GET", "OPTIONS", "POST"):
                    answer = at_home.client.open(path, method=method, headers=asking)
                    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], path
            for path in ("/token", "/userinfo", "/revoke", "/introspect", "/.well-known/jwks.json", "/register"):
                for method in ("GET", "OPTIONS", "POST"):
                    answer = at_home.client.open(path, method=method, headers=asking)
                    assert answer.headers.get("Access-Control-Allow-Origin", "*") == "*", path
                    assert "Access-Control-Allow-Credentials" not in answer.headers, path

    def test_no_other_spelling_of_an_address_opens_it(self, at_home: Browser) -> None:
        """Attack 231: nor does a header that names another address than the line of the request."""
        stranger = at_home.another()
        assert is_in(at_home) and not is_in(stranger)
        for path in ("/account;x", "//account", "/./account", "/%61ccount", "/account%2f", "/account/..;/", "/ACCOUNT",
                     "/static/../account", "/help/../account", "/account/", "/%2e/account",
                     "/account%00", "/%"):  # fmt: skip
            answer = stranger.client.get(path)
            assert answer.status_code in {303, 308, 400, 404}, (path, answer.status_code)
        for name in ("X-Original-URI", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"):
            assert stranger.client.get("/account", headers={name: "/help"}).status_code == 303
            answer = stranger.client.get("/help", headers={name: "/account"})
            assert answer.status_code == 200 and 'data-page="account"' not in answer.get_data(as_text=True)


def set_while_signing_in(browser: Browser, person: Person) -> dict[str, Any]:
    """Every cookie that is set on the way from the sign-in page to the account."""
    jar: SimpleCookie = SimpleCookie()
    opened = browser.client.open

    def noting(*arguments: Any, **options: Any) -> Any:
        answer = opened(*arguments, **options)
        for line in answer.headers.getlist("Set-Cookie"):
            jar.load(line)
        return answer

    browser.client.open = noting  # type: ignore[method-assign]
    browser.sign_in(person)
    return dict(jar)
