"""Debian's mod_auth_openidc in a real Apache signs a resident in, keeps the session, and is signed out from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.test_certified_client import PASSWORD, new_resident, past_the_second_step
from tests.support.apache import Apache, apache
from tests.support.chromium import press, visit
from tests.support.server import Server

pytestmark = pytest.mark.only_on("sqlite")  # the portal is what differs here


@pytest.fixture
def portal(live: Server) -> Iterator[Apache]:
    """A portal whose pages under /desk need a sign-in, registered by command line and set up by discovery."""
    with apache() as server:
        registered = live.beacon_json(
            *("client", "add", "--name", "A portal on Apache", "--redirect-uri", f"{server.origin}/callback"),
            *("--post-logout-redirect-uri", f"{server.origin}/out/", "--scope", "openid profile email"),
            *("--backchannel-logout-uri", f"{server.origin}/callback?logout=backchannel"),
            *("--require-claim", "given_name", "--reason", "test"),
        )
        server.start(
            {
                "OIDCProviderMetadataURL": f"{live.origin}/.well-known/openid-configuration",
                "OIDCClientID": registered["client_id"],
                "OIDCClientSecret": registered["client_secret"],
                "OIDCRedirectURI": f"{server.origin}/callback",
                "OIDCDefaultLoggedOutURL": f"{server.origin}/out/",
                "OIDCCryptoPassphrase": "a-passphrase-of-the-tests-alone",
                "OIDCScope": '"openid profile email"',
                "OIDCPKCEMethod": "S256",
                "OIDCInfoHook": "id_token userinfo",
            }
        )
        yield server


def test_a_portal_on_apache_signs_a_resident_in_and_out(live: Server, portal: Apache, chrome: Browser):
    resident = new_resident(live, "cy@residents.example")
    with visit(chrome) as page:
        page.goto(f"{portal.origin}/desk/")
        arrive(page, portal, "cy@residents.example", resident["totp_secret"])

        seen = session_of(page, portal)
        assert seen["userinfo"]["given_name"] == "Marisol"
        assert seen["userinfo"]["sub"] == seen["id_token"]["sub"]

        page.goto(f"{portal.origin}/callback?logout={portal.origin}/out/")
        page.wait_for_url(f"{portal.origin}/out/")
        page.goto(f"{live.origin}/account")
        assert page.locator("main[data-page=sign-in]").count() == 1, portal.complaints


def test_a_session_that_an_operator_ends_is_over_in_the_portal_too(live: Server, portal: Apache, chrome: Browser):
    email = "dee@residents.example"
    resident = new_resident(live, email)
    with visit(chrome) as page:
        page.goto(f"{portal.origin}/desk/")
        arrive(page, portal, email, resident["totp_secret"])
        page.goto(f"{portal.origin}/desk/")
        assert page.inner_text("h1") == "The desk"

        live.beacon("resident", "sign-out", email, "--reason", "test")
        live.beacon("worker", "--once")

        page.goto(f"{portal.origin}/desk/")
        assert page.locator("main[data-page=sign-in]").count() == 1, portal.complaints


def arrive(page: Page, portal: Apache, email: str, seed: str) -> None:
    """Sign in at Beacon and come to the portal's desk."""
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    press(page, "#sign-in")
    past_the_second_step(page, seed)
    press(page, "#share")
    page.wait_for_url(f"{portal.origin}/desk/")
    assert page.inner_text("h1") == "The desk", portal.complaints


def session_of(page: Page, portal: Apache) -> dict[str, dict[str, str]]:
    """What the module knows of the resident."""
    page.goto(f"{portal.origin}/callback?info=json")
    seen: dict[str, dict[str, str]] = json.loads(page.inner_text("body"))
    return seen
