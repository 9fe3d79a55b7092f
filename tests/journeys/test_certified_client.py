"""A client library that we did not write completes every step against the running server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyotp
from playwright.sync_api import Browser, Page

from idp.kernel import clock
from tests.support.chromium import press, visit
from tests.support.relying_party import RelyingParty
from tests.support.server import Server

PASSWORD = "Marked-Kestrel-77-harbour"


def test_code_flow_claims_refresh_and_logout(live: Server, chrome: Browser):
    resident = new_resident(live, "ana@residents.example")
    with RelyingParty(live, scope="openid profile email offline_access") as app, visit(chrome) as page:
        finished = sign_in(page, app, "ana@residents.example", resident["totp_secret"], share=["given_name", "email"])
        assert finished["userinfo"]["given_name"] == "Marisol"
        assert finished["userinfo"]["email"] == "ana@residents.example"
        assert finished["userinfo"]["sub"] == finished["id_token"]["sub"]
        assert finished["id_token"]["acr"].endswith("/aal/2")
        renewed = app.refresh()
        assert app.userinfo(renewed["access_token"])["given_name"] == "Marisol"
        page.goto(app.logout())
        if page.locator("#sign-out").count():
            press(page, "#sign-out")
        page.wait_for_url(app.signed_out + "**")
        page.goto(f"{live.origin}/account")
        assert page.locator("main[data-page=sign-in]").count() == 1


def test_another_client_authentication_and_signature_without_script(live: Server, chrome: Browser):
    email = "bo@residents.example"
    resident = new_resident(live, email)
    with RelyingParty(live, auth="client_secret_post", alg="RS256") as app, visit(chrome, script=False) as page:
        assert sign_in(page, app, email, resident["totp_secret"])["id_token"]["sub"]


def new_resident(live: Server, email: str) -> dict[str, str]:
    """A resident with an authenticator app, made by command line."""
    made: dict[str, str] = live.beacon_json(
        *("resident", "add", "--email", email, "--password-stdin", "--verified", "--totp"),
        *("--given-name", "Marisol", "--family-name", "Reyes", "--reason", "test"),
        typed=PASSWORD + "\n",
    )
    return made


def sign_in(page: Page, app: RelyingParty, email: str, seed: str, share: Sequence[str] = ()) -> dict[str, Any]:
    """Sign in and agree, in a real browser, and let the app take over. Returns what it learnt."""
    page.goto(app.begin())
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    press(page, "#sign-in")
    past_the_second_step(page, seed)
    if page.locator("main[data-page=consent]").count():
        for claim in share:
            page.check(f"#claim-{claim}")
        press(page, "#share")
    page.wait_for_url(app.callback + "**")
    return app.finish(page.url)


def past_the_second_step(page: Page, seed: str) -> None:
    """Type the present code of the authenticator app."""
    page.fill("[name=code]", pyotp.TOTP(seed).at(clock.now()))
    press(page, "#verify")
