"""A kiosk in an office shows a code; a resident types it on their own telephone, and the kiosk knows them."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.journeys.town import Town
from tests.support.kiosk import GRANT

NAME = "Visitor kiosk"
NARROW = 360


class Machine:
    """The kiosk's program: it knows its credentials and the discovery document."""

    def __init__(self, town: Town) -> None:
        registered = town.server.beacon_json(
            *("client", "add", "--name", NAME, "--agency", "Registry of Motor Vehicles", "--scope", "openid email"),
            *("--grant", GRANT, "--redirect-uri", "https://kiosk.agency.example/", "--reason", "tale"),
        )
        pair = f"{registered['client_id']}:{registered['client_secret']}"
        self.headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        self.endpoints = self.read(f"{town.server.origin}/.well-known/openid-configuration")
        self.told = self.read(self.endpoints["device_authorization_endpoint"], scope="openid email")

    def read(self, address: str, headers: dict[str, str] | None = None, /, **form: str) -> dict[str, Any]:
        """Call an endpoint; errors are answers, too."""
        body = urllib.parse.urlencode(form).encode() if form else None
        try:
            with urllib.request.urlopen(urllib.request.Request(address, body, headers or self.headers)) as answer:
                told: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            told = json.load(error)
        return told

    def poll(self) -> dict[str, Any]:
        """Has the resident decided?"""
        form = {"grant_type": GRANT, "device_code": self.told["device_code"]}
        return self.read(self.endpoints["token_endpoint"], **form)

    def claims(self, access_token: str) -> dict[str, Any]:
        """What the kiosk learns."""
        return self.read(self.endpoints["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"})


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_kiosk_is_let_in_from_a_telephone(town: Town, walk, script):
    kiosk, me, who = Machine(town), walk(town, width=NARROW, script=script), town.neighbour()
    me.open(urllib.parse.urlsplit(kiosk.told["verification_uri"]).path, at="device")
    assert me.fill(user_code="BBBB-BBBB").press("#continue", at="device").problem()
    typed = kiosk.told["user_code"].lower().replace("-", " ")
    me.fill(user_code=typed).press("#continue", at="device-confirm")
    for words in (kiosk.told["user_code"], NAME, "Registry of Motor Vehicles", "Email address"):
        assert me.sees(words)
    me.press("#continue", at="sign-in")
    assert me.sees(NAME)
    me.sign_in(who).press("#verify", at="consent").tick("email").press("#share", at="device-done")

    tokens = kiosk.poll()
    assert kiosk.claims(tokens["access_token"])["email"] == who.email


def test_whoever_was_sent_a_code_says_no(town: Town, walk):
    kiosk, me = Machine(town), walk(town, width=NARROW)
    me.open(kiosk.told["verification_uri_complete"], at="device")
    me.press("#continue", at="device-confirm").press("#deny", at="device-refused")
    assert kiosk.poll()["error"] == "access_denied"
