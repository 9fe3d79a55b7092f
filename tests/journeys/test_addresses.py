"""A resident on a telephone: another email address for one service, where they are signed in, and what happened."""

from __future__ import annotations

from tests.journeys.town import Town
from tests.journeys.walker import Walker
from tests.support.chromium import NARROW
from tests.support.relying_party import RelyingParty

NEW = "marisol.reyes@work.example"


def test_an_address_for_work_a_sign_in_ended_and_a_line_that_is_known(town: Town, walk):
    me, resident = walk(town, width=NARROW), town.neighbour()
    elsewhere = walk(town)
    with RelyingParty(town.server, scope="openid email") as app:
        me.open(app.begin(), at="sign-in").sign_in(resident).press("#verify", at="consent").tick("email")
        token = app.finish(me.leads_to("#share", app.callback))["token"]
        elsewhere.open("/sign-in", at="sign-in").sign_in(resident).press("#verify", at="account")

        add_address(me, NEW)
        me.press(".menu a[href='/account/services']", at="services").press("main h2 a", at="service")
        me.press("#choose-email", at="service-email").page.check(f"label:has-text('{NEW}')")
        me.press("#save", at="services")
        assert app.userinfo(token)["email"] == NEW

        make_main_and_remove(me, resident.email)
        end_the_other_sign_in(me, elsewhere)
        look_at_activity(me)


def add_address(me: Walker, email: str) -> None:
    """With the code from the letter, after a wrong one."""
    me.open("/account", at="account").press(".menu a[href='/account/email']", at="emails")
    me.press("#add-email", at="add-email").fill(email=email).press("#send-code", at="confirm-address")
    assert me.fill(code="12").press("#confirm", at="confirm-address").problem()
    me.fill(code=me.code_from_outbox(email)).press("#confirm", at="emails")
    assert me.sees("In use. From")


def make_main_and_remove(me: Walker, old: str) -> None:
    """The new one becomes the main one; the old one leaves, and is kept after all."""
    me.open("/account/email", at="emails").press("main a:has-text('Make it the main')", at="main-address")
    me.press("#make-main", at="emails").press("main a:has-text('Remove')", at="remove-address")
    assert me.sees(old)
    me.press("#remove", at="emails").press("main a:has-text('Keep it')", at="keep-address").press("#keep", at="emails")


def end_the_other_sign_in(me: Walker, elsewhere: Walker) -> None:
    """The second sign-in of two."""
    me.press(".menu a[href='/account/devices']", at="devices").press("#end-2", at="devices")
    elsewhere.open("/account", at="sign-in")


def look_at_activity(me: Walker) -> None:
    """All of it, then one group, then a line that was no surprise."""
    me.press(".menu a[href='/account/activity']", at="activity")
    assert me.sees("An email address was added.")
    me.press("main a:has-text('Sign-ins')", at="activity").press("dd.action a", at="disown")
    me.press("main a:has-text('It was me')", at="activity")
    me.press(".menu a[href='/account/language']", at="language").press("#save", at="language")
