"""An answer goes to a registered address, byte for byte, or nowhere (attacks 001 to 016 and 020)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp.clients import service as clients
from idp.clients.errors import BadMetadata, BadRedirectUri
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, signed_in, stopped

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

REGISTERED = "https://rp.example/cb"

LOOKALIKES = (
    # 001: prefix and suffix
    REGISTERED + "/extra", REGISTERED + "x", "https://rp.example.evil.example/cb", REGISTERED + "?x=1",
    REGISTERED + "/",
    "https://rp.example:443/cb", "https://rp.example:8443/cb", "http://rp.example/cb", "HTTPS://rp.example/cb",
    "https://RP.example/cb", "https://rp.example./cb", "//rp.example/cb", "/cb", "rp.example/cb", " " + REGISTERED,
    REGISTERED + " ", "https://rp.example/CB",
    # 002: user names
    "https://rp.example@evil.example/cb", "https://rp.example:443@evil.example/cb", "https://rp.example%40evil.example/cb",
    "http://localhost:80@evil.example/cb", "http://127.0.0.1@evil.example/cb",
    # 004: backslash, tab, line end
    "https://rp.example\\@evil.example/cb", "https://evil.example\\.rp.example/cb", "https:\\\\evil.example\\cb",
    REGISTERED + "\r\nX-Probe: y", "https://rp.example/\tcb", "\t" + REGISTERED, REGISTERED + "%0d%0aX-Probe: y",
    # 005: dots
    REGISTERED + "/../evil", REGISTERED + "/%2e%2e/evil", REGISTERED + "/..%2fevil", REGISTERED + "%252f..%252fevil",
    REGISTERED + "/..;/evil", REGISTERED + ";x=1", "https://rp.example/./cb", "https://rp.example/a/../cb",
    # 008: fragments
    REGISTERED + "#x", REGISTERED + "#", REGISTERED + "%23x",
    # 014: script
    "javascript:alert(1)//", "JaVaScRiPt:alert(1)", "data:text/html,x", "\x01javascript:alert(1)", "java\nscript:x",
)  # fmt: skip

UNREGISTRABLE = (
    "javascript:alert(1)//", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "\x01javascript:alert(1)",
    "java\nscript:x", "file:///etc/passwd", "javascript://localhost/%0aalert(1)",
    "https://.*", "https://*.rp.example/cb", "https://rp.example/*",
    "https://rp.example/cb#x", "https://rp.example/cb#", "https://rp.example@evil.example/cb",
    "https://u:p@rp.example/cb",
    "https://rp.example\\@evil.example/cb", "https://rp.example/a/../cb", "https://rp.example/%2e%2e/cb",
    "//rp.example/cb",
    "/cb", "rp.example/cb", "", " ", "http://rp.example/cb", "https://", "https:///cb", "https://rp.example:99999/cb",
    "https://rp.example/cb with space", "https://rp.exämple/cb", "https://rp.example/" + "x" * 3000, "HTTPS://rp.example/cb",
    "https://rp.example/cb\r\nX: y", "ftp://rp.example/cb", "https://[::1/cb",
)  # fmt: skip


def test_lookalikes_of_a_registered_address_are_refused(
    browser: Browser, make_client: Callable[..., App], resident: Person, subtests: pytest.Subtests
) -> None:
    party = Party(browser.app, make_client(redirect_uris=(REGISTERED,)))
    agree(resident, party.registered)
    signed_in(browser, resident)

    for uri in LOOKALIKES:
        with subtests.test(uri):
            stopped(party.authorize(browser, redirect_uri=uri))
            assert "X-Probe" not in browser.headers
    assert "code" in party.authorize(browser).answer


def test_a_pattern_in_a_registered_address_is_only_text(
    browser: Browser, make_client: Callable[..., App], resident: Person
) -> None:
    party = Party(browser.app, make_client(redirect_uris=("https://app.rp.example/cb+x",)))
    agree(resident, party.registered)
    signed_in(browser, resident)

    for uri in ("https://appXrp.example/cb+x", "https://app.rp.example/cbbx", "https://app.rp.example/cb x"):
        stopped(party.authorize(browser, redirect_uri=uri))
    assert "code" in party.authorize(browser).answer


def test_only_the_port_of_a_native_apps_loopback_address_may_vary(
    browser: Browser, make_client: Callable[..., App], subtests: pytest.Subtests
) -> None:
    party = Party(
        browser.app, make_client(auth_method="none", redirect_uris=("http://127.0.0.1/cb", "com.example.app:/cb"))
    )

    for uri in (
        "http://127.0.0.1/cb",
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:49152/cb",
        "http://127.0.0.1:65535/cb",
    ):
        with subtests.test(uri):
            assert "/sign-in/" in (party.authorize(browser, redirect_uri=uri).location or "")
    for uri in (
        "http://127.0.0.1.evil.example/cb", "http://localhost.evil.example/cb", "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb", "http://127.1/cb", "http://2130706433/cb", "http://0x7f.1/cb", "http://localhost/cb",
        "http://127.0.0.1:80@evil.example/cb", "http://[::ffff:127.0.0.1]/cb", "http://[::1]/cb", "https://127.0.0.1/cb",
        "http://127.0.0.1:5000/other", "http://127.0.0.1:５/cb", "http://127.0.0.1:80/cb?x", "http://127.0.0.1:80/cb/",
        "http://127.0.0.1:-1/cb", "http://127.0.0.1:8 0/cb", "http://127.0.0.1:123456/cb", "com.example.app:/other",
        "com.example.app://cb", "COM.example.app:/cb",
    ):  # fmt: skip
        with subtests.test(uri):
            stopped(party.authorize(browser, redirect_uri=uri))


def test_a_web_apps_loopback_port_does_not_vary(browser: Browser, make_client: Callable[..., App]) -> None:
    party = Party(browser.app, make_client(redirect_uris=("http://127.0.0.1:5000/cb",)))

    stopped(party.authorize(browser, redirect_uri="http://127.0.0.1:5001/cb"))


def test_what_must_not_be_registered_is_refused(app: Flask, subtests: pytest.Subtests) -> None:
    for uri in UNREGISTRABLE:
        for auth_method in ("client_secret_basic", "none"):
            with subtests.test(f"{auth_method} {uri[:60]}"):
                with pytest.raises(BadRedirectUri):
                    clients.register(name="Evil", redirect_uris=(uri,), auth_method=auth_method)
                with pytest.raises(BadRedirectUri):
                    clients.register(
                        name="Evil",
                        redirect_uris=(REGISTERED,),
                        post_logout_redirect_uris=(uri,),
                        auth_method=auth_method,
                    )
    assert clients.every() == []


def test_the_links_on_pages_must_be_web_addresses(app: Flask, subtests: pytest.Subtests) -> None:
    register: Callable[..., object] = clients.register
    for uri in (*UNREGISTRABLE, "com.example.app:/cb"):
        for name in ("client_uri", "policy_uri", "tos_uri"):
            with subtests.test(f"{name} {uri[:60]}"), pytest.raises(BadMetadata):
                register(name="Evil", redirect_uris=(REGISTERED,), auth_method="none", **{name: uri})


def test_a_private_scheme_needs_a_dot_and_a_native_app(app: Flask) -> None:
    clients.register(name="Native", redirect_uris=("com.example.app:/cb",), auth_method="none")

    for uri, auth_method in (("myapp:/cb", "none"), ("com.example.app:/cb", "client_secret_basic")):
        with pytest.raises(BadRedirectUri):
            clients.register(name="Native", redirect_uris=(uri,), auth_method=auth_method)


def test_a_change_is_checked_like_a_registration(party: Party) -> None:
    with pytest.raises(BadRedirectUri):
        clients.change(party.id, redirect_uris=["javascript:alert(1)"])

    assert clients.demand(party.id).redirect_uris == party.registered.client.redirect_uris


def test_no_redirect_carries_a_form_onwards(
    browser: Browser, party: Party, resident: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    opened = browser.client.open

    def noting(*arguments: object, **options: object) -> object:
        answer = opened(*arguments, **options)
        seen.append(answer.status_code)
        return answer

    monkeypatch.setattr(browser.client, "open", noting)
    browser.post("/authorize", party.request())
    browser.sign_in(resident, path=None)
    browser.submit("share")

    assert browser.answer["code"]
    assert {status for status in seen if 300 <= status < 400} == {303}
