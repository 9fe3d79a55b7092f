"""A resident with a plain browser over real HTTP: follows redirects, keeps cookies, fills in forms. No script."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import pyotp
import requests
from bs4 import BeautifulSoup, Tag

from idp.kernel import clock
from tests.support.browser import form_data
from tests.support.server import Server

PASSWORD = "Marked-Kestrel-77-harbour"
TIMEOUT = 30


class Person:
    """One resident, with an account made by command line and an authenticator app."""

    def __init__(self, live: Server, email: str) -> None:
        made = live.beacon_json(
            *("resident", "add", "--email", email, "--password-stdin", "--verified", "--totp"),
            *("--given-name", "Marisol", "--family-name", "Reyes", "--reason", "test"),
            typed=PASSWORD + "\n",
        )
        self.email = email
        self.seed: str = made["totp_secret"]
        self.http = requests.Session()
        self.url = live.origin
        self.page = BeautifulSoup("", "html.parser")

    def open(self, url: str) -> Person:
        """Open an address."""
        return self._see(self.http.get(url, timeout=TIMEOUT))

    def press(self, button: str, **fields: str) -> Person:
        """Fill in fields of a form and press its button, known by id."""
        pressed = self.page.find("button", id=button)
        assert isinstance(pressed, Tag), f"no {button} on {self.at}: {' '.join(self.page.get_text(' ').split())[:300]}"
        form = pressed.find_parent("form")
        assert isinstance(form, Tag)
        data = form_data(form)
        for name, value in fields.items():
            data[name] = value
        if pressed.get("name"):
            data.add(str(pressed["name"]), str(pressed["value"]))
        target = urljoin(self.url, str(form.get("action") or self.url))
        sent: dict[str, Any] = {"params": data.to_dict(flat=False)}
        if str(form.get("method", "get")).lower() == "post":
            sent = {"data": data.to_dict(flat=False), "headers": {"Referer": self.url}}
        return self._see(self.http.request(str(form.get("method", "get")), target, timeout=TIMEOUT, **sent))

    def sign_in(self) -> Person:
        """From the sign-in page through the second step and past the consent page, wherever that leads."""
        self.press("sign-in", email=self.email, password=PASSWORD)
        self.press("verify", code=pyotp.TOTP(self.seed).at(clock.now()))
        return self.press("share") if self.at == "consent" else self

    @property
    def at(self) -> str:
        """The name of the page at hand."""
        main = self.page.find("main")
        return str(main.get("data-page") or main.get("data-error")) if isinstance(main, Tag) else self.url

    def _see(self, answer: requests.Response) -> Person:
        self.url, self.page = answer.url, BeautifulSoup(answer.text, "html.parser")
        return self
