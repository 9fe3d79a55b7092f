"""The device authorization grant (RFC 8628): what a device is told, what a resident sees, what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from consent import service as consent
from idp import lifecycle
from idp.audit.service import search
from idp.clients import service as clients
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.db import execute
from idp.sessions.assurance import AAL2
from idp.tokens import devices
from idp.tokens.models import DeviceRequest
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.dpop import Prover
from tests.support.kiosk import GRANT, GRANTS, Kiosk
from tests.support.party import VERIFIER, Party, granted, refused, signed_in, visitor

SCOPES = ("openid", "profile", "email", "offline_access")
NAME = "Kiosk of the Department of Tests"
UNKNOWN = "This code does not work."

Register = Callable[..., App]


@pytest.fixture
def party(app: Flask, make_client: Register) -> Party:
    """A confidential app whose devices may ask."""
    return Party(app, make_client(name=NAME, agency="Department of Tests", scopes=SCOPES, grants=GRANTS))


@pytest.fixture
def kiosk(party: Party) -> Kiosk:
    """A device that shows a code."""
    return Kiosk(party).start()


@pytest.fixture
def phone(browser: Browser, resident: Person) -> Browser:
    """The resident's own browser, signed in."""
    return signed_in(browser, resident)


# What the device is told (section 3.2)


def test_the_answer_has_what_the_device_needs(kiosk: Kiosk, party: Party) -> None:
    told = kiosk.told
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", told["user_code"])
    assert len(told["device_code"]) >= 43
    assert told["verification_uri"] == f"{party.issuer}/device"
    assert told["verification_uri_complete"] == f"{party.issuer}/device?user_code={told['user_code']}"
    assert (told["expires_in"], told["interval"]) == (600, 5)
    assert Kiosk(party).start().told["device_code"] != told["device_code"]


def test_discovery_says_so(app: Flask, party: Party) -> None:
    told = visitor(app).get("/.well-known/openid-configuration").get_json()
    assert told["device_authorization_endpoint"] == f"{party.issuer}/device-authorization"
    assert GRANT in told["grant_types_supported"]


def test_the_app_proves_itself_as_at_the_token_endpoint(app: Flask, make_client: Register, kiosk: Kiosk) -> None:
    public = Party(app, make_client(scopes=SCOPES, grants=GRANTS, auth_method="none"))
    assert Kiosk(public).start().code
    wrong = kiosk.party.call("/device-authorization", {}, client_id=kiosk.party.id, scope="openid")
    refused(wrong, "invalid_client")
    refused(kiosk.party.call("/device-authorization", {}, client_id="nobody", scope="openid"), "invalid_client")
    refused(kiosk.party.call("/device-authorization", {}, scope="openid"), "invalid_client")


def test_an_app_that_did_not_register_the_grant_may_not_use_it(another: Party) -> None:
    refused(Kiosk(another).ask(), "unauthorized_client")
    refused(another.token(grant_type=GRANT, device_code="x"), "unauthorized_client")


@pytest.mark.parametrize("scope", ["openid residency", "openid admin", "admin", ""])
def test_only_scopes_that_the_app_may_have(kiosk: Kiosk, scope: str) -> None:
    refused(kiosk.ask(scope=scope), "invalid_scope")
    granted(kiosk.ask(scope="openid email"))


def test_other_shapes_are_refused(app: Flask, kiosk: Kiosk) -> None:
    headers = kiosk.party.credentials()[0]
    post = visitor(app).post
    refused(post("/device-authorization?scope=openid", headers=headers), "invalid_request")
    refused(post("/device-authorization", headers=headers, json={"scope": "openid"}), "invalid_request")
    refused(post("/device-authorization", headers=headers, data={"scope": ["openid", "email"]}), "invalid_request")
    refused(kiosk.ask(resource="https://nowhere.example/api"), "invalid_target")
    assert visitor(app).get("/device-authorization").status_code == 405


# The whole way (sections 3.3 to 3.5)


def test_a_resident_lets_a_device_in(kiosk: Kiosk, phone: Browser, clock: Clock) -> None:
    refused(kiosk.poll(), "authorization_pending")
    kiosk.shown_to(phone)
    assert phone.data_page == "device-confirm"
    for words in (kiosk.code, NAME, "Department of Tests", "January", "Email address", "same internet connection"):
        assert words in phone.text
    phone.submit("continue")
    assert phone.data_page == "consent"
    assert kiosk.code in phone.text
    clock.advance(5)
    refused(kiosk.poll(), "authorization_pending")
    phone.submit("share", claim=["email"])
    assert phone.data_page == "device-done"
    assert phone.location is None

    clock.advance(5)
    tokens = granted(kiosk.poll())
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert set(tokens["scope"].split()) == set(SCOPES)
    claims = kiosk.party.read(tokens["id_token"])
    assert "nonce" not in claims
    told = granted(kiosk.party.userinfo(tokens["access_token"]))
    assert told["sub"] == claims["sub"]
    assert "email" in told
    assert "name" not in told, "what was not shared is not told"
    assert granted(kiosk.party.refresh(tokens["refresh_token"]))["access_token"]


def test_it_is_on_record_who_let_the_device_in(kiosk: Kiosk, phone: Browser, resident: Person, clock: Clock) -> None:
    kiosk.let_in_by(phone)
    (entry,) = search(kind="device.approved")
    assert (entry.account_id, entry.client_id) == (resident.id, kiosk.party.id)
    assert set(entry.facts["scopes"]) == set(SCOPES)
    assert kiosk.told["device_code"] not in str(entry)
    granted(kiosk.poll())
    assert search(kind="grant.issued")[0].account_id == resident.id


def test_somebody_who_is_not_signed_in_signs_in_on_the_way(kiosk: Kiosk, browser: Browser, resident: Person) -> None:
    kiosk.shown_to(browser).submit("continue")
    assert browser.data_page == "sign-in"
    assert NAME in browser.text
    browser.sign_in(resident, path=None)
    assert browser.data_page == "consent"
    browser.submit("share")
    assert browser.data_page == "device-done"
    granted(kiosk.poll())


@pytest.mark.parametrize(
    "write", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code[:3]}–{code[3:]}"]
)
def test_case_spaces_and_dashes_do_not_matter(kiosk: Kiosk, phone: Browser, write: Callable[[str], str]) -> None:
    assert kiosk.shown_to(phone, write(kiosk.code)).data_page == "device-confirm"
    assert kiosk.code in phone.text


def test_the_address_on_the_device_fills_the_code_in_and_does_no_more(kiosk: Kiosk, phone: Browser) -> None:
    phone.get(kiosk.told["verification_uri_complete"])
    assert phone.data_page == "device"
    assert phone.field("user_code")["value"] == kiosk.code
    assert phone.submit("continue").data_page == "device-confirm"
    assert phone.get("/device?user_code=%3Cb%3Ex").field("user_code")["value"] == ""


def test_the_resident_is_asked_for_consent_by_every_device(party: Party, phone: Browser, clock: Clock) -> None:
    for _ in range(2):
        kiosk = Kiosk(party).start()
        assert kiosk.shown_to(phone).submit("continue").data_page == "consent"
        phone.submit("share")
        granted(kiosk.poll())


def test_an_app_of_the_house_needs_the_confirmation_alone(app: Flask, make_client: Register, phone: Browser) -> None:
    kiosk = Kiosk(Party(app, make_client(scopes=("openid", "email"), grants=(GRANT,), first_party=True))).start()
    assert kiosk.shown_to(phone).data_page == "device-confirm"
    assert phone.submit("continue").data_page == "device-done"
    assert "refresh_token" not in granted(kiosk.poll())


def test_the_app_s_own_demands_hold_on_this_way_too(
    app: Flask, make_client: Register, browser: Browser, resident: Person
) -> None:
    strict = make_client(scopes=SCOPES, grants=GRANTS, require_acr=AAL2, default_max_age=60)
    kiosk = Kiosk(Party(app, strict)).start()
    weak = signed_in(browser, resident, ("password",))
    assert kiosk.shown_to(weak).submit("continue").data_page == "step-up"
    refused(kiosk.poll(), "authorization_pending")


def test_an_old_sign_in_is_renewed_where_the_app_wants_it_young(
    app: Flask, make_client: Register, phone: Browser, clock: Clock
) -> None:
    clock.advance(MINUTE)
    strict = make_client(scopes=SCOPES, grants=GRANTS, default_max_age=30)
    kiosk = Kiosk(Party(app, strict)).start()
    assert kiosk.shown_to(phone).submit("continue").data_page == "sign-in"


def test_a_resource_that_was_asked_for_is_granted(app: Flask, make_client: Register, phone: Browser) -> None:
    api, scope = "https://api.agency.example/records", "records.read"
    make_client(name="Records", redirect_uris=("https://api.agency.example/cb",), resource=api, resource_scopes=[scope])
    party = Party(app, make_client(scopes=(*SCOPES, scope), grants=GRANTS))
    kiosk = Kiosk(party).start(resource=api)
    assert scope in kiosk.shown_to(phone).text
    kiosk.let_in_by(phone)
    assert granted(kiosk.poll(resource=api))["scope"] == scope
    other = Kiosk(party).start()
    other.let_in_by(phone)
    refused(other.poll(resource=api), "invalid_target")


def test_tokens_are_bound_to_the_key_of_the_device(kiosk: Kiosk, phone: Browser) -> None:
    kiosk.let_in_by(phone)
    prover = Prover(kiosk.party)
    form = {"grant_type": GRANT, "device_code": kiosk.told["device_code"]}
    refused(prover.call("/token", proof="nonsense", **form), "invalid_dpop_proof")
    tokens = granted(prover.call("/token", **form))
    assert tokens["token_type"] == "DPoP"
    assert prover.userinfo(tokens["access_token"]).status_code == 200
    assert kiosk.party.userinfo(tokens["access_token"]).status_code == 401


# No (sections 3.5 and 5.4)


def test_who_did_not_start_it_says_so(kiosk: Kiosk, phone: Browser, resident: Person, clock: Clock) -> None:
    kiosk.shown_to(phone).submit("deny")
    assert phone.data_page == "device-refused"
    assert "Nothing was shared" in phone.text
    for _ in range(2):
        refused(kiosk.poll(), "access_denied")
        clock.advance(5)
    (entry,) = search(kind="device.denied")
    assert (entry.account_id, entry.client_id) == (resident.id, kiosk.party.id)
    assert UNKNOWN in kiosk.shown_to(phone).errors


def test_who_does_not_share_refuses_the_device(kiosk: Kiosk, phone: Browser) -> None:
    kiosk.shown_to(phone).submit("continue")
    phone.submit("decline")
    assert phone.data_page == "device-refused"
    refused(kiosk.poll(), "access_denied")


def test_a_no_without_an_account_counts(kiosk: Kiosk, browser: Browser) -> None:
    kiosk.shown_to(browser).submit("deny")
    assert browser.data_page == "device-refused"
    refused(kiosk.poll(), "access_denied")
    assert search(kind="device.denied")[0].account_id is None


def test_an_answer_that_is_neither_yes_nor_no_changes_nothing(kiosk: Kiosk, phone: Browser) -> None:
    kiosk.shown_to(phone)
    token = phone.field("csrf_token")["value"]
    assert phone.post(phone.path, {"csrf_token": token, "answer": "maybe"}).data_page == "device-confirm"
    refused(kiosk.poll(), "authorization_pending")


# Time


def test_a_device_that_polls_too_soon_waits_longer(kiosk: Kiosk, phone: Browser, clock: Clock) -> None:
    refused(kiosk.poll(), "authorization_pending")
    clock.advance(4)
    refused(kiosk.poll(), "slow_down")
    kiosk.let_in_by(phone)
    clock.advance(5)
    refused(kiosk.poll(), "slow_down")
    clock.advance(6)
    granted(kiosk.poll())


def test_after_ten_minutes_it_is_over(kiosk: Kiosk, phone: Browser, clock: Clock) -> None:
    waiting, agreed = Kiosk(kiosk.party).start(), Kiosk(kiosk.party).start()
    kiosk.shown_to(phone)
    agreed.let_in_by(phone)
    clock.advance(10 * MINUTE)
    for device in (waiting, agreed):
        refused(device.poll(), "expired_token")
    assert UNKNOWN in waiting.shown_to(phone).errors


def test_a_page_that_stayed_open_too_long_says_so(kiosk: Kiosk, phone: Browser, clock: Clock) -> None:
    kiosk.shown_to(phone)
    clock.advance(10 * MINUTE)
    phone.submit("continue")
    assert (phone.status, phone.data_error) == (410, "device_gone")
    assert "start again on your device" in phone.text


def test_requests_are_swept_an_hour_after_their_time(kiosk: Kiosk, clock: Clock) -> None:
    clock.advance(HOUR)
    assert devices.sweep(10) == 0
    refused(kiosk.poll(), "expired_token")
    clock.advance(10 * MINUTE + 1)
    assert devices.sweep(10) == 1
    assert execute(select(func.count()).select_from(DeviceRequest)).scalar_one() == 0
    refused(kiosk.poll(), "invalid_grant")


# Whose code


def test_a_device_code_is_no_authorization_code_and_the_other_way_round(kiosk: Kiosk, phone: Browser) -> None:
    kiosk.let_in_by(phone)
    party = kiosk.party
    for changes in ({}, {"redirect_uri": None, "code_verifier": None}, {"redirect_uri": "", "code_verifier": ""}):
        refused(party.redeem(kiosk.told["device_code"], **changes), "invalid_grant")
    refused(kiosk.poll(device_code=party.code(phone)), "invalid_grant")
    code = party.code(phone)
    refused(kiosk.poll(device_code=code, code_verifier=VERIFIER), "invalid_grant")
    assert granted(party.redeem(code))["access_token"], "and it was not burnt on the way"


@pytest.mark.parametrize("wrong", [{"device_code": None}, {"device_code": ""}])
def test_without_its_code_a_device_gets_nothing(kiosk: Kiosk, wrong: dict[str, str | None]) -> None:
    refused(kiosk.poll(**wrong), "invalid_request")


def test_what_is_taken_back_before_the_device_polls_is_gone(
    party: Party, phone: Browser, resident: Person, clock: Clock
) -> None:
    kiosk = Kiosk(party).start()
    kiosk.let_in_by(phone)
    consent.withdraw(resident.id, party.id)
    refused(kiosk.poll(), "invalid_grant")
    kiosk = Kiosk(party).start()
    kiosk.let_in_by(phone)
    lifecycle.lock(resident.id)
    refused(kiosk.poll(), "invalid_grant")


def test_the_devices_of_an_app_that_is_switched_off_find_no_one(kiosk: Kiosk, phone: Browser, clock: Clock) -> None:
    with_page = kiosk.shown_to(phone)
    clients.disable(kiosk.party.id)
    clock.advance(2)
    assert with_page.submit("continue").data_error == "unknown_client"
    assert UNKNOWN in kiosk.shown_to(phone.another()).errors
    refused(kiosk.poll(), "invalid_client", 401)


def test_two_residents_with_one_code(kiosk: Kiosk, phone: Browser, make_account: Callable[..., Person]) -> None:
    other = signed_in(phone.another(), make_account(totp=True))
    for browser in (phone, other):
        assert kiosk.shown_to(browser).submit("continue").data_page == "consent"
    phone.submit("share")
    assert phone.data_page == "device-done"
    assert other.submit("share").data_error == "device_gone"
    assert len(search(kind="device.approved")) == 1
    granted(kiosk.poll())


def test_the_pages_belong_to_the_browser_that_typed_the_code(kiosk: Kiosk, phone: Browser) -> None:
    path = kiosk.shown_to(phone).path
    assert phone.another().get(path).data_error == "request_gone"
    assert phone.get(path).data_page == "device-confirm"
