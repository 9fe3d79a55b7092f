"""Ways that are not straight: two tabs, the back button, dead ends, a lost phone, second thoughts, another way home."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.journeys.town import AGENCY, Town
from tests.support.relying_party import RelyingParty


def test_two_tabs_of_two_apps_end_where_each_began(town: Town, walk):
    one, resident = walk(town), town.neighbour()
    two = one.new_tab()
    with RelyingParty(town.server) as app:
        one.open(town.agency, at="home").press("#sign-in", at="sign-in")
        two.open(app.begin(), at="sign-in").sign_in(resident).press("#verify", at="consent")
        landed = two.leads_to("#share", app.callback)
        assert app.finish(landed)["id_token"]["sub"]

        one.sign_in(resident).press("#verify", at="consent")
        assert one.sees(AGENCY)
        one.tick("email").press("#share", at="application")
        assert one.claims() == {"email": resident.email}

        two.page.go_back()
        assert two.page.url == f"{app.origin}/", "back after the end is the app's start"
        one.page.go_back()
        assert one.page.url.rstrip("/") == town.agency


def test_dead_ends_name_the_app_and_lead_back(town: Town, walk):
    me = walk(town, language="es", width=360)
    me.open(town.agency, at="home").press("#sign-in", at="sign-in")
    address = me.page.url

    me.page.context.clear_cookies()
    me.fill(email="a@b.example", password="whatever").press("#sign-in", at="error")
    assert me.error() == "csrf"
    me.press("main a.button", at="error")
    assert me.error() == "request_gone"
    assert me.sees(AGENCY)
    me.press("main a.button", at="home").press("#sign-in", at="sign-in")

    town.request_expires(me.page.url.rpartition("/")[2])
    me.fill(email="a@b.example", password="whatever").press("#sign-in", at="error")
    assert me.error() == "request_gone"
    me.press("main a.button", at="home")
    me.open(address.replace("/sign-in/", "/sign-in/x"), at="error")
    assert (me.error(), me.sees(AGENCY)) == ("request_gone", True)
    me.open("/sign-in/code/unknown", at="error")
    assert me.error() == "attempt_gone"


def test_a_lost_phone(town: Town, walk):
    me, resident = walk(town, language="ar", width=360), town.neighbour(locale="ar")
    codes = town.recovery_codes(resident)
    me.open(town.agency, at="home").press("#sign-in", at="sign-in")
    me.fill(email=resident.email.upper(), password=resident.password).press("#sign-in", at="second-step")
    assert me.fill(code="123 45").press("#verify", at="second-step").problem()
    me.press("#other-ways", at="other-ways").press("main li a[href*='recovery-code']", at="recovery-code")
    assert me.fill(code="AAAA-BBBB-CCCC-DDDD").press("#verify", at="recovery-code").problem()
    me.fill(code=codes[0].lower().replace("-", " ")).press("#verify", at="new-code").press("#saved", at="consent")
    me.tick("email").press("#share", at="application")
    assert me.claims() == {"email": resident.email}


def test_second_thoughts(town: Town, walk):
    me, resident = walk(town), town.neighbour()
    me.open(town.agency, at="home").press("#sign-in", at="sign-in").sign_in(resident).press("#verify", at="consent")
    me.press("#decline", at="trouble")
    assert me.error() == "access_denied"
    me.press("#again", at="consent").press("#share", at="application")
    assert me.claims() == {}


@pytest.mark.parametrize(
    ("mode", "script", "fields"),
    [
        ("form_post", True, {"code", "state", "iss"}),
        ("form_post", False, {"code", "state", "iss"}),
        ("form_post.jwt", True, {"response"}),
    ],
    ids=["with script", "without script", "as one signed answer"],
)
def test_the_way_home_as_a_form(town: Town, walk, mode, script, fields):
    me, resident = walk(town, script=script), town.neighbour()
    with RelyingParty(town.server, scope="openid email") as app:
        asked = app.begin(response_mode="form_post").replace("response_mode=form_post", f"response_mode={mode}")
        me.open(asked, at="sign-in").sign_in(resident).press("#verify", at="consent")
        with me.page.expect_request(app.callback) as sent:
            if script:
                me.page.click("#share")
            else:
                me.press("#share", at="continue")
                me.page.click("#continue-button")
        answer = dict(parse_qsl(sent.value.post_data or ""))
        assert sent.value.method == "POST"
        assert urlsplit(sent.value.url).query == ""
        assert fields <= set(answer)
