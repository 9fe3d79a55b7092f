"""A device without a keyboard worth the name: it shows a code, and polls."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests.support.browser import Browser
from tests.support.party import Party, granted, visitor

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = ("authorization_code", "refresh_token", GRANT)


class Kiosk:
    """One device of an app. ``address`` is where it stands."""

    def __init__(self, party: Party, address: str = "127.0.0.1") -> None:
        self.party = party
        self.address = address
        self.told: dict[str, Any] = {}

    def ask(self, **changes: Any) -> TestResponse:
        """Ask to wait for a resident. A change to None leaves a parameter out."""
        headers, form = self.party.credentials()
        form |= {"scope": " ".join(self.party.registered.client.scopes)} | changes
        given = {name: value for name, value in form.items() if value is not None}
        return visitor(self.party.app).post(
            "/device-authorization", headers=headers, data=given, environ_overrides={"REMOTE_ADDR": self.address}
        )

    def start(self, **changes: Any) -> Kiosk:
        """Wait, and show the code."""
        self.told = granted(self.ask(**changes))
        return self

    @property
    def code(self) -> str:
        """What its screen shows."""
        return str(self.told["user_code"])

    def poll(self, headers: dict[str, str] | None = None, /, **changes: Any) -> TestResponse:
        """Ask whether the resident has decided."""
        form = {"grant_type": GRANT, "device_code": self.told.get("device_code")}
        return self.party.token(headers, **form | changes)

    def shown_to(self, browser: Browser, typed: str | None = None) -> Browser:
        """The resident types the code, and comes to the page that says who asks."""
        browser.get("/device").submit("continue", user_code=typed or self.code)
        return browser

    def let_in_by(self, browser: Browser) -> Browser:
        """The resident confirms, and shares everything that the consent page offers."""
        self.shown_to(browser).submit("continue")
        if browser.data_page == "consent":
            boxes = [box["value"] for box in browser.page.find_all("input", attrs={"name": "claim"})]
            browser.submit("share", **({"claim": boxes} if boxes else {}))
        assert browser.data_page == "device-done", browser.text[:300]
        return browser
