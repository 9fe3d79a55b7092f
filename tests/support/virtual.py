"""Chromium's virtual authenticators, over its DevTools protocol."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

INTERNAL = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal"}
USB = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "usb"}


class Device:
    """One authenticator at the hand of whoever sits before a page."""

    def __init__(self, page: Page, **options: Any) -> None:
        self.devtools = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable", {"enableUI": False})
        facts = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True} | options
        self.id = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": facts})["authenticatorId"]
        self.touched(False)

    def touched(self, yes: bool = True) -> None:
        """Whether its holder touches it when it asks. Before, an autofill would go on by itself."""
        self._send("setAutomaticPresenceSimulation", enabled=yes)

    def verified(self, yes: bool) -> None:
        """Whether the face or finger is the right one."""
        self._send("setUserVerified", isUserVerified=yes)

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """What it holds."""
        return list(self._send("getCredentials")["credentials"])

    def hold(self, credential: dict[str, Any]) -> None:
        """Put a credential of another device into this one."""
        self._send("addCredential", credential=credential)

    def gone(self) -> None:
        """It is lost, or was pulled out."""
        self._send("removeVirtualAuthenticator")

    def _send(self, verb: str, **facts: Any) -> dict[str, Any]:
        return dict(self.devtools.send(f"WebAuthn.{verb}", {"authenticatorId": self.id, **facts}))
