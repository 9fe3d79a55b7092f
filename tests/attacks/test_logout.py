"""Logout under attack (sections I and J): receivers that stall, redirects, forced sign-outs, frames that break out."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import insert

from idp import lifecycle
from idp.clients.errors import BadMetadata
from idp.kernel import fetch as fetcher
from idp.kernel.clock import MINUTE
from idp.kernel.db import db, transaction
from idp.outbox.service import deliver_due, deliveries, queue_letter
from idp.sessions import cookie
from idp.sessions.service import sessions_of
from idp.tokens.models import TokenFamily
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.hearing import Ear, listening
from tests.support.party import Party, agree, cookies, signed_in, signed_out
from tests.support.statements import recorded

pytestmark = pytest.mark.settings(fetch_allow=("localhost",))


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as ear:
        yield ear


@pytest.fixture
def hears(app: Flask, make_client: Callable[..., App], resident: Person, ear: Ear) -> Callable[..., Party]:
    """``hears("/out", answer)`` is an app that answers logout tokens so."""

    def make(path: str, *answer: object, **facts: object) -> Party:
        party = Party(app, make_client(scopes=("openid",), backchannel_logout_uri=ear.at(path, *answer), **facts))
        agree(resident, party.registered)
        return party

    return make


class TestReceivers:
    """Number 111."""

    @pytest.mark.parametrize(
        "uri",
        [
            "http://127.0.0.1/out",
            "https://127.0.0.1/out",
            "https://169.254.169.254/latest",
            "https://[::1]/out",
            "http://${host}/out",
            "https://{host}/out",
            "https://user:password@app.agency.example/out",
            "https://app.agency.example/out\r\nX: y",
            "https://app.agency.example/out#x",
            "http://app.agency.example/out",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "",
            7,
        ],
    )
    @pytest.mark.only_on("sqlite")
    def test_an_address_that_is_not_an_agencys_cannot_be_registered(
        self, app: Flask, make_client: Callable[..., App], uri: object
    ) -> None:
        with pytest.raises(BadMetadata):
            make_client(backchannel_logout_uri=uri)

    def test_whatever_the_receiver_does_the_resident_is_out_at_once(
        self, at_home: Browser, hears: Callable[..., Party], ear: Ear, monkeypatch: pytest.MonkeyPatch, clock: Clock
    ) -> None:
        def hang(_line: socket.socket) -> None:
            time.sleep(1)

        def pour(line: socket.socket) -> None:
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            for _ in range(200):
                line.sendall(b"x" * 65536)

        monkeypatch.setattr(fetcher, "SECONDS", 0.2)
        bad = {
            "hang": hears("/hang", hang),
            "pour": hears("/pour", pour),
            "redirect": hears(
                "/go", f"HTTP/1.1 307 Go\r\nLocation: {ear.origin}/x\r\nContent-Length: 0\r\n\r\n".encode()
            ),
            "trouble": hears("/500", b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
            "cut": hears("/cut", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nno"),
        }
        for party in bad.values():
            party.tokens(at_home)
        signed_out(at_home)
        assert at_home.data_page == "signed-out" and ear.server.asked == [], "nobody was called meanwhile"
        queue_letter("signin/address_in_use", to="ana@residents.example", locale="en", link="https://x.example")
        assert deliver_due(20) == len(bad) + 1

        for name, party in bad.items():
            (one,) = deliveries(party.id)
            assert one.state == "waiting" and one.error, name
            assert party.authorize(at_home, prompt="none").answer["error"] == "login_required"
        assert "/x" not in {asked.target for asked in ear.server.asked}

    def test_two_hundred_apps_cost_the_resident_no_more_statements_than_two(
        self, at_home: Browser, hears: Callable[..., Party], resident: Person, make_client: Callable[..., App], ear: Ear
    ) -> None:
        def cost() -> int:
            with recorded(db.engine) as statements:
                signed_out(at_home)
            assert at_home.data_page == "signed-out"
            return len(statements)

        hears("/0").tokens(at_home)
        few = cost()
        signed_in(at_home, resident)
        hears("/1").tokens(at_home)
        (here,) = sessions_of(resident.id)
        uri = ear.at("/many")
        for _ in range(200):
            _used_at(make_client(scopes=("openid",), backchannel_logout_uri=uri), resident, here.id)
        many = cost()

        assert many <= few + 1
        assert len(ear.tokens("/many")) == 200


class TestReplay:
    """Numbers 124, 125 and 126, for the session of an isolated app."""

    @pytest.fixture
    def own(self, app: Flask, make_client: Callable[..., App], resident: Person) -> Party:
        party = Party(app, make_client(scopes=("openid",), isolated=True))
        agree(resident, party.registered)
        return party

    def test_a_planted_secret_is_replaced_and_a_saved_one_dies_with_the_sign_out(
        self, browser: Browser, own: Party, resident: Person
    ) -> None:
        name = cookie.name(own.id)
        browser.client.set_cookie(name, "chosen-by-the-attacker", domain="localhost")
        own.authorize(browser, follow=True)
        browser.sign_in(resident, path=None)
        saved = cookies(browser)[name]
        assert saved != "chosen-by-the-attacker"
        own.authorize(browser, follow=True, prompt="consent")
        browser.post("/sign-out", {"csrf_token": browser.field("csrf_token")["value"]})

        thief = browser.another()
        thief.client.set_cookie(name, saved, domain="localhost")
        assert own.authorize(thief, prompt="none").answer["error"] == "login_required"

    def test_what_an_operator_or_a_lock_ended_is_dead_too(self, browser: Browser, own: Party, resident: Person) -> None:
        own.authorize(browser, follow=True)
        browser.sign_in(resident, path=None)
        assert "code" in own.authorize(browser, prompt="none").answer
        lifecycle.lock(resident.id)

        assert own.authorize(browser, prompt="none").answer["error"] == "login_required"


class TestRedirects:
    """Number 130."""

    def test_no_address_is_gone_to_unless_it_is_the_proven_apps_own(
        self, browser: Browser, party: Party, make_client: Callable[..., App], subtests: pytest.Subtests
    ) -> None:
        other = make_client(post_logout_redirect_uris=("https://other.example/bye",))
        for uri in (
            "https://evil.example",
            "https://other.example/bye",
            "javascript:alert(1)//",
            "//evil.test",
            "/\\evil.test",
            "https://other.example@evil.example/bye",
            "data:text/html,x",
            "https://other.example/bye\r\nLocation: https://evil.example",
        ):
            for named in ({}, {"client_id": party.id}, {"client_id": other.id}):
                with subtests.test(f"{uri} {named}"):
                    sent = {"post_logout_redirect_uri": uri, "state": "s" * 5000, **named}
                    for path in ("/end-session", "/signed-out"):
                        browser.get(path, query_string=sent)
                        assert browser.location is None and browser.status in {200, 400}
                        assert "evil" not in browser.body.split("languages")[0].rpartition("<main")[2]
                        link = browser.page.find(id="back")
                        allowed = uri == "https://other.example/bye" and named == {"client_id": other.id}
                        assert (link is not None) is allowed

    def test_what_the_question_carries_along_is_judged_again(self, at_home: Browser, party: Party) -> None:
        at_home.get(
            "/end-session", query_string={"client_id": party.id, "post_logout_redirect_uri": "https://evil.example"}
        )
        form = at_home.page.find("form", action=lambda action: bool(action) and "/sign-out" in action)
        assert form is not None and "evil" not in str(form["action"])
        token = at_home.field("csrf_token")["value"]
        at_home.post(
            "/sign-out?post_logout_redirect_uri=https://evil.example&client_id=" + party.id, {"csrf_token": token}
        )

        assert at_home.data_page == "signed-out" and at_home.page.find(id="back") is None


class TestForced:
    """Number 131."""

    def test_a_picture_on_a_foreign_page_signs_nobody_out(self, at_home: Browser, party: Party) -> None:
        for headers in (
            {"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "cross-site"},
            {"Referer": "https://evil.example/"},
        ):
            at_home.get("/end-session", headers=headers)
            at_home.get("/sign-out", headers=headers)
            at_home.post("/sign-out", {}, headers=headers)
            at_home.post(f"/account/services/{party.id}/sign-out", {"csrf_token": "x"}, headers=headers)

        assert "code" in party.authorize(at_home, prompt="none").answer

    def test_a_logout_token_is_no_hint(
        self, at_home: Browser, hears: Callable[..., Party], ear: Ear, resident: Person
    ) -> None:
        party = hears("/out")
        party.tokens(at_home)
        signed_out(at_home)
        (token,) = ear.tokens()
        signed_in(at_home, resident)
        at_home.get("/end-session", query_string={"id_token_hint": token})

        assert at_home.data_error == "invalid_sign_out"
        assert party.authorize(at_home, prompt="none", id_token_hint=token).answer["error"] == "login_required"


class TestFrames:
    """Number 132."""

    @pytest.mark.only_on("sqlite")
    @pytest.mark.parametrize(
        "uri",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            'https://app.agency.example/out"><script>',
            "https://evil.example/out",
            "https://app.agency.example:8443/out",
            "http://app.agency.example/out",
            "//app.agency.example/out",
            "https://app.agency.example;script-src/out",
        ],
    )
    def test_only_a_page_of_the_apps_own_origin_can_be_registered(
        self, app: Flask, make_client: Callable[..., App], uri: str
    ) -> None:
        with pytest.raises(BadMetadata):
            make_client(frontchannel_logout_uri=uri)


class TestLifetimes:
    """Number 134."""

    def test_asking_for_frames_polling_and_sweeping_keep_no_session_alive(
        self, at_home: Browser, party: Party, resident: Person, clock: Clock
    ) -> None:
        for _ in range(6):
            clock.advance(10 * MINUTE)
            at_home.client.get("/signed-out")
            at_home.client.get("/healthz")
            lifecycle.end_overdue(10)

        assert [one.ended_at for one in sessions_of(resident.id, live_only=False)] == [clock.now]
        assert party.authorize(at_home, prompt="none").answer["error"] == "login_required"


def _used_at(registered: App, resident: Person, session_id: str) -> None:
    """Let an app have redeemed a code of this session."""
    row = {
        "id": registered.id,
        "client_id": registered.id,
        "account_id": resident.id,
        "session_id": session_id,
        "offline": False,
        "subject": f"sub-{registered.id}",
        "scopes": ("openid",),
        "claims": (),
        "acr": "",
        "amr": (),
        "auth_time": 0,
        "created_at": 0,
        "idle_until": 0,
        "expires_at": 0,
    }
    with transaction() as connection:
        connection.execute(insert(TokenFamily), row)
