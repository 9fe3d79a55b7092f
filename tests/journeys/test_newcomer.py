"""A newcomer creates an account on the way to an agency, and comes back there with what they chose to share."""

from __future__ import annotations

import re
import secrets

import pyotp
import pytest

from idp.kernel import clock
from idp.sessions.assurance import AAL2
from tests.journeys.english import left_on
from tests.journeys.town import AGENCY, Town, code_in, link_in, text_of
from tests.journeys.walker import Walker

PASSWORD = "Marked-Kestrel-77-harbour"

PAIRS = [
    ("en", 1280, True),
    ("en", 360, False),
    ("es", 360, True),
    ("es", 1280, False),
    ("ar", 1280, True),
    ("ar", 360, False),
]
"""Every language with both widths and with and without script, and every width with and without script."""


def new_address() -> str:
    return f"newcomer.{secrets.token_hex(4)}@residents.example"


def choose_password(me: Walker, email: str, code: str) -> None:
    """From the page that asks for the mailed code to the one after the password. A bad one is refused first."""
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert me.fill(code=wrong).press("#continue", at="confirm-email").problem()
    me.fill(code=f"{code[:3]} {code[3:]}").press("#continue", at="choose-password")
    assert me.fill(password="short").press("#continue", at="choose-password").problem()
    assert me.fill(password="residents").press("#continue", at="choose-password").problem()
    assert me.fill(password=email).press("#continue", at="choose-password").problem()
    me.fill(password=PASSWORD)


def set_up_app(me: Walker, *, at: str) -> None:
    """From the choice of a second way through the recovery codes, which are shown once."""
    me.press("#set-up-totp", at="set-up")
    assert me.page.locator(".qr svg").is_visible()
    key = re.sub(r"\s", "", me.page.inner_text(".secret code"))
    app = pyotp.TOTP(key)
    assert me.fill(code="000000" if app.now() != "000000" else "111111").press("#verify", at="set-up").problem()
    assert re.sub(r"\s", "", me.page.inner_text(".secret code")) == key, "a wrong code changes nothing"
    me.fill(code=app.at(clock.now())).press("#verify", at="save-codes")
    me.press("#show", at="save-codes")
    codes = me.page.locator(".codes code").all_inner_texts()
    assert len(set(codes)) == 10
    address = me.page.url
    me.press("#saved", at=at)
    later = me.new_tab()
    later.page.goto(address)
    assert not set(codes) & set(later.page.locator("code").all_inner_texts()), "recovery codes are shown once"
    later.leave()


@pytest.mark.parametrize(("language", "width", "script"), PAIRS)
def test_from_the_agency_to_an_account_and_back(town: Town, walk, language, width, script):
    me, email = walk(town, language=language, width=width, script=script), new_address()
    me.open(town.agency, at="home").press("#create-account", at="sign-up")
    assert me.sees(AGENCY), "the page names the app that sent us"
    assert me.fill(email="not an address").press("#send-code", at="sign-up").problem()
    me.fill(email=email).press("#send-code", at="confirm-email")
    choose_password(me, email, me.code_from_outbox(email))
    me.press("#continue", at="second-way")
    set_up_app(me, at="consent")

    me.press("a[href*='/account/profile/name']", at="edit-name")
    me.fill(given_name="Ngọc Ánh", family_name="O’Neill-Reyes").press("#save", at="consent")
    me.press("a[href*='/account/profile/birth-date']", at="edit-birth-date")
    me.fill(day="31", month="2", year="1980")
    assert me.press("#save", at="edit-birth-date").problem()
    me.fill(day="31", month="3", year="1980").press("#save", at="consent")
    assert me.page.locator("[name=claim]:checked").count() == 0, "nothing is ticked for us"
    me.tick("name", "email").press("#share", at="application")
    assert me.claims() == {"name": "Ngọc Ánh O’Neill-Reyes", "email": email}
    assert "/aal/2" in me.page.inner_text("[data-claim=acr]")


def test_by_real_mail_and_with_the_second_step_put_off(big_town: Town, walk):
    me, email = walk(big_town, language="es", width=360), new_address()
    me.open(big_town.agency, at="home").press("#create-account", at="sign-up")
    me.fill(email=email).press("#send-code", at="confirm-email")
    letter = big_town.letter_to(email)
    assert code_in(letter) not in letter["Subject"]
    assert code_in(letter) not in link_in(letter)

    elsewhere = walk(big_town, language="es").open(link_in(letter), at="elsewhere")
    assert elsewhere.page.locator("#sign-up").is_visible()
    me.new_tab().open(link_in(letter), at="confirm-email").leave()

    choose_password(me, email, code_in(letter))
    me.fill(password="fourteen-signs").press("#continue", at="choose-password")
    assert "15" in me.problem()
    me.fill(password=PASSWORD).press("#continue", at="second-way").press("#later", at="consent")
    me.tick("email").press("#share", at="application")
    assert me.claims() == {"email": email}
    assert "/aal/1" in me.page.inner_text("[data-claim=acr]")

    me.press("#bank-account", at="confirm").press("#confirm", at="trouble")
    assert me.error() == "too_weak", "a preference sends nobody to set something up"
    big_town.server.beacon("client", "set", big_town.client_id, "--require-acr", AAL2, "--reason", "tale")
    me.press("#again", at="step-up")
    assert me.sees(AGENCY)
    me.press("#continue", at="second-way")
    set_up_app(me, at="bank-account")

    told = text_of(big_town.letter_to(email))
    assert big_town.server.origin in told
    assert not left_on("es", told.splitlines()), "letters are in the resident's language"
