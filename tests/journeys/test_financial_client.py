"""A second client library that we did not write, at the strictest profile: pushed requests, assertions, DPoP, and all
the grants that have no browser of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jwskate import Jwk
from playwright.sync_api import Browser, Page
from requests_oauth2client import (
    BearerToken,
    ClientSecretBasic,
    DPoPKey,
    DPoPToken,
    InvalidTarget,
    OAuth2Client,
    PrivateKeyJwt,
    UnauthorizedClient,
)

from tests.journeys.test_certified_client import PASSWORD, new_resident, past_the_second_step
from tests.support.chromium import press, visit
from tests.support.relying_party import RelyingParty
from tests.support.server import Server

pytestmark = pytest.mark.only_on("postgresql")

API = "https://api.benefits.example/"


class Office:
    """An app that proves itself with a key of its own."""

    def __init__(self, live: Server, folder: Path, callback: str, *options: str) -> None:
        self.key = Jwk.generate(alg="ES256", kid="office-1")
        keys = folder / "office.jwks"
        keys.write_text(json.dumps({"keys": [dict(self.key.public_jwk())]}))
        registered = live.beacon_json(
            *("client", "add", "--name", "A careful office", "--redirect-uri", callback, "--auth", "private_key_jwt"),
            *("--jwks", str(keys), "--profile", "fapi2", "--reason", "test", *options),
        )
        self.id = registered["client_id"]
        self.library = OAuth2Client.from_discovery_endpoint(
            issuer=live.origin,
            auth=PrivateKeyJwt(self.id, self.key, aud=live.origin),
            redirect_uri=callback,
            id_token_signed_response_alg="ES256",
            dpop_bound_access_tokens=True,
            testing=True,
        )

    def sign_in(self, page: Page, callback: str, email: str, seed: str, **request: Any) -> DPoPToken:
        """Push a request, send the browser with its handle alone, and redeem what it brings back."""
        asked = self.library.authorization_request(**request)
        page.goto(str(self.library.pushed_authorization_request(asked)))
        if page.locator("[name=email]").count():
            page.fill("[name=email]", email)
            page.fill("[name=password]", PASSWORD)
            press(page, "#sign-in")
            past_the_second_step(page, seed)
        if page.locator("#share").count():
            press(page, "#share")
        page.wait_for_url(callback + "**")
        answer = asked.validate_callback(page.url)
        token = self.library.authorization_code(answer, validate=False)
        # The library's check of ID tokens stumbles over its own bound tokens, so it gets a plain one to look at.
        BearerToken(token.access_token, id_token=str(token.id_token)).validate_id_token(self.library, answer)
        assert isinstance(token, DPoPToken)
        return token


def test_a_pushed_request_ends_in_tokens_that_only_their_key_can_use(live: Server, chrome: Browser, tmp_path: Path):
    resident = new_resident(live, "eli@residents.example")
    with RelyingParty(live) as pages, visit(chrome) as page:
        office = Office(live, tmp_path, pages.callback, "--scope", "openid profile", "--require-claim", "given_name")

        token = office.sign_in(
            page, pages.callback, "eli@residents.example", resident["totp_secret"], scope="openid profile"
        )

        known = office.library.userinfo(token)
        assert known["given_name"] == "Marisol"
        assert known["sub"] == token.id_token.subject
        with pytest.raises(Exception, match="401"):
            office.library.userinfo(BearerToken(token.access_token)).raise_for_status()

        renewed = office.library.refresh_token(token.refresh_token, dpop=True, dpop_key=DPoPKey.generate("ES256"))
        assert office.library.userinfo(renewed)["sub"] == known["sub"]
        assert office.library.introspect_token(renewed.access_token)["cnf"]["jkt"] == renewed.dpop_key.dpop_jkt
        office.library.revoke_access_token(renewed.access_token)
        assert not office.library.introspect_token(renewed.access_token)["active"]


def test_a_token_is_passed_on_to_another_agency_and_to_no_other(live: Server, chrome: Browser, tmp_path: Path):
    email = "fay@residents.example"
    resident = new_resident(live, email)
    api = live.beacon_json(
        *("client", "add", "--name", "The benefits API", "--agency", "Benefits", "--resource", API),
        *("--resource-scope", "cases.read", "--grant", "client_credentials", "--token-format", "jwt"),
        *("--reason", "test"),
    )
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    with RelyingParty(live) as pages, visit(chrome) as page:
        office = Office(
            *(live, tmp_path, pages.callback, "--scope", "openid cases.read", "--token-exchange-resource", API),
            *("--grant", "authorization_code", "--grant", "client_credentials", "--grant", exchange),
        )
        token = office.sign_in(page, pages.callback, email, resident["totp_secret"], scope="openid cases.read")

        passed = office.library.token_exchange(
            subject_token=token, resource=API, scope="cases.read", dpop=True, dpop_key=token.dpop_key
        )

        assert passed.expires_in <= token.expires_in
        reader = OAuth2Client.from_discovery_endpoint(
            issuer=live.origin, auth=ClientSecretBasic(api["client_id"], api["client_secret"]), testing=True
        )
        seen = reader.introspect_token(passed.access_token)
        assert seen["active"] and seen["aud"] == API and seen["act"]["sub"] == office.id
        assert seen["sub"] != token.id_token.subject, "another agency knows the resident by another subject"
        with pytest.raises(InvalidTarget):
            office.library.token_exchange(
                subject_token=token, resource="https://elsewhere.example/", dpop=True, dpop_key=token.dpop_key
            )

        own = office.library.client_credentials(scope="cases.read", resource=API, dpop=True)
        assert reader.introspect_token(own.access_token)["sub"] == office.id
        with pytest.raises(UnauthorizedClient):
            reader.device_code("none")


def test_a_kiosk_without_a_keyboard_gets_its_tokens(live: Server, chrome: Browser):
    email = "gus@residents.example"
    resident = new_resident(live, email)
    registered = live.beacon_json(
        *("client", "add", "--name", "A kiosk", "--auth", "none", "--reason", "test"),
        *("--grant", "urn:ietf:params:oauth:grant-type:device_code", "--grant", "refresh_token"),
    )
    kiosk = OAuth2Client.from_discovery_endpoint(
        issuer=live.origin,
        client_id=registered["client_id"],
        id_token_signed_response_alg="ES256",
        device_authorization_endpoint=f"{live.origin}/device-authorization",  # the library does not discover this one
        testing=True,
    )
    shown = kiosk.authorize_device(scope="openid")

    with visit(chrome, width=360) as page:
        page.goto(str(shown.verification_uri))
        page.fill("[name=user_code]", shown.user_code.lower())
        press(page, "#continue")
        press(page, "#continue")
        page.fill("[name=email]", email)
        page.fill("[name=password]", PASSWORD)
        press(page, "#sign-in")
        past_the_second_step(page, resident["totp_secret"])
        if page.locator("#share").count():
            press(page, "#share")
        page.wait_for_selector("main[data-page='device-done']")

    assert kiosk.device_code(shown).id_token
