"""A kiosk in an office, without a keyboard: it shows a code, and the resident lets it in from their own telephone.

It is written with requests alone; segno draws the QR code. Many people use one kiosk, so it forgets each of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import segno

SCOPE = "openid profile"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
TIMEOUT = 10
LONGER = 5

http = requests.Session()


class Refused(Exception):
    """The resident said no, or nobody came in time. The text is an OAuth error code."""


class Kiosk:
    """One device. It is a public app: whatever is in its case, a visitor can take out."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.client_id = environ["CLIENT_ID"]
        issuer = environ.get("BEACON_ISSUER", "http://localhost:8000")
        self.endpoints = http.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT).json()

    def begin(self) -> dict[str, Any]:
        """Ask for a code to show. ``device_code`` is the secret half: it is never shown."""
        answer = self._post("device_authorization_endpoint", scope=SCOPE)
        answer.raise_for_status()
        shown: dict[str, Any] = answer.json()
        return shown

    def wait(self, shown: Mapping[str, Any], sleep: Callable[[float], None] = time.sleep) -> dict[str, Any]:
        """Poll until the resident has decided (RFC 8628 section 3.5). Returns the tokens."""
        interval = shown.get("interval", LONGER)
        while True:
            sleep(interval)
            answer = self._post("token_endpoint", grant_type=GRANT, device_code=shown["device_code"])
            told: dict[str, Any] = answer.json()
            if answer.ok:
                return told
            if told["error"] == "slow_down":
                interval += LONGER  # for good, not only for this once
            elif told["error"] != "authorization_pending":
                raise Refused(told["error"])

    def claims(self, tokens: Mapping[str, Any]) -> dict[str, Any]:
        """What the resident shares."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = http.get(self.endpoints["userinfo_endpoint"], headers=headers, timeout=TIMEOUT)
        answer.raise_for_status()
        claims: dict[str, Any] = answer.json()
        return claims

    def forget(self, tokens: Mapping[str, Any]) -> None:
        """Somebody leaves: take back what they gave. This ends the access token as well."""
        self._post("revocation_endpoint", token=tokens["refresh_token"])

    def _post(self, endpoint: str, **form: str) -> requests.Response:
        return http.post(self.endpoints[endpoint], {"client_id": self.client_id} | form, timeout=TIMEOUT)


def show(shown: Mapping[str, Any]) -> None:
    """The screen."""
    print(f"\nOn your own telephone, open {shown['verification_uri']}\nand type this code:  {shown['user_code']}\n")
    segno.make(shown["verification_uri_complete"]).terminal(compact=True)


def serve_one(kiosk: Kiosk, leave: Callable[[], object]) -> None:
    """One visitor, from the code to good-bye. ``leave`` returns when they are done; let it give up after a minute."""
    shown = kiosk.begin()
    show(shown)
    tokens = kiosk.wait(shown)
    try:
        print(f"Hello, {kiosk.claims(tokens).get('given_name', 'and welcome')}. Press Enter when you are done.")
        leave()
    finally:
        kiosk.forget(tokens)


def main() -> None:
    """One visitor after another."""
    kiosk = Kiosk(os.environ)
    while True:
        try:
            serve_one(kiosk, input)
        except Refused:
            print("Let us start again.")
        except requests.RequestException:
            print("The sign-in service cannot be reached. One moment …")
            time.sleep(LONGER)


if __name__ == "__main__":
    if not os.environ.get("CLIENT_ID"):
        sys.exit("Set CLIENT_ID to what `beacon client add` printed. See the README beside this file.")
    main()
