"""Passkeys in the hands of residents: signing in, second steps, confirming, adding, removing."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account
from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.kernel.db import execute, transaction
from idp.kernel.registry import registry
from idp.sessions.assurance import AAL1, AAL2, AAL2_PHISHING_RESISTANT, AAL3, reached
from idp.sessions.models import SessionRow
from mfa import passkeys
from mfa.errors import LastWayIn, NoSuchPasskey
from mfa.models import Passkey
from tests.support.authenticator import UP, UV, Authenticator, laptop, phone, usb_key
from tests.support.ceremony import given, make, options, show

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages; attack 168 races on PostgreSQL


@pytest.fixture
def dora(make_account):
    """Has a password and a synced passkey."""
    return make_account(email="marked.dora@residents.example")


@pytest.fixture
def device(dora):
    device = phone()
    given(dora.id, device)
    return device


def level(person):
    newest = select(SessionRow.acr, SessionRow.amr).where(SessionRow.account_id == person.id)
    return tuple(execute(newest.order_by(SessionRow.created_at.desc(), SessionRow.authenticated_at.desc())).first())


def signed_in(browser):
    return browser.get("/account").data_page == "account"


def row(person):
    return execute(select(Passkey.__table__).where(Passkey.account_id == person.id)).mappings().first()


# Signing in


def test_a_synced_passkey_signs_in_at_aal2_in_one_step_and_nothing_is_typed(browser, dora, device):
    show(browser.get("/sign-in"), device)
    assert browser.data_page == "account"
    assert level(dora) == (AAL2_PHISHING_RESISTANT, ("swk", "user", "mfa"))


def test_one_that_cannot_leave_its_device_reaches_aal3(browser, make_account):
    eli, device = make_account(), laptop()
    given(eli.id, device)
    show(browser.get("/sign-in"), device)
    assert level(eli) == (AAL3, ("hwk", "user", "mfa"))


def test_a_passkey_that_did_not_verify_its_holder_is_one_factor_and_the_password_follows(browser, dora, device):
    device.flags &= ~UV
    show(browser.get("/sign-in"), device)
    assert browser.data_page == "password-step"
    browser.submit("continue", password=dora.password)
    assert level(dora) == (AAL2_PHISHING_RESISTANT, ("swk", "pwd", "mfa"))


def test_a_key_that_knew_no_pin_when_it_was_added_gains_nothing_by_one(browser, make_account):
    """Whoever finds such a key can give it a PIN; so it stays something that one has."""
    fay, key = make_account(), usb_key().copy(discoverable=True)
    given(fay.id, key)
    key.flags |= UV
    show(browser.get("/sign-in"), key)
    assert browser.data_page == "password-step"


def test_without_script_the_page_says_so_and_leads_back(browser):
    browser.get("/sign-in?return_to=/account/profile").submit("passkey")
    assert browser.data_page == "passkey"
    assert "JavaScript" in browser.text and not browser.errors
    assert browser.click("other-ways").path == "/sign-in"
    assert "return_to=/account/profile" in browser.url or "return_to=%2Faccount%2Fprofile" in browser.url


def test_it_leads_to_the_page_that_was_asked_for(browser, device):
    show(browser.get("/account/profile"), device)
    assert browser.path == "/account/profile"


def test_it_serves_the_app_that_asks(browser, make_agency, dora, device):
    agency = make_agency(scopes=("openid", "email"))
    show(agency.authorize(browser, "openid email"), device)
    assert browser.data_page == "consent"


def test_a_browser_hears_of_a_passkey_that_is_gone(browser, dora, device):
    with transaction():
        passkeys.erase(dora.id)
    show(browser.get("/sign-in"), device)
    signal = browser.page.find(attrs={"data-signal": True})
    assert browser.errors and "signalUnknownCredential" in signal["data-signal"]


# Second steps


def test_a_security_key_is_the_second_step_after_the_password_and_makes_it_aal3(browser, make_account):
    gil, key = make_account(), usb_key()
    given(gil.id, key)
    browser.get("/sign-in").submit("sign-in", email=gil.email, password=gil.password)
    assert browser.data_page == "use-passkey"
    told = options(browser, "verify")
    assert [known["transports"] for known in told["allowCredentials"]] == [["usb"]]
    assert (told["hints"], told["userVerification"]) == (["security-key"], "preferred")
    show(browser, key, "verify")
    assert level(gil) == (AAL3, ("pwd", "hwk", "mfa"))


def test_who_cannot_use_it_chooses_another_way(browser, alice, make_account):
    given(alice.id, usb_key())
    browser.get("/sign-in").submit("sign-in", email=alice.email, password=alice.password)
    browser.click("other-ways").click("Authenticator app").submit("verify", code=alice.code())
    assert signed_in(browser)


def test_a_passkey_confirms_that_it_is_you(browser, dora, device, clock):
    show(browser.get("/sign-in"), device)
    clock.advance(11 * MINUTE)
    browser.get("/account/sign-in/passkeys")
    assert browser.data_page == "confirm"
    browser.submit("passkey")
    assert browser.data_page == "use-passkey"
    show(browser, device, "verify")
    assert browser.data_page == "passkeys"


# At sign-up


@pytest.fixture
def at_password(browser, letters):
    browser.get("/sign-up").submit("send-code", email="marked.hana@residents.example")
    browser.submit("continue", code=letters()[-1].code)
    assert browser.data_page == "choose-password"
    return browser


def test_an_account_without_a_password(at_password, letters, marked):
    marked.add("marked.hana@residents.example")
    browser, device = at_password, phone()
    browser.click("passkey")
    told = options(browser, "create")
    assert told["authenticatorSelection"]["residentKey"] == "required"
    assert told["authenticatorSelection"]["userVerification"] == "required"
    browser.submit("create", answer=device.make(told))
    assert browser.data_page == "save-codes"
    browser.submit("show").submit("saved")
    assert browser.data_page == "account"
    account_id = execute(select(Account.id)).scalar_one()
    assert device.user_handle == account_id.encode()
    assert "passkey" in letters()[-2].subject.lower() or "passkey" in letters()[-1].subject.lower()
    assert show(browser.another().get("/sign-in"), device).data_page == "account"


def test_without_a_password_the_holder_must_be_verified(at_password):
    at_password.click("passkey")
    make(at_password, phone().copy(flags=UP))
    assert at_password.errors and execute(select(Account.id)).first() is None


def test_a_sign_up_whose_address_is_not_proven_makes_none(browser):
    browser.get("/sign-up").submit("send-code", email="marked.ivo@residents.example")
    attempt_id = browser.path.rpartition("/")[2]
    assert browser.get(f"/sign-up/passkey/{attempt_id}").data_page == "confirm-email"


def test_as_the_second_way_after_a_password(at_password):
    browser = at_password.submit("continue", password="Marked-Kestrel-77-harbour")
    attempt_id = browser.path.rpartition("/")[2]
    browser.get(f"/sign-in/set-up-passkey/{attempt_id}")
    key = usb_key()
    told = options(browser, "add-key")
    assert told["authenticatorSelection"]["residentKey"] == "discouraged"
    browser.submit("add-key", answer=key.make(told))
    assert browser.data_page == "save-codes"
    browser.submit("show").submit("saved")
    assert execute(select(SessionRow.acr)).scalar_one() == AAL3


# On the desk


@pytest.fixture
def desk(browser, dora, device):
    show(browser.get("/sign-in"), device)
    return browser.get("/account/sign-in/passkeys")


def test_the_list_says_what_there_is_and_where_it_is_kept(desk, dora):
    assert "Phone" in desk.text and "Synced to your other devices" in desk.text
    signal = desk.page.find(attrs={"data-signal": True})["data-signal"]
    assert "signalAllAcceptedCredentials" in signal and "signalCurrentUserDetails" in signal


def test_another_is_added_announced_and_counts_in_this_session(desk, dora, letters):
    desk.click("add")
    told = options(desk, "create")
    assert len(told["excludeCredentials"]) == 1
    desk.submit("create", answer=laptop().make(told), follow=True)
    assert desk.data_page == "passkeys" and "On one device only" in desk.text
    assert level(dora)[0] == AAL3
    assert letters()[-1].to == dora.email and "/not-me/" in letters()[-1].text


def test_the_same_one_is_not_added_twice(desk, device):
    desk.click("add")
    make(desk, device)
    assert desk.errors


def test_it_gets_another_name(desk, dora):
    desk.get(f"/account/sign-in/passkeys/{row(dora)['id']}")
    assert desk.submit("save", name="").errors
    assert desk.submit("save", name="x" * 65).errors
    desk.submit("save", name="<b>Blue phone</b>")
    assert "<b>Blue phone</b>" in desk.text


def test_one_that_is_not_mine_is_not_there(desk, alice):
    theirs = given(alice.id, laptop())
    for path in (theirs, "x", "x" * 300):
        assert desk.get(f"/account/sign-in/passkeys/{path}").status == 404


def test_a_removed_one_opens_nothing_more(desk, dora, device, letters):
    given(dora.id, laptop(), "Laptop")
    with transaction():
        execute(update(SessionRow).values(acr=AAL3))
    page = f"/account/sign-in/passkeys/{row(dora)['id']}"
    desk.get(page).submit("save", name="<i>Phone</i>")
    desk.get(page).submit("remove")
    assert [one.name for one in passkeys.passkeys_of(dora.id)] == ["Laptop"]
    assert "<i>Phone</i>" in letters()[-1].text and "/not-me/" in letters()[-1].text
    assert "&lt;i&gt;Phone" in letters()[-1].html
    assert show(desk.another().get("/sign-in"), device).errors


def test_below_the_highest_level_a_removal_waits_and_can_be_stopped(desk, dora, device, clock):
    given(dora.id, laptop(), "Laptop")
    page = f"/account/sign-in/passkeys/{row(dora)['id']}"
    desk.get(page).submit("remove")
    assert "will be removed on" in desk.text
    assert show(desk.another().get("/sign-in"), device).data_page != "passkey", "it works until then"
    desk.get(page).submit("keep")
    clock.advance(4 * DAY)
    assert passkeys.sweep(10) == 0 and len(passkeys.passkeys_of(dora.id)) == 2


def test_a_removal_that_nobody_stopped_comes(dora, device, clock):
    given(dora.id, laptop(), "Laptop")
    passkey_id = row(dora)["id"]
    passkeys.remove(dora.id, passkey_id, leaves_at=clock() + 72 * HOUR)
    clock.advance(72 * HOUR)
    assert [one.name for one in passkeys.usable_of(dora.id)] == ["Laptop"]
    assert passkeys.sweep(10) == 1
    with pytest.raises(NoSuchPasskey):
        passkeys.stop_removal(dora.id, passkey_id)


def test_the_last_way_in_stays(desk, dora):
    desk.get(f"/account/sign-in/passkeys/{row(dora)['id']}").submit("remove")
    assert "only passkey" in desk.text and desk.errors
    assert row(dora) is not None


def test_two_that_are_on_their_way_out_are_no_way_in_for_each_other(dora, device, clock):
    given(dora.id, laptop(), "Laptop")
    first, second = passkeys.passkeys_of(dora.id)
    passkeys.remove(dora.id, first.id, leaves_at=clock() + DAY)
    with pytest.raises(LastWayIn):
        passkeys.remove(dora.id, second.id, leaves_at=clock() + DAY)


def test_a_code_app_beside_the_password_is_way_enough(alice):
    passkeys.remove(alice.id, given(alice.id, phone()), leaves_at=None)
    assert not passkeys.passkeys_of(alice.id)


# What becomes of them


def test_what_was_added_since_goes_out_of_use(browser, dora, device, clock):
    clock.advance(HOUR)
    late = laptop()
    given(dora.id, late, "Laptop")
    assert passkeys.quarantine(dora.id, clock() - MINUTE) == 1
    assert show(browser.get("/sign-in"), late).errors
    assert show(browser.get("/sign-in"), device).data_page == "account"


def test_a_hundred_failures_in_a_row_turn_it_off_and_a_success_counts_anew(browser, dora, device, letters):
    with transaction():
        execute(update(Passkey).values(failures=99))
    browser.get("/sign-in")
    show(browser, device)
    assert row(dora)["failures"] == 0
    with transaction():
        execute(update(Passkey).values(failures=99))
    other = browser.another().get("/sign-in")
    show(other, device, origin="https://localhost:8000")
    assert "turned off" in letters()[-1].subject
    assert show(other, device).errors
    assert not registry().methods[passkeys.PASSKEY].enrolled(dora.id)
    assert registry().methods[passkeys.PASSKEY].held(dora.id)


def test_every_kind_of_passkey_has_its_level(app):
    known = registry().methods
    alone = {name: reached([known[name]])[0] for name in passkeys.SERVES_AS.values()}
    assert alone == {
        "passkey": AAL2_PHISHING_RESISTANT, "device_passkey": AAL3, "security_key": AAL1, "synced_key": AAL1,
    }  # fmt: skip
    second = {name: reached([known["password"], known[name]])[0] for name in ("security_key", "synced_key")}
    assert second == {"security_key": AAL3, "synced_key": AAL2_PHISHING_RESISTANT}
    assert reached([known["security_key"], known["totp"]])[0] == AAL1, "two things that one has are one factor"
    assert AAL2 not in alone.values()


def test_what_is_known_of_it_is_kept(browser, make_account):
    jo, device = make_account(), Authenticator(flags=UP | UV, counter=41, transports=("internal", "telepathy"))
    given(jo.id, device.copy(transports=("internal",)))
    show(browser.get("/sign-in"), device.copy(user_handle=jo.id.encode()))
    kept = row(jo)
    assert (kept["counter"], kept["resident"], kept["backed_up"], kept["transports"]) == (
        42,
        True,
        False,
        ("internal",),
    )
    assert kept["used_at"]


def test_the_first_way_that_is_offered_resists_phishing(at_password):
    at_password.submit("continue", password="Marked-Kestrel-77-harbour")
    assert at_password.data_page == "second-way"
    first = next(link for link in at_password.page.find_all("a", id=True) if str(link["id"]).startswith("set-up-"))
    assert first["id"] == "set-up-passkey"


def test_account_home_suggests_a_passkey_once_a_month_to_whoever_has_none(browser, alice, dora, device):
    said = "sign in by face, fingerprint or screen lock"
    assert said in browser.sign_in(alice).text
    assert said not in browser.get("/account").text
    other = browser.another().get("/sign-in")
    assert said not in show(other, device).text
