"""OpenID Connect Front-Channel Logout 1.0: the last page of a sign-out opens a page of each app, then goes on."""

from __future__ import annotations

import base64
import json
import secrets
import urllib.request
from collections.abc import Callable
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.factories import PASSWORD, App, Person
from tests.support.browser import Browser
from tests.support.chromium import visit
from tests.support.elsewhere import Answer, Elsewhere, elsewhere
from tests.support.party import VERIFIER, Party, agree, basic, challenge_for, signed_out
from tests.support.server import Server

BYE = "https://app.agency.example/bye"
PAGE = "https://app.agency.example/out"


@pytest.fixture
def opened_by(app: Flask, make_client: Callable[..., App], resident: Person) -> Callable[..., Party]:
    """``opened_by(page)`` is an app with that page to open, and that the resident agreed to."""

    def make(page: str, **facts: object) -> Party:
        origin = "/".join(page.split("/")[:3])
        members = {"redirect_uris": (f"{origin}/cb",), "scopes": ("openid",), "frontchannel_logout_uri": page}
        party = Party(app, make_client(**members | facts))
        agree(resident, party.registered)
        return party

    return make


@pytest.fixture
def party(opened_by: Callable[..., Party]) -> Party:
    return opened_by(PAGE, post_logout_redirect_uris=(BYE,))


def frames(browser: Browser) -> list[str]:
    """What the page at hand opens."""
    return [str(frame["src"]) for frame in browser.page.find_all("iframe")]


def onward(browser: Browser) -> str:
    """Where the page goes by itself; its link leads there, too."""
    seconds, _, address = browser.headers["Refresh"].partition("; url=")
    assert int(seconds) <= 2, "HtmlUnit waits no longer"
    link = browser.page.find(id="onward")
    assert link is not None and link["href"] == address
    return str(address)


def policy(browser: Browser) -> dict[str, str]:
    parts = browser.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


def test_the_browser_opens_the_page_with_issuer_and_session_and_goes_on(at_home: Browser, party: Party) -> None:
    hint = party.tokens(at_home)["id_token"]
    state = "s" * 100 + " ü&=+%20#"
    at_home.get("/end-session", query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE, "state": state})

    assert (at_home.status, at_home.data_page) == (200, "farewell")
    (frame,) = frames(at_home)
    assert frame.startswith(f"{PAGE}?")
    assert parse_qs(urlsplit(frame).query) == {"iss": [party.issuer], "sid": [party.read(hint)["sid"]]}
    assert onward(at_home).startswith(f"{BYE}?")
    assert parse_qs(urlsplit(onward(at_home)).query) == {"state": [state]}
    assert party.authorize(at_home, prompt="none").answer["error"] == "login_required"


def test_the_page_may_open_those_frames_and_no_other_page_may(at_home: Browser, party: Party) -> None:
    hint = party.tokens(at_home)["id_token"]
    assert "frame-src" not in policy(at_home.get("/account"))
    at_home.get("/end-session", query_string={"id_token_hint": hint})

    assert policy(at_home)["frame-src"] == "https://app.agency.example"
    assert policy(at_home)["default-src"] == "'none'"
    assert not at_home.page.find("nav", class_="menu"), "nobody is signed in any more"
    (frame,) = at_home.page.find_all("iframe")
    assert "allow-top-navigation" not in frame["sandbox"] and frame["referrerpolicy"] == "no-referrer"
    assert "frame-src" not in policy(at_home.get(onward(at_home)))
    assert at_home.data_page == "signed-out"


def test_our_own_button_does_the_same(at_home: Browser, party: Party, opened_by: Callable[..., Party]) -> None:
    query = "https://second.example/out?tenant=a%20b"
    second = opened_by(query)
    sids = [one.read(one.tokens(at_home)["id_token"])["sid"] for one in (party, second)]
    signed_out(at_home)

    assert at_home.data_page == "farewell" and onward(at_home) == "/signed-out"
    assert sorted(frames(at_home))[1].startswith(f"{query}&iss=")
    assert [parse_qs(urlsplit(frame).query)["sid"] for frame in sorted(frames(at_home))] == [[sid] for sid in sids]
    assert at_home.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_signing_out_of_one_app_opens_its_page_alone(
    at_home: Browser, party: Party, opened_by: Callable[..., Party]
) -> None:
    other = opened_by("https://second.example/out")
    party.tokens(at_home)
    other.tokens(at_home)
    at_home.get(f"/account/services/{party.id}").submit("sign-out-here")

    assert [urlsplit(frame).hostname for frame in frames(at_home)] == ["app.agency.example"]
    assert onward(at_home) == "/account/services"
    assert "code" in other.authorize(at_home, prompt="none").answer


def test_an_app_that_was_not_used_is_not_opened(
    at_home: Browser, party: Party, another: Party, resident: Person
) -> None:
    agree(resident, another.registered)
    hint = another.tokens(at_home)["id_token"]
    at_home.get("/end-session", query_string={"id_token_hint": hint})

    assert at_home.data_page == "signed-out" and frames(at_home) == []


def test_fifty_apps_are_opened_by_one_page(at_home: Browser, opened_by: Callable[..., Party]) -> None:
    many = [opened_by(f"https://a{number}.example/out") for number in range(50)]
    for one in many:
        one.tokens(at_home)
    signed_out(at_home)

    assert len(frames(at_home)) == 50
    assert len(policy(at_home)["frame-src"].split()) == 50
    assert at_home.get(onward(at_home)).data_page == "signed-out"


def test_what_was_registered_cannot_break_out_of_the_page(at_home: Browser, opened_by: Callable[..., Party]) -> None:
    page = "https://odd.example/out?a='&b=%22%3E%3Cscript%3E&amp;c=;,"
    opened_by(page).tokens(at_home)
    signed_out(at_home)

    (frame,) = frames(at_home)
    assert frame.startswith(page + "&iss=") and policy(at_home)["frame-src"] == "https://odd.example"


def test_discovery_says_so(browser: Browser) -> None:
    said = browser.client.get("/.well-known/openid-configuration").get_json()

    assert said["frontchannel_logout_supported"] is said["frontchannel_logout_session_supported"] is True


@pytest.mark.only_on("sqlite")
def test_a_real_browser_without_script_opens_the_page_and_goes_on_by_itself(live: Server, chrome: Chromium) -> None:
    with elsewhere() as sink, visit(chrome, script=False) as page:
        agency = Distant(live, sink)
        hint = agency.signs_in(page)
        page.goto(f"{live.origin}/end-session?{urlencode(agency.leaving(hint))}", wait_until="commit")
        page.wait_for_url(f"{sink.origin}/bye?state=S", wait_until="commit")

        (asked,) = [one for one in sink.asked if one.target.startswith("/out")]
        sid = json.loads(base64.urlsafe_b64decode(hint.split(".")[1] + "=="))["sid"]
        assert parse_qs(urlsplit(asked.target).query) == {"iss": [live.origin], "sid": [sid]}
        assert asked.headers["sec-fetch-dest"] == "iframe" and "referer" not in asked.headers


@pytest.mark.only_on("sqlite")
def test_a_page_that_never_comes_holds_up_nobody_for_long(live: Server, chrome: Chromium) -> None:
    let_go = Event()
    with elsewhere() as sink, visit(chrome) as page:
        agency = Distant(live, sink)
        agency.signs_in(page)
        sink.answers = Always(lambda _line: _wait_for(let_go))
        page.goto(f"{live.origin}/account", wait_until="commit")
        page.click(".menu button")
        page.wait_for_url(f"{live.origin}/signed-out", wait_until="commit")
        let_go.set()


def _wait_for(event: Event) -> None:
    event.wait(30)


class Always(dict[str, Answer]):
    """The one answer to whatever is asked."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    def get(self, _target: str, _default: object = None) -> Any:
        return self.answer


class Distant:
    """An agency's app as the installation at hand knows it, and a resident of it."""

    def __init__(self, live: Server, sink: Elsewhere) -> None:
        self.live, self.sink = live, sink
        name = secrets.token_hex(4)
        self.email = f"marked.{name}@residents.example"
        options = ["--email", self.email, "--verified", "--password-stdin", "--totp"]
        self.seed = live.beacon_json("resident", "add", *options, typed=f"{PASSWORD}\n")["totp_secret"]
        addresses = {"redirect-uri": "/cb", "post-logout-redirect-uri": "/bye", "frontchannel-logout-uri": "/out"}
        options = [f"--{option}={sink.origin}{path}" for option, path in addresses.items()]
        self.facts = live.beacon_json("client", "add", "--name", name, "--first-party", *options)
        sink.answers = Always(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nHere")

    def signs_in(self, page: Page) -> str:
        """Let the resident sign in for the app. Returns the ID token."""
        asked = {
            "client_id": self.facts["client_id"],
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": f"{self.sink.origin}/cb",
            "code_challenge": challenge_for(VERIFIER),
            "code_challenge_method": "S256",
        }
        page.goto(f"{self.live.origin}/authorize?{urlencode(asked)}")
        page.fill("#email", self.email)
        page.fill("#password", PASSWORD)
        page.click("#sign-in")
        page.fill("#code", pyotp.TOTP(self.seed).now())
        page.click("#verify", no_wait_after=True)
        page.wait_for_url(f"{self.sink.origin}/cb?**", wait_until="commit")
        code = parse_qs(urlsplit(page.url).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked["redirect_uri"],
            "code_verifier": VERIFIER,
        }
        request = urllib.request.Request(f"{self.live.origin}/token", urlencode(form).encode())
        request.add_header("Authorization", basic(self.facts["client_id"], self.facts["client_secret"]))
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["id_token"])

    def leaving(self, hint: str) -> dict[str, str]:
        """What the app asks at the end."""
        return {"id_token_hint": hint, "post_logout_redirect_uri": f"{self.sink.origin}/bye", "state": "S"}
