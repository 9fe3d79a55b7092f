"""A resident at their desk: what they change, agencies get; what they take back, agencies lose."""

from __future__ import annotations

import urllib.error
import urllib.request

from tests.journeys.town import Neighbour, Town
from tests.journeys.walker import Walker
from tests.support.relying_party import RelyingParty
from tests.support.server import Server

NEW_PASSWORD = "quiet-marble-otter-58"
SHARED = ("name", "birthdate", "residential_address", "email")


def userinfo_status(server: Server, token: str) -> int:
    """What the userinfo endpoint answers to an access token."""
    request = urllib.request.Request(f"{server.origin}/userinfo", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_desk_whose_changes_reach_every_agency(town: Town, walk):
    me, resident = walk(town), town.neighbour(legal_name={"given": "Old", "family": "Name"})
    other = walk(town, width=360)
    with RelyingParty(town.server, scope="openid profile email residency") as app:
        first = share_with(app, me, resident)
        assert first["userinfo"]["name"] == "Old Name"
        other.open("/sign-in", at="sign-in").sign_in(resident).press("#verify", at="account")

        edit_details(me)
        me.page.goto(app.begin())
        finished = app.finish(me.page.url)
        assert finished["userinfo"]["name"] == "María-José Nuñez"
        assert finished["userinfo"]["birthdate"] == "1980-03-31"
        assert finished["userinfo"]["residential_address"]["locality"] == "Worcester"

        change_password(me, resident)
        other.open("/account", at="sign-in")
        assert userinfo_status(town.server, finished["token"]) == 401, "what the old password may have opened ends"

        me.page.goto(app.begin())
        token = app.finish(me.page.url)["token"]
        manage_services(me)
        left = app.userinfo(token)
        assert "birthdate" not in left
        assert left["name"] == "María-José Nuñez"
        me.press("main h2 a", at="service").press("#withdraw", at="withdraw").press("#stop", at="services")
        assert userinfo_status(town.server, token) == 401
        assert me.page.locator("main h2 a").count() == 0


def share_with(app: RelyingParty, me: Walker, resident: Neighbour) -> dict:
    """Sign in to the app and share what it asks for."""
    me.open(app.begin(), at="sign-in").sign_in(resident).press("#verify", at="consent").tick(*SHARED)
    return app.finish(me.leads_to("#share", app.callback))


def edit_details(me: Walker) -> None:
    """Name, birth date and address, found from the account's own page."""
    me.open("/account", at="account").press("a[href='/account/profile']", at="profile")
    me.press("a[href='/account/profile/name']", at="edit-name")
    assert me.fill(given_name="", family_name="").press("#save", at="edit-name").problem()
    me.fill(given_name="María-José", family_name="Nuñez").press("#save", at="profile")
    me.press("a[href='/account/profile/birth-date']", at="edit-birth-date")
    me.fill(month="3", day="31", year="1980").press("#save", at="profile")
    me.press("a[href='/account/profile/home-address']", at="edit-home-address")
    me.fill(line1="5 Elm St", city="Worcester", region="MA")
    assert me.fill(postal_code="1").press("#save", at="edit-home-address").problem()
    me.fill(postal_code="01602").press("#save", at="profile")
    assert me.sees("Worcester")


def change_password(me: Walker, resident: Neighbour) -> None:
    """A wrong present password and a weak new one are refused; then it works."""
    me.open("/account", at="account").press(".menu a[href='/account/sign-in']", at="sign-in-ways")
    me.press("a[href='/account/sign-in/app']", at="app").back(at="sign-in-ways")
    me.press("a[href='/account/sign-in/recovery-codes']", at="recovery-codes").back(at="sign-in-ways")
    me.press("a[href='/account/sign-in/password']", at="change-password")
    me.fill(current_password="not my password", password=NEW_PASSWORD)
    assert me.press("#change-password", at="change-password").problem()
    me.fill(current_password=resident.password, password="password1")
    assert me.press("#change-password", at="change-password").problem()
    me.fill(current_password=resident.password, password=NEW_PASSWORD).press("#change-password", at="sign-in-ways")


def manage_services(me: Walker) -> None:
    """Untick the birth date."""
    me.open("/account", at="account").press(".menu a[href='/account/services']", at="services")
    me.press("main h2 a", at="service")
    assert me.page.is_checked("#claim-birthdate")
    me.page.uncheck("#claim-birthdate")
    me.press("#save", at="services")


def test_the_public_pages(town: Town, walk):
    me = walk(town, language="ar")
    for path, name in {"/": "home", "/help": "help", "/privacy": "privacy", "/accessibility": "accessibility"}.items():
        me.open(path, at=name)
    me.open("/nowhere", at="error")
