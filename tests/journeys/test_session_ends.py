"""A resident who types slowly: warned before the session ends, they stay; and too late, they lose nothing."""

from __future__ import annotations

import pytest

from tests.journeys.town import Town

MINUTE = 60_000
"""In milliseconds, as browsers count."""

NOTICE = "[data-left] .notice"


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 360)])
def test_a_slow_writer_is_warned_and_stays_with_one_press(town: Town, walk, language: str, width: int) -> None:
    me, resident = walk(town, language=language, width=width), town.neighbour(locale=language)
    me.page.clock.install()
    me.open("/sign-in", at="sign-in").sign_in(resident).press("#verify", at="account")
    me.open("/account/profile/name", at="edit-name").fill(given_name="Ada")
    me.page.clock.fast_forward(56 * MINUTE)
    assert not me.page.is_visible(NOTICE)

    me.page.focus("[name=family_name]")
    for minutes in ("3", "2", "1"):
        me.page.clock.fast_forward(MINUTE + 1000)
        assert me.page.is_visible(f"{NOTICE} [data-at^='{minutes}']")
        assert me.page.locator(f"{NOTICE} p:visible").count() == 1
    me.look()
    me.page.click("#stay-signed-in")
    me.page.wait_for_selector(NOTICE, state="hidden")
    assert me.page.input_value("[name=given_name]") == "Ada"
    assert me.page.evaluate("document.activeElement.name") == "family_name"

    me.page.clock.fast_forward(60 * MINUTE)
    assert me.page.is_visible(f"{NOTICE} [data-at^='0']")
    assert not me.page.is_visible("#stay-signed-in")
    me.look()


@pytest.mark.parametrize("script", [True, False])
def test_who_sends_too_late_signs_in_in_another_tab_and_sends_again(town: Town, walk, script: bool) -> None:
    me, resident = walk(town, width=360, script=script), town.neighbour()
    me.open("/sign-in", at="sign-in").sign_in(resident).press("#verify", at="account")
    me.open("/account/profile/name", at="edit-name").fill(given_name="Ada", family_name="Slow")
    town.session_rests(resident)

    me.press("#save", at="signed-out-meanwhile")
    with me.page.expect_popup() as opened:
        me.page.click("#first")
    tab = me.new_tab(opened.value).at("sign-in")
    tab.fill(email=resident.email, password=resident.password).press("#sign-in", at="again").leave()
    me.press("#send-again", at="profile")
    assert me.sees("Ada Slow")
