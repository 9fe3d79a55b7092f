"""A resident who lost the telephone and forgot the password, with the paper on which the codes are."""

from __future__ import annotations

import re

import pyotp

from idp.kernel import clock
from tests.journeys.test_passkeys import by_keyboard
from tests.journeys.town import Town
from tests.support.recovery import NEW


def test_lost_phone_and_saved_code_by_keyboard(town: Town, walk) -> None:
    neighbour = town.neighbour()
    paper = town.recovery_codes(neighbour)
    me = walk(town, width=360)
    me.open(town.agency, at="home").press("#sign-in", at="sign-in")
    by_keyboard(me, "recover")
    me.at("recover").fill(email=neighbour.email)
    by_keyboard(me, "send-code")
    me.at("recover-code").fill(code=me.code_from_outbox(neighbour.email))
    by_keyboard(me, "continue")
    me.at("recover-more")
    by_keyboard(me, "none")
    me.at("recover-wait").back(at="recover-more")
    by_keyboard(me, "way-recovery-code")
    me.at("recovery-code").fill(code=paper[0].lower())
    by_keyboard(me, "verify")
    me.at("recover-password").fill(password="short")
    by_keyboard(me, "continue")
    assert me.at("recover-password").problem()
    me.fill(password=NEW)
    by_keyboard(me, "continue")
    me.at("second-way")
    by_keyboard(me, "set-up-totp")
    me.at("set-up")
    app = pyotp.TOTP(re.sub(r"\s", "", me.page.inner_text(".secret code")))
    me.fill(code=app.at(clock.now()))
    by_keyboard(me, "verify")
    me.at("recovered")
    by_keyboard(me, "sign-in")
    me.at("sign-in").fill(email=neighbour.email, password=NEW)
    by_keyboard(me, "sign-in")
    me.at("second-step").fill(code=app.at(clock.now() + 30))
    by_keyboard(me, "verify")
    me.at("consent")
