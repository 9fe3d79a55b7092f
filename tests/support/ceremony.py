"""Passkey ceremonies in a browser without script: what ``passkey.js`` does, done by hand."""

from __future__ import annotations

from typing import Any

from bs4 import Tag

from mfa import passkeys
from mfa.webauthn import Made
from tests.support.authenticator import BE, BS, UV, Authenticator
from tests.support.browser import Browser, form_data


def given(account_id: str, device: Authenticator, name: str = "Phone") -> str:
    """Let a resident have had this passkey before the tale begins. Returns the passkey's id."""
    device.user_handle = account_id.encode()
    made = Made(
        credential_id=device.credential_id,
        public_key=device.public_key(),
        aaguid="00000000-0000-0000-0000-000000000000",
        transports=device.transports,
        resident=device.discoverable,
        counter=device.counter or 0,
        user_verified=bool(device.flags & UV),
        backup_eligible=bool(device.flags & BE),
        backed_up=bool(device.flags & BS),
    )
    passkeys.keep(account_id, made, name)
    return passkeys.passkeys_of(account_id)[-1].id


def options(browser: Browser, button: str = "passkey") -> dict[str, Any]:
    """What the page's script is told when this button is pressed. The page stays."""
    response = asked(browser, button)
    assert response.status_code == 200, response.get_data(as_text=True)[:500]
    return dict(response.get_json())


def asked(browser: Browser, button: str = "passkey") -> Any:
    """The answer to the script's question itself."""
    form = form_of(browser, button)
    return browser.client.post(
        str(form["data-options"]),
        base_url=browser.origin,
        data=form_data(form),
        headers={"Referer": browser.url},
        environ_overrides={"REMOTE_ADDR": browser.address},
    )


def show(browser: Browser, device: Authenticator, button: str = "passkey", **client: Any) -> Browser:
    """Press the button and let this device answer."""
    return browser.submit(button, answer=device.show(options(browser, button), **client))


def make(browser: Browser, device: Authenticator, button: str = "create", **client: Any) -> Browser:
    """Press the button and let this device make a passkey."""
    return browser.submit(button, answer=device.make(options(browser, button), **client))


def form_of(browser: Browser, button: str) -> Tag:
    pressed = browser.page.find("button", id=button)
    assert isinstance(pressed, Tag), f"no {button} on {browser.path}: {browser.text[:300]}"
    form = pressed.find_parent("form")
    assert isinstance(form, Tag) and form.get("data-passkey")
    return form
