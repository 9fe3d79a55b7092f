"""Who tries to take an account over by recovering it (attacks 144, 160, 177, 178, 179, 187, 190)."""

from __future__ import annotations

from collections import Counter
from statistics import median
from time import process_time

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from idp import lifecycle
from idp.accounts import new_addresses, passwords
from idp.accounts import service as accounts
from idp.accounts.errors import CodeExhausted, CodeExpired, WrongCode
from idp.accounts.models import EmailAddress, OneTimeCode
from idp.audit.service import search
from idp.kernel.db import execute, transaction
from idp.sessions import attempt as attempts
from idp.sessions.assurance import AAL2_PHISHING_RESISTANT
from idp.sessions.errors import AttemptGone
from idp.signin import cases, recovering
from idp.signin.errors import CaseGone
from idp.signin.models import RecoveryCase
from mfa import codes as saved_codes
from tests.factories import PASSWORD, Person
from tests.support.authenticator import phone
from tests.support.browser import Browser
from tests.support.ceremony import given
from tests.support.crowd import CROWD, at_once
from tests.support.party import Party, signed_in
from tests.support.recovery import NEW, ask, mailed, prove, set_up_app, signs_in
from tests.support.texts import give_phone, texts

pytestmark = [
    pytest.mark.only_on("sqlite"),
    pytest.mark.settings(limits_exempt="127.0.0.0/8"),  # these attacks are on what stands behind the limits
]

HERE = "127.0.0.0/24"
HOUR = 60 * 60
SAMPLES = 12


@pytest.fixture
def resident(resident, clock):
    """The resident set everything up an hour ago."""
    clock.advance(HOUR)
    return resident


@pytest.fixture
def others(make_account, resident, clock):
    """Addresses of every kind that there is."""
    made = {kind: make_account(totp=True) for kind in ("locked", "frozen", "closing", "unconfirmed", "leaving")}
    lifecycle.lock(made["locked"].id)
    lifecycle.freeze(made["frozen"].id)
    lifecycle.close(made["closing"].id)
    with transaction():
        execute(update(EmailAddress).where(EmailAddress.account_id == made["unconfirmed"].id).values(confirmed_at=None))
        execute(
            update(EmailAddress).where(EmailAddress.account_id == made["leaving"].id).values(leaves_at=clock.now + HOUR)
        )
    fresh = "marked.new@residents.example"
    new_addresses.add(resident.id, fresh)
    return [resident.email, fresh, "marked.nobody@residents.example", *(one.email for one in made.values())]


def answers(browser: Browser, email: str) -> list[tuple[object, ...]]:
    """What each page of a recovery says of one address, its wrong codes up to the last included."""
    seen = []

    def look() -> None:
        attempt = browser.path.rpartition("/")[2]
        text = browser.text.replace(email, "EMAIL")
        names = sorted(set(browser.headers.keys()) - {"Content-Length"})
        cookies = sorted(one.split("=")[0] for one in browser.headers.getlist("Set-Cookie"))
        seen.append((browser.status, browser.path.replace(attempt, "ID"), text, names, cookies))

    browser.get("/recover").submit("send-code", email=email)
    look()
    for _ in range(6):
        browser.submit("continue", code="000000")
        look()
    browser.submit("send-again")
    look()
    return seen


def test_recovery_says_the_same_of_every_address(browser, others):
    """Attack 144: content, status, headers, cookies, next page."""
    first, *rest = [answers(browser.another(), email) for email in others]
    assert all(one == first for one in rest)


def test_and_takes_the_same_time(browser, others):
    """Attack 144: medians of CPU time of interleaved samples, as a ratio."""
    times: dict[str, list[float]] = {email: [] for email in others}
    visitors = {email: browser.another().get("/recover") for email in others}
    for _ in range(SAMPLES):
        for email, visitor in visitors.items():
            visitor.get("/recover")
            began = process_time()
            visitor.submit("send-code", email=email, follow=False)
            times[email].append(process_time() - began)
    medians = [median(taken) for taken in times.values()]
    assert max(medians) / min(medians) < 1.5 or max(medians) - min(medians) < 0.025, medians


def test_who_reads_the_mail_learns_which_it_was(browser, others, letters):
    """The positive twin of attack 144. A locked account is not revived, and nobody is sent a code in vain."""
    for email in others:
        browser.another().get("/recover").submit("send-code", email=email)
    subjects = {email: [one.subject for one in letters() if one.to == email][-1] for email in others}
    cannot, code = "You cannot get your account back with this address now", "Your code to get your account back"
    assert list(subjects.values()) == [
        *(code, cannot, "There is no account with this address"),
        *(cannot, code, code, cannot, cannot),
    ]
    (new,) = [one for one in letters() if one.to == others[1] and one.subject == cannot]
    assert "from January 22, 2027" in new.text


def test_a_forged_host_changes_no_link(browser, resident, letters):
    """Attack 177."""
    for name in ("X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Original-Host", "X-Host", "Host"):
        browser.get("/recover")
        token = browser.field("csrf_token")["value"]
        browser.post("/recover", {"csrf_token": token, "email": resident.email}, headers={name: "evil.test"})
        assert browser.status < 500
    assert all("evil.test" not in one.text + one.html for one in letters())
    assert {link.split("/")[2] for one in letters() for link in one.links} == {"localhost:8000"}


def test_a_code_is_for_one_recovery_one_person_and_one_time(browser, resident, make_account, letters, clock):
    """Attack 178: twice, after a newer one, for bob, as another kind of code, after expiry and after a change."""
    bob = make_account(totp=True)
    clock.advance(60)
    ask(browser, resident)
    code = mailed(letters, resident).code
    theirs = ask(browser.another(), bob)
    assert theirs.submit("continue", code=code).errors, "for bob"
    newer = ask(browser.another(), resident)
    assert newer.submit("continue", code=code).errors, "in another recovery"
    sign_up = browser.another().get("/sign-up").submit("send-code", email="marked.new@residents.example")
    assert sign_up.submit("continue", code=code).errors, "as another kind of code"
    attempt = browser.path.rpartition("/")[2]
    for path in ("/sign-up/code/", "/sign-up/password/", "/sign-in/password/", "/sign-in/code/"):
        assert browser.another().get(path + attempt).status in {200, 410}
    browser.submit("continue", code=code)
    assert browser.data_page == "recover-more", "and for what it was made"
    link = mailed(letters, bob).links[0]
    clock.advance(HOUR)
    assert theirs.get(link).data_page == "recover-link-expired"
    kept = execute(select(OneTimeCode.digest)).scalars().all()
    assert all(len(one) == 32 and code.encode() not in one for one in kept)


def test_a_change_of_credentials_or_a_lock_ends_what_is_under_way(browser, resident, letters, clock):
    """Attack 178."""
    for deed in (
        lambda: accounts.change_password(resident.id, passwords.hash_new(NEW)),
        lambda: new_addresses.add(resident.id, "marked.more@residents.example"),
        lambda: lifecycle.lock(resident.id),
    ):
        visitor = ask(browser.another(), resident)
        clock.advance(1)
        deed()
        visitor.submit("continue", code=mailed(letters, resident).code)
        assert visitor.errors
        assert visitor.data_page == "recover-code"
        clock.advance(1)


def test_five_wrong_codes_end_a_code(browser, resident, letters):
    """Attack 178: guessing. The right code is refused after five wrong ones, and the first of them says nothing."""
    ask(browser, resident)
    code = mailed(letters, resident).code
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        browser.submit("continue", code=wrong)
    assert browser.submit("continue", code=code).errors
    browser.submit("send-again").submit("continue", code=mailed(letters, resident).code)
    assert browser.data_page == "recover-more"


@pytest.mark.settings(limits_exempt="")
def test_more_codes_are_no_more_guesses_and_no_flood(browser, resident, letters):
    """Attack 178, and 238: three mails an hour, ten guesses an hour, over all attempts and addresses spelt anyhow."""
    statuses = Counter()
    for email in (resident.email, resident.email.upper(), f" {resident.email} ", resident.email, resident.email):
        other = browser.another().get("/recover").submit("send-code", email=email)
        for _ in range(4):
            if other.data_page == "recover-code":
                other.submit("continue", code="000000")
        statuses[other.status] += 1
    assert statuses[429] >= 2
    assert len([one for one in letters() if "/recover/code/" in one.text]) == 3


def test_polluted_requests_write_to_the_resident_or_to_nobody(browser, resident, letters):
    """Attack 179."""
    evil = "mallory@evil.test"
    browser.get("/recover")
    token = browser.field("csrf_token")["value"]
    for sent in (
        {"email": [resident.email, evil]},
        {"email": [f"{resident.email},{evil}"]},
        {"email": [f"{resident.email};{evil}"]},
        {"email": [f"{resident.email}\r\nBcc: {evil}"]},
        {"email": [f'"{resident.email}"@evil.test']},
        {"email[]": [resident.email, evil]},
        {"email": [resident.email], "cc": [evil], "to": [evil]},
    ):
        browser.post("/recover", {"csrf_token": [token], **sent})
        assert browser.status in {200, 400}
    browser.post("/recover", json={"email": [resident.email, evil]})
    assert browser.status == 400
    with_code = [one for one in letters() if "/recover/code/" in one.text]
    assert {one.to for one in with_code} == {resident.email}
    assert evil not in {one.to for one in letters()}
    assert all(evil not in one.text for one in with_code)


def test_saved_codes_work_once_for_their_owner_alone(browser, resident, make_account, letters, clock):
    """Attack 160, in a recovery: bob's, an old set's, a used one; and hers, in small letters with spaces."""
    bob = make_account(totp=True)
    foreign, old = saved_codes.make(bob.id), saved_codes.make(resident.id)
    mine = saved_codes.make(resident.id)
    clock.advance(60)
    for code in (foreign[0], old[0]):
        prove(browser, resident, letters).click("way-recovery-code").submit("verify", code=code)
        assert browser.errors
    prove(browser, resident, letters).click("way-recovery-code")
    browser.submit("verify", code=mine[0].lower().replace("-", " "))
    assert browser.data_page == "recover-password"
    other = prove(browser.another(), resident, letters).click("way-recovery-code").submit("verify", code=mine[0])
    assert other.errors, "a used one"
    assert [one.subject for one in letters() if one.subject.startswith("A recovery code")], "the owner is told"


def test_who_was_there_before_loses_all_of_it(browser, resident, letters, clock):
    """Attack 187: mallory, who knows the password, has a session, an attempt under way and a new address waiting."""
    inside = browser.another().sign_in(resident)
    half = browser.another().get("/sign-in").submit("sign-in", email=resident.email, password=PASSWORD)
    new_addresses.add(resident.id, "mallory@evil.test")
    codes = saved_codes.make(resident.id)
    clock.advance(60)
    browser.get("/recover").submit("send-code", email="mallory@evil.test")
    assert not [one for one in letters() if one.to == "mallory@evil.test" and "/recover/code/" in one.text]
    prove(browser, resident, letters).click("way-recovery-code").submit("verify", code=codes[0])
    browser.submit("continue", password=NEW)
    set_up_app(browser)
    assert browser.data_page == "recovered"
    clock.advance(30)
    assert inside.get("/account").data_page == "sign-in"
    half.submit("verify", code=resident.code())
    assert half.get("/account").data_page == "sign-in"
    assert not signs_in(browser, resident, PASSWORD, resident.code())
    assert not signs_in(browser, resident, NEW, resident.code()), "mallory's copy of the app is out of use"
    told = [one.to for one in letters() if one.subject == "Your account was recovered"]
    assert sorted(told) == sorted([resident.email, "mallory@evil.test"])


def test_recovery_keeps_every_other_defence(browser, at_home, resident, party, letters, clock):
    """Attack 190: no session, the factor asked for as before, tokens ended, the owner told, a frozen account frozen."""
    tokens = party.redeem(party.code(at_home)).get_json()
    clock.advance(30)
    prove(browser.another(), resident, letters)
    assert party.call("/userinfo", {"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 200
    visitor = prove(browser.another(), resident, letters).click("way-totp").submit("verify", code=resident.code())
    visitor.submit("continue", password=NEW)
    assert visitor.data_page == "recovered"
    assert visitor.get("/account").data_page == "sign-in"
    assert party.call("/userinfo", {"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 401
    assert at_home.get("/account").data_page == "sign-in"
    visitor.get("/sign-in").submit("sign-in", email=resident.email, password=NEW)
    assert visitor.data_page == "second-step"
    assert {"Your password was changed", "Your account was recovered"} <= {one.subject for one in letters()}

    lifecycle.freeze(resident.id)
    clock.advance(60)
    frozen = prove(browser.another(), resident, letters).click("way-totp").submit("verify", code=resident.code())
    frozen.submit("continue", password=NEW + "2")
    assert frozen.data_page == "recovered"
    assert accounts.account(resident.id).status == "frozen"
    lifecycle.lock(resident.id)
    ask(browser.another(), resident)
    assert letters()[-1].subject == "You cannot get your account back with this address now"


def test_a_session_is_no_password(browser, resident, app, make_client, letters):
    """Attack 190: whoever holds a session and the mailbox has shown one thing, not two."""
    given(resident.id, phone())
    bank = Party(app, make_client(require_acr=AAL2_PHISHING_RESISTANT, first_party=True))
    thief = bank.authorize(signed_in(browser.another(), resident), follow=True).submit("continue")
    assert thief.data_page == "use-passkey"
    thief.get("/recover/from/" + thief.path.rpartition("/")[2]).submit("send-code")
    thief.submit("continue", code=mailed(letters, resident).code)
    assert thief.data_page == "recover-more"

    typed = browser.get("/sign-in").submit("sign-in", email=resident.email, password=PASSWORD)
    typed.get("/recover/from/" + typed.path.rpartition("/")[2]).submit("send-code")
    typed.submit("continue", code=mailed(letters, resident).code)
    assert typed.data_page == "second-way", "a password that was typed counts"


def test_a_frozen_account_that_never_had_a_second_way_can_be_had_back(browser, make_account, letters, clock):
    """The positive twin of attack 190: its resident has the password and the mailbox, which are two."""
    bea = make_account()
    lifecycle.freeze(bea.id)
    clock.advance(60)
    browser.get("/sign-in").submit("sign-in", email=bea.email, password=bea.password)
    assert browser.data_page == "held" and not browser.page.find("button", id="unfreeze")
    browser.click("recover").submit("send-code").submit("continue", code=mailed(letters, bea).code)
    seed = set_up_app(browser)
    assert browser.data_page == "recovered" and accounts.account(bea.id).status == "frozen"
    clock.advance(30)
    browser.get("/sign-in").submit("sign-in", email=bea.email, password=bea.password)
    browser.submit("verify", code=pyotp.TOTP(seed).at(clock.now)).submit("unfreeze")
    assert browser.get("/account").data_page == "account"


@pytest.mark.settings(limits_exempt="")
def test_a_wait_that_is_begun_again_and_again_floods_nobody(browser, resident, letters, clock):
    """Attack 238: every address and phone hears of it, so it is begun ten times a day at most."""
    give_phone(resident.id)
    clock.advance(60)
    prove(browser, resident, letters).click("none")
    page, token, before = browser.path, browser.field("csrf_token")["value"], len(texts())
    for _ in range(20):
        browser.post(page, {"csrf_token": token})
        browser.post(page, {"csrf_token": token, "stop": "yes"})
    assert 1 < len(texts()) - before < 10


def test_a_lock_on_the_last_page_holds(browser, resident, letters, clock):
    """Attack 190."""
    visitor = prove(browser, resident, letters).click("way-totp").submit("verify", code=resident.code())
    lifecycle.lock(resident.id)
    visitor.submit("continue", password=NEW)
    assert visitor.data_page == "sign-in"
    lifecycle.unlock(resident.id)
    clock.advance(30)
    assert signs_in(browser, resident, PASSWORD, resident.code())


# Many at once


def type_code(app: Flask, attempt_id: str, email: str, code: str) -> bool:
    with app.test_request_context():
        try:
            attempt, _state = attempts.look(attempt_id)
            recovering.prove_address(attempt, code, email=email, moved=True, network=HERE, browser="")
        except (WrongCode, CodeExpired, CodeExhausted):
            return False
        return True


def use_case(app: Flask, account_id: str, email: str) -> bool:
    with app.test_request_context():
        attempt = attempts.begin("recover", account_id=account_id, email=email, methods=("email",))
        try:
            recovering.set_password(attempt, NEW)
        except (AttemptGone, CaseGone):
            return False
        return True


@pytest.mark.only_on("postgresql")
def test_fifty_who_type_one_code(settings, clock, browser, resident, letters):
    """Attacks 160 and 178: one goes on."""
    ask(browser, resident)
    attempt = browser.path.rpartition("/")[2]
    who: Person = resident
    won = at_once(type_code, settings, clock.now, attempt, who.email, mailed(letters, who).code)
    assert Counter(won) == {True: 1, False: CROWD - 1}
    assert len(search(kind="recovery.begun")) == 1


def test_a_wait_that_is_stopped_while_it_is_used_opens_nothing(app, clock, resident, monkeypatch):
    """Attack 160: the resident says no between the look at the wait and the new password."""
    case = cases.begin(resident.id, "")
    with transaction():
        execute(update(RecoveryCase).values(told=cases.END))
    clock.now = case.ready_at
    monkeypatch.setattr(passwords, "hash_new", lambda *_: cases.stop(resident.id))
    assert not use_case(app, resident.id, resident.email)
    assert not search(kind="password.changed")


@pytest.mark.only_on("postgresql")
def test_fifty_who_use_one_wait(settings, clock, browser, resident):
    """Attack 160: a wait is spent by one of them, and one password is kept."""
    case = cases.begin(resident.id, "")
    with transaction():
        execute(update(RecoveryCase).values(told=cases.END))
    clock.now = case.ready_at
    won = at_once(use_case, settings, clock.now, resident.id, resident.email)
    assert Counter(won) == {True: 1, False: CROWD - 1}
    assert len(search(kind="password.changed")) == 1
