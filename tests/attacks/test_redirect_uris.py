"""An answer goes to a registered address, byte for byte, or nowhere (attacks 001 to 021 and 209)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from idp.clients import service as clients
from idp.clients.errors import BadMetadata, BadRedirectUri
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.kiosk import GRANTS, Kiosk
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


def test_an_address_is_never_guessed(
    browser: Browser, make_client: Callable[..., App], resident: Person, subtests: pytest.Subtests
) -> None:
    """Attack 013: of two addresses none is the default, an app without any gets none, and one alone is named too."""
    two, none = (REGISTERED, "https://rp.example/other"), {"grants": ("client_credentials",)}
    signed_in(browser, resident)
    for facts, asked in (
        ({"redirect_uris": two}, None),
        ({"redirect_uris": ()} | none, "https://evil.example/cb"),
        ({"redirect_uris": ()} | none, None),
        ({"redirect_uris": (REGISTERED,)}, None),
    ):
        with subtests.test(str(facts)):
            party = Party(browser.app, make_client(first_party=True, **facts))
            before = clients.demand(party.id)
            stopped(browser.get("/authorize", query_string=_asking(party, asked), follow=False))
            assert clients.demand(party.id) == before
            for uri in before.redirect_uris:
                assert "code" in browser.get("/authorize", query_string=_asking(party, uri), follow=False).answer


def _asking(party: Party, redirect_uri: str | None) -> dict[str, Any]:
    good = {"client_id": party.id, "response_type": "code", "scope": "openid"}
    return good | ({"redirect_uri": redirect_uri} if redirect_uri else {})


@pytest.mark.parametrize("mode", ["query", "form_post", "query.jwt", "form_post.jwt"])
def test_every_answer_names_its_giver(at_home: Browser, party: Party, mode: str) -> None:
    """Attack 019: an app that knows two providers can tell whose answer this is, whatever it says and how it comes."""
    metadata = at_home.client.get("/.well-known/openid-configuration").get_json()
    assert metadata["authorization_response_iss_parameter_supported"] is True

    def giver() -> tuple[str, str]:
        fields = {str(one["name"]): str(one["value"]) for one in at_home.page.select("form#continue input")}
        answer: dict[str, Any] = fields or dict(at_home.answer)
        answer = party.read(answer["response"]) if "response" in answer else answer
        return answer["iss"], answer.get("error", "code")

    for changes, outcome in (
        ({}, "code"),
        ({"prompt": "none", "max_age": "0"}, "login_required"),
        ({"scope": "bogus"}, "invalid_scope"),
    ):
        party.authorize(at_home, response_mode=mode, **changes)
        assert giver() == (metadata["issuer"], outcome)
    party.authorize(at_home, response_mode=mode, prompt="consent", follow=True).submit("decline")
    assert giver() == (metadata["issuer"], "access_denied")


def test_no_page_tells_others_its_address(
    browser: Browser, make_client: Callable[..., App], resident: Person, subtests: pytest.Subtests
) -> None:
    """Attack 021: no page loads anything from elsewhere, and none says to a stranger where the resident came from."""
    party = Party(browser.app, make_client(scopes=("openid", "email"), grants=GRANTS))
    kiosk = Kiosk(party).start()
    home = signed_in(browser.another(), resident)
    for visitor, path in (
        (browser, "/authorize?error"),
        (browser, "/sign-in?email=ana@residents.example"),
        (browser, "/sign-up"),
        (browser, kiosk.told["verification_uri_complete"]),
        (browser, "/no-such-page?code=secret"),
        (home, "/account"),
        (party.authorize(home, follow=True), home.url),
        (party.authorize(browser, follow=True), browser.url),
    ):
        with subtests.test(path):
            page = visitor.get(path)
            assert page.headers["Referrer-Policy"] == "same-origin"
            loaded = [*page.page.select("[src]"), *page.page.select("link[href]")]
            assert loaded and all(str(one.get("src") or one.get("href")).startswith("/") for one in loaded)
            assert "secret" not in page.body


def test_no_value_adds_a_header(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    """Attack 209: line ends in what comes back, raw, encoded, encoded twice and in disguise."""
    for text in ("a\r\nX-Probe: 1", "a\nX-Probe: 1", "a%0d%0aX-Probe: 1", "a%0aX-Probe: 1", "a%250d%250aX-Probe: 1",
                 "a\u560a\u560dX-Probe: 1", "a\r\n\r\n<script>x</script>"):  # fmt: skip
        for name in ("state", "nonce", "ui_locales", "login_hint", "client_id", "redirect_uri", "response_mode"):
            with subtests.test(f"{name} {text!r}"):
                party.authorize(at_home, **{name: text})
                assert at_home.status in {303, 400}
                assert "X-Probe" not in at_home.headers and "<script>x" not in at_home.body
    assert "code" in party.authorize(at_home).answer
