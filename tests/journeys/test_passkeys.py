"""Residents with real passkeys: made, shown, filled in by the browser, plugged in, copied, lost."""

from __future__ import annotations

import secrets

from tests.journeys.town import Town
from tests.journeys.walker import Walker
from tests.support.virtual import INTERNAL, USB, Device

SYNCED = INTERNAL | {"defaultBackupEligibility": True, "defaultBackupState": True}
BOUND = INTERNAL | {"defaultBackupEligibility": False, "defaultBackupState": False}


def by_keyboard(me: Walker, button: str) -> None:
    """Reach a button or link with the tab key alone, and press it."""
    me.page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        me.page.keyboard.press("Tab")
        if me.page.evaluate("() => document.activeElement.id") == button:
            return me.page.keyboard.press("Enter")
    raise AssertionError(f"{button} cannot be reached by keyboard on {me.page.url}")


def says(me: Walker, text: str) -> None:
    """The page itself says this, without another being loaded."""
    me.page.wait_for_function(
        "text => [...document.querySelectorAll('[role=status]')].some(e => e.textContent.includes(text))", arg=text
    )


def leave(me: Walker) -> None:
    me.open("/account", at="account")
    me.press("form[action='/sign-out'] button", at="signed-out")


def test_an_account_without_a_password_by_keyboard_and_later_by_autofill(town: Town, walk) -> None:
    me, email = walk(town, width=360), f"keyless.{secrets.token_hex(4)}@residents.example"
    phone = Device(me.page, **SYNCED)
    me.open(town.agency, at="home").press("#create-account", at="sign-up")
    me.fill(email=email).press("#send-code", at="confirm-email")
    me.fill(code=me.code_from_outbox(email)).press("#continue", at="choose-password")
    by_keyboard(me, "passkey")
    me.at("make-passkey")
    phone.touched()
    by_keyboard(me, "create")
    me.at("save-codes").press("#show", at="save-codes").press("#saved", at="consent")
    me.tick("email").press("#share", at="application")
    assert "phishing_resistant" in me.page.inner_text("[data-claim=acr]")
    assert phone.credentials[0]["backupEligibility"] and phone.credentials[0]["isResidentCredential"]

    leave(me)
    me.page.goto(town.server.origin + "/sign-in")
    me.at("account")  # the browser filled in the passkey, and nothing was typed

    phone.touched(False)
    leave(me)
    me.open("/sign-in", at="sign-in")
    phone.touched()
    phone.verified(False)
    by_keyboard(me, "passkey")
    says(me, "That passkey did not work")
    phone.verified(True)
    by_keyboard(me, "passkey")
    me.at("account")


def test_passkeys_and_security_keys_of_one_resident(town: Town, walk) -> None:
    me, neighbour = walk(town), town.neighbour(email=f"keys.{secrets.token_hex(4)}@residents.example")
    me.open("/account/sign-in/passkeys", at="sign-in").sign_in(neighbour).press("#verify", at="passkeys")
    key = Device(me.page, **USB, hasResidentKey=False, hasUserVerification=False)
    key.touched()
    me.press("#add", at="make-passkey")
    by_keyboard(me, "add-key")
    me.at("passkeys")
    assert me.sees("Security key") and me.sees("On one device only")
    me.press("#add", at="make-passkey").page.click("#add-key")
    says(me, "has a passkey for your account already")
    me.page.click("#create")
    says(me, "That passkey did not work")  # it cannot verify its holder
    mine = key.credentials[0]

    leave(me)
    me.open("/sign-in", at="sign-in").fill(email=neighbour.email, password=neighbour.password)
    me.press("#sign-in", at="use-passkey")
    me.press("#other-ways", at="other-ways").back(at="use-passkey")
    by_keyboard(me, "verify")
    me.at("account")
    assert key.credentials[0]["signCount"] > mine["signCount"]

    key.gone()
    copy = Device(me.page, **USB, hasResidentKey=False, hasUserVerification=False)
    copy.hold(mine)
    copy.touched()
    leave(me)
    me.open("/sign-in", at="sign-in").fill(email=neighbour.email, password=neighbour.password)
    me.press("#sign-in", at="use-passkey")
    by_keyboard(me, "verify")
    me.page.wait_for_selector(".problem")
    me.at("use-passkey").press("#other-ways", at="other-ways").press("text=Authenticator app", at="second-step")
    me.fill(code=neighbour.code()).press("#verify", at="account")
    me.open("/account/sign-in/passkeys", at="passkeys")
    assert me.sees("may have a copy")
    me.press("text=Rename or remove", at="change-passkey").fill(name="Blue key").press("#save", at="passkeys")
    me.press("text=Rename or remove", at="change-passkey").press("#remove", at="passkeys")
    assert me.sees("will be removed")


def test_a_key_that_cannot_leave_its_device_is_the_highest_level(town: Town, walk) -> None:
    me, neighbour = walk(town), town.neighbour(email=f"bound.{secrets.token_hex(4)}@residents.example")
    laptop = Device(me.page, **BOUND)
    me.open("/account/sign-in/passkeys/add", at="sign-in").sign_in(neighbour).press("#verify", at="make-passkey")
    laptop.touched()
    me.press("#create", at="passkeys")
    assert me.sees("On one device only")
    me.open(f"{town.agency}/sign-in", at="consent").press("#share", at="application")
    assert "/aal/3" in me.page.inner_text("[data-claim=acr]")

    elsewhere = me.new_tab()
    stranger = Device(elsewhere.page, **SYNCED)
    stranger.touched()
    elsewhere.page.goto(town.server.origin.replace("localhost", "127.0.0.1") + "/sign-in/passkey")
    elsewhere.page.click("#passkey")
    says(elsewhere, "That passkey did not work")  # another name than the one that passkeys are bound to
    elsewhere.page.close()
