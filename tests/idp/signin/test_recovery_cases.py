"""The guarded slow way: it waits, everybody hears of it three times, anybody there stops it, and it works once."""

from __future__ import annotations

import pyotp
import pytest

from idp.accounts import new_addresses, notices
from idp.audit.service import search
from idp.kernel import clock as time
from idp.kernel.clock import DAY, HOUR
from idp.kernel.registry import registry
from idp.signin import cases
from idp.signin.errors import TooLateToStop
from mfa import codes as saved_codes
from mfa.errors import WrongRecoveryCode
from tests.factories import PASSWORD
from tests.support.danger import told
from tests.support.recovery import NEW, prove, set_up_app, signs_in
from tests.support.texts import give_phone, texts

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

MONTH = 30 * DAY
SECOND = "marked.second@residents.example"


@pytest.fixture
def ana(ana, clock):
    """She set up all that she has a month ago."""
    clock.advance(MONTH)
    return ana


@pytest.fixture
def waiting(browser, ana, letters):
    """A browser in which Ana began to wait."""
    prove(browser, ana, letters)
    browser.click("none")
    assert browser.data_page == "recover-wait"
    browser.submit("start")
    assert cases.standing(ana.id)
    return browser


def subjects(letters, who):
    return [letter.subject for letter in letters() if letter.to == who.email]


def sweep():
    """The worker's turn."""
    (recoveries,) = [each for each in registry().sweeps if each.name == "recoveries"]
    return recoveries.run(100)


@pytest.mark.parametrize(
    ("known", "changed", "hours"), [(False, False, 48), (True, False, 24), (False, True, 72), (True, True, 48)]
)
def test_how_long_it_takes(known, changed, hours):
    assert cases.wait(known_browser=known, changed_lately=changed) == hours * HOUR


def test_it_waits_and_is_told_at_start_middle_and_end(waiting, ana, letters, clock):
    begun = clock.now
    assert cases.standing(ana.id).ready_at == begun + 48 * HOUR
    assert "Somebody asked to recover your account" in subjects(letters, ana)
    clock.advance(24 * HOUR - 1)
    assert sweep() == 0
    clock.advance(1)
    assert (sweep(), sweep()) == (1, 0)
    assert subjects(letters, ana)[-1] == "Your account can soon be recovered"
    clock.advance(24 * HOUR)
    assert not cases.standing(ana.id).ready, "not before its end was told"
    assert sweep() == 1
    assert subjects(letters, ana)[-1] == "Your account can be recovered now"
    assert cases.standing(ana.id).ready
    clock.advance(DAY)
    sweep()
    assert cases.standing(ana.id) is None
    assert [entry.kind for entry in search(kind="recovery.lapsed")] == ["recovery.lapsed"]


def test_in_a_browser_of_hers_it_is_quicker(browser, ana, letters, clock):
    browser.sign_in(ana)
    clock.advance(2 * DAY)
    prove(browser, ana, letters)
    browser.click("none").submit("start")
    assert cases.standing(ana.id).ready_at == clock.now + 24 * HOUR


def test_after_a_change_it_is_slower(browser, ana, letters, clock):
    notices.note_credentials(ana.id)
    clock.advance(DAY)
    prove(browser, ana, letters)
    browser.click("none").submit("start")
    assert cases.standing(ana.id).ready_at == clock.now + 72 * HOUR


def grow_ready(clock):
    for _ in range(2):
        clock.advance(24 * HOUR)
        sweep()


def test_when_it_is_ready_everything_is_set_up_anew_in_any_browser(waiting, ana, letters, clock):
    saved = saved_codes.make(ana.id)
    grow_ready(clock)
    other = prove(waiting.another(), ana, letters)
    assert other.data_page == "recover-password"
    other.submit("continue", password=NEW)
    seed = set_up_app(other)
    assert other.data_page == "recovered"
    clock.advance(30)
    assert signs_in(other, ana, NEW, pyotp.TOTP(seed).at(time.now()))
    assert not signs_in(other, ana, NEW, ana.code()), "the old app is out of use"
    assert not signs_in(other, ana, PASSWORD, pyotp.TOTP(seed).at(time.now() + 30))
    with pytest.raises(WrongRecoveryCode):
        saved_codes.spend(ana.id, saved[0], network="127.0.0.0/24")
    (finished,) = search(kind="recovery.finished")
    assert finished.facts["shown"] == ["email", "wait"]
    again = prove(other.another(), ana, letters)
    assert again.data_page == "recover-more", "it works once"


def test_apps_hear_of_it_know_the_same_person_and_ask_anew(browser, ana, letters, clock, make_agency):
    agency = make_agency(scopes=("openid", "email"), event_delivery_uri="https://app.agency.example/events")
    before = agency.read(agency.sign_in(browser, ana, "openid email", share=["email"])["id_token"])["sub"]
    prove(browser.another(), ana, letters).click("none").submit("start")
    grow_ready(clock)
    other = prove(browser.another(), ana, letters)
    other.submit("continue", password=NEW)
    seed = set_up_app(other)
    assert "recovery-activated" in [event for _app, event, *_ in told()]
    clock.advance(30)
    agency.authorize(other, "openid email")
    other.submit("sign-in", email=ana.email, password=NEW)
    other.submit("verify", code=pyotp.TOTP(seed).at(time.now()))
    assert other.data_page == "consent", "no decision is remembered"
    other.submit("share", follow=False).follow()
    tokens = agency.redeem(agency.code(other)).get_json()
    assert agency.read(tokens["id_token"])["sub"] == before


def test_before_it_is_ready_the_mailbox_still_opens_nothing(waiting, ana, letters, clock):
    clock.advance(47 * HOUR)
    sweep()
    again = prove(waiting.another(), ana, letters)
    assert again.data_page == "recover-more"
    assert "You asked to get your account back by waiting" in again.text


def test_each_notice_stops_it_and_the_account_stays_as_it_was(waiting, ana, letters, clock):
    clock.advance(24 * HOUR)
    sweep()
    link = next(one for one in letters()[-1].links if "/not-me/" in one)
    waiting.another().get(link).submit("stop")
    assert cases.standing(ana.id) is None
    clock.advance(24 * HOUR)
    assert sweep() == 0
    assert prove(waiting.another(), ana, letters).data_page == "recover-more"
    assert signs_in(waiting, ana, PASSWORD, ana.code())
    with pytest.raises(TooLateToStop):
        cases.stop(ana.id)


def test_stopped_on_the_last_page_it_changes_nothing(waiting, ana, letters, clock):
    grow_ready(clock)
    other = prove(waiting.another(), ana, letters)
    assert other.data_page == "recover-password"
    cases.stop(ana.id)
    other.submit("continue", password=NEW)
    assert other.data_page == "recover-more"
    assert signs_in(other, ana, PASSWORD, ana.code())


def test_who_signs_in_is_offered_to_stop_it(waiting, ana, clock):
    clock.advance(30)
    home = waiting.another().sign_in(ana)
    assert home.data_page == "recovery-waiting"
    home.click("go-on")
    assert "Somebody asked to recover your account." in home.text
    home.click("See or stop it").submit("stop")
    assert home.data_page == "account"
    assert cases.standing(ana.id) is None
    assert "Somebody asked to recover your account." not in home.text


def test_there_is_one_at_a_time_and_its_own_page_stops_it(waiting, ana, letters):
    first = cases.standing(ana.id)
    assert cases.begin(ana.id, "") == first
    waiting.submit("stop")
    assert cases.standing(ana.id) is None


def test_what_began_lately_is_stopped_with_everything_else_and_erased_at_the_end(waiting, ana, clock):
    (holding,) = [each for each in registry().holdings if each.name == "recovery_cases"]
    assert holding.quarantine(ana.id, clock.now + 1) == 0
    assert holding.quarantine(ana.id, clock.now) == 1
    assert cases.standing(ana.id) is None
    holding.erase(ana.id)


def test_every_address_and_phone_hears_of_it_each_time(browser, ana, letters, clock):
    new_addresses.add(ana.id, SECOND)
    give_phone(ana.id)
    clock.advance(MONTH)
    prove(browser, ana, letters)
    browser.click("none").submit("start")
    assert cases.standing(ana.id).ready_at == clock.now + 48 * HOUR
    grow_ready(clock)
    told = ["Somebody asked to recover your account", "Your account can soon be recovered"]
    for address in (ana.email, SECOND):
        mine = [letter for letter in letters() if letter.to == address and "/not-me/" in letter.text][-3:]
        assert [letter.subject for letter in mine] == [*told, "Your account can be recovered now"]
    assert ["recover" in text.text for text in texts()[-3:]] == [True, True, True]


def test_a_new_address_or_phone_makes_it_slower(browser, ana, letters, clock):
    give_phone(ana.id)
    clock.advance(6 * DAY)
    prove(browser, ana, letters)
    browser.click("none").submit("start")
    assert cases.standing(ana.id).ready_at == clock.now + 72 * HOUR
