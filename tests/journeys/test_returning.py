"""A resident who has an account signs in, is known the next time, confirms once more, and signs out everywhere."""

from __future__ import annotations

import pytest

from tests.journeys.town import Town
from tests.journeys.walker import Walker
from tests.support.chromium import NARROW, WIDE

VALUES = {
    "legal_name": {"given": "Marisol", "family": "Reyes"},
    "birthdate": "1988-04-12",
    "residential_address": {
        "line1": "12 Harbor Street", "city": "Boston", "region": "MA", "postal_code": "02110", "country": "US",
    },
}  # fmt: skip
AT_ONCE = [("en", WIDE, False), ("es", NARROW, False), ("ar", WIDE, True)]


@pytest.mark.parametrize(("language", "width", "script"), AT_ONCE)
def test_signing_in_again_stepping_up_and_out(town: Town, walk, language, width, script):
    me, marisol = walk(town, language=language, width=width, script=script), town.neighbour(locale=language, **VALUES)
    me.open(town.agency, at="home").press("#sign-in", at="sign-in")
    assert me.fill(email=marisol.email, password="not my password").press("#sign-in", at="sign-in").problem()
    me.sign_in(marisol).press("#verify", at="consent")
    assert not me.page.get_by_text("12 Harbor Street").is_visible(), "what is sensitive is masked"
    me.page.locator("details.reveal summary", has_text="••••").last.click()
    assert me.page.get_by_text("12 Harbor Street").is_visible(), "and shown when asked, without script"
    me.tick("name", "lives_in_state").press("#share", at="application")
    shared = {"name": "Marisol Reyes", "lives_in_state": "Yes"}
    assert me.claims() == shared

    steps = len(me.visited)
    me.open(town.agency + "/sign-in", at="application")
    assert me.claims() == shared
    assert me.visited[steps:] == ["application"], "no page of Beacon in between"

    town.time_passes(marisol, 600)
    me.open(town.agency + "/sign-in", at="application").press("#bank-account", at="confirm")
    me.press("#confirm", at="sign-in")
    assert me.page.input_value("#email") == marisol.email, "nobody types an address twice"
    me.fill(password=marisol.password).press("#sign-in", at="second-step")
    me.fill(code=marisol.code()).press("#verify", at="bank-account")
    me.fill(routing="011000015", account="1234").press("#save", at="bank-account")

    me.press("#sign-out", at="signed-out")
    me.open("/account", at="sign-in")
    me.open(silently(me, town), at="trouble")
    assert me.error() == "login_required"


def silently(me: Walker, town: Town) -> str:
    """The agency's own request, made with prompt=none."""
    sent = me.page.request.get(town.agency + "/sign-in", max_redirects=0)
    return f"{sent.headers['location']}&prompt=none"


def test_without_a_mouse(town: Town, walk):
    me, resident = walk(town), town.neighbour(**VALUES)
    me.page.goto(town.agency + "/sign-in")
    type_into(me, "#email", resident.email)
    type_into(me, "#password", resident.password)
    by_key(me, "#sign-in", "Enter", at="second-step")
    type_into(me, "#code", resident.code())
    by_key(me, "#code", "Enter", at="consent")
    for claim in ("email", "birthdate"):
        tab_to(me, f"#claim-{claim}")
        me.page.keyboard.press("Space")
    by_key(me, "#share", "Space", at="application")
    assert me.claims() == {"email": resident.email, "birthdate": "1988-04-12"}


def tab_to(me: Walker, target: str) -> None:
    """Press Tab until ``target`` has the focus. Everything on the way shows that it has it."""
    for _ in range(60):
        here = "document.activeElement"
        if me.page.evaluate(f"{here}.matches('{target}')"):
            return
        me.page.keyboard.press("Tab")
        assert me.page.evaluate(f"{here} === document.body || getComputedStyle({here}).outlineStyle !== 'none'")
    raise AssertionError(f"{target} cannot be reached")


def type_into(me: Walker, target: str, text: str) -> None:
    tab_to(me, target)
    me.page.keyboard.type(text)


def by_key(me: Walker, target: str, key: str, *, at: str) -> None:
    tab_to(me, target)
    with me.page.expect_navigation():
        me.page.keyboard.press(key)
    me.at(at)


@pytest.mark.parametrize(
    ("scheme", "media"),
    [("dark", {"color_scheme": "dark"}), ("forced", {"forced_colors": "active"})],
    ids=["dark", "forced colours"],
)
def test_in_other_colours(town: Town, walk, scheme, media):
    me, resident = walk(town), town.neighbour(**VALUES)
    me.scheme = scheme
    me.page.emulate_media(**media)
    me.open(town.agency + "/sign-in", at="sign-in")
    me.fill(email=resident.email, password="wrong").press("#sign-in", at="sign-in")
    me.sign_in(resident).press("#verify", at="consent")
    me.open("/account", at="account").open("/account/profile/home-address", at="edit-home-address")
    me.open("/account/sign-in/app", at="app")
