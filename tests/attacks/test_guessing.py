"""Guessing passwords and codes, and turning the limits against their owners (attacks 136, 137, 140, 141, 154, 159).

The simulations run the real services by a clock of their own. Challenges cost less than true ones, nothing else does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from idp import lifecycle
from idp.accounts import codes, passwords
from idp.accounts import service as accounts
from idp.accounts.errors import CodeExhausted, CodeExpired, WrongCode
from idp.accounts.models import EmailAddress, Password
from idp.audit.service import search
from idp.kernel.db import db, execute, transaction
from idp.kernel.settings import Settings
from idp.limits import service as limits
from idp.limits.errors import ProofOwed, Throttled
from idp.limits.models import Counter as Counted
from idp.limits.models import Member, Run, SpentProof
from idp.limits.proof import Proof
from mfa import service as mfa
from mfa.errors import WrongCode as WrongTotp
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import at_once
from tests.support.letters import Letter
from tests.support.proofs import make_cheap, solved
from tests.support.statements import recorded

MakeAccount = Callable[..., Person]
HOME, ATTACKER = "203.0.113.0/24", "198.51.100.0/24"
STRANGER = "nobody{}@residents.example"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Challenges that cost next to nothing to solve."""
    make_cheap(monkeypatch)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were really looked at. Argon2 itself is left out: thousands of guesses would take minutes."""
    looked_at: list[str] = []

    def verify(kept: str | None, password: str) -> bool:
        looked_at.append(password)
        return kept is not None and password.startswith("Marked")

    monkeypatch.setattr(passwords, "verify", verify)
    return looked_at


def attempt(email: str, password: str, network: str, **more: str) -> str:
    """How one try to sign in ended."""
    try:
        found = accounts.check_password(email, password, network=network, **more)
    except (ProofOwed, Throttled) as stopped:
        return stopped.code
    return "in" if found else "wrong"


def form_with(app: Flask, proof: Proof | None) -> AbstractContextManager[object]:
    """The request of a form that brings a proof of work; none without one."""
    if proof is None:
        return nullcontext()
    return app.test_request_context("/", method="POST", data={"challenge": proof.challenge, "solution": proof.solution})


@pytest.mark.only_on("sqlite")
def test_136_one_network_that_sprays_ten_thousand_accounts_is_asked_to_work_and_seen(
    app: Flask, make_account: MakeAccount, checks: list[str], clock: Clock
) -> None:
    ana, bo = make_account(), make_account()
    outcomes: Counter[str] = Counter()
    for number in range(10_000):
        outcomes[attempt(STRANGER.format(number), f"guess {number % 7}", ATTACKER)] += 1
        if number % 100 == 0:
            clock.advance(1)
    assert len(checks) == 20 == outcomes["wrong"]
    assert outcomes["proof_owed"] == 9_980
    (alarm,) = search(kind="limit.network_alarm")
    assert alarm.facts["limit"] == "password"

    assert attempt(ana.email, ana.password, HOME) == "in", "elsewhere nothing changed"
    known = accounts.introduce(ana.id, "")
    assert attempt(ana.email, ana.password, ATTACKER, browser=known) == "in", "nor in browsers that are known"
    with pytest.raises(ProofOwed) as owed:
        accounts.check_password(bo.email, bo.password, network=ATTACKER)
    with form_with(app, solved(owed.value.challenge)):
        assert attempt(bo.email, bo.password, ATTACKER) == "in", "and nobody is shut out"


@pytest.mark.only_on("sqlite")
def test_136_one_password_sprayed_from_a_thousand_networks_is_noticed(app: Flask, checks: list[str]) -> None:
    for number in range(1_000):
        attempt(STRANGER.format(number), "Summer2026!", f"10.{number // 256}.{number % 256}.0/24")

    assert len(checks) == 10
    assert [entry.facts["limit"] for entry in search(kind="limit.spray_noticed")] == ["password_spray"]
    assert attempt(STRANGER.format("x"), "another", HOME) == "wrong"


@pytest.mark.only_on("sqlite")
def test_136_ten_thousand_guesses_at_one_account_from_a_thousand_networks_leave_its_owner_alone(
    app: Flask, make_account: MakeAccount, checks: list[str], clock: Clock, letters: Callable[[], list[Letter]]
) -> None:
    """Even those who wait out every challenge get some forty tries in three hours. Only strangers notice the ladder."""
    ana = make_account()
    known = accounts.introduce(ana.id, "")
    waiting: list[Proof] = []
    for number in range(10_000):
        network = f"10.{number % 1000 // 256}.{number % 256}.0/24"
        proof = waiting.pop() if waiting and number % 40 == 0 else None
        try:
            with form_with(app, proof):
                accounts.check_password(ana.email, f"guess {number}", network=network)
        except ProofOwed as owed:
            waiting = waiting or [Proof(owed.challenge)]
        except Throttled:
            waiting.clear()
        clock.advance(1)
    assert 20 < len(checks) < 45
    assert {letter.to for letter in letters()} == {ana.email}
    assert len(letters()) == 2, "told at ten and at thirty"

    assert attempt(ana.email, ana.password, HOME, browser=known) == "in"
    assert attempt(ana.email, ana.password, HOME) == "too_many", "the right password waits like any other"
    clock.advance(3600)
    assert attempt(ana.email, ana.password, HOME) == "in"


@pytest.mark.only_on("sqlite")
def test_136_three_hundred_right_sign_ins_a_minute_from_one_address_are_never_refused(
    app: Flask, make_account: MakeAccount, checks: list[str], clock: Clock
) -> None:
    people = [make_account() for _ in range(5)]
    with recorded(db.engine) as statements:
        for second in range(60):
            for person in people:
                assert attempt(person.email, person.password, HOME) == "in"
            if second == 30:
                assert all(attempt(person.email, "mistyped", HOME) == "wrong" for person in people)
            clock.advance(1)
    assert len(checks) == 305
    assert statements
    assert limits.use("password", "network", HOME).used == 0


def guess(app: Flask, account: str, proof: Proof | None) -> bool:
    """Whether one of many who come together is let through."""
    with app.app_context():
        try:
            limits.spend("password", account=account, network=HOME, proof=proof)
        except (ProofOwed, Throttled):
            return False
        return True


@pytest.mark.only_on("postgresql")
def test_136_fifty_at_once_get_no_more_tries_than_one_after_the_other(
    app: Flask, settings: Settings, clock: Clock
) -> None:
    assert at_once(guess, settings, clock.now, "ada", None).count(True) == 5
    with pytest.raises(ProofOwed) as owed:
        limits.spend("password", account="ada", network=HOME)
    assert at_once(guess, settings, clock.now, "ada", solved(owed.value.challenge)).count(True) == 1


def test_140_nothing_an_attacker_does_resets_what_was_counted(
    app: Flask, browser: Browser, make_account: MakeAccount, clock: Clock
) -> None:
    """A right sign-in of one's own, new cookies, recovery begun, another network, another language."""
    ana, mallory = make_account(), make_account()
    for number in range(5):
        assert attempt(ana.email, f"wrong {number}", ATTACKER) == "wrong"
        assert attempt(mallory.email, mallory.password, ATTACKER) == "in"
    assert limits.use("password", "network", ATTACKER).used == 1
    browser.get("/recover?lang=es")
    for network in (ATTACKER, HOME):
        assert attempt(ana.email.upper(), "wrong", network) == "proof_owed"
    for challenge in ("", "x"):
        fresh = browser.another()
        fresh.get("/sign-in").submit("sign-in", email=ana.email, password="wrong again")
        assert fresh.page.find(attrs={"name": "challenge"}), challenge


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "X-Client-IP", "CF-Connecting-IP"]
)
def test_137_no_header_of_ones_own_makes_a_new_network(browser: Browser, checks: list[str], header: str) -> None:
    values = ["203.0.113.{}", "a", "203.0.113.{}, 127.0.0.1", "for=203.0.113.{}", "2001:db8::{}", ""]
    for number in range(24):
        headers = {header: values[number % len(values)].format(number)}
        browser.get("/sign-in")
        form = {
            "csrf_token": browser.field("csrf_token")["value"],
            "email": STRANGER.format(number),
            "password": f"wrong {number}",
        }
        browser.post("/sign-in", form, headers=headers)
        assert browser.status == 200
    assert len(checks) == 20
    assert limits.use("password", "network", "127.0.0.0/24").used == 24


@pytest.mark.only_on("sqlite")
@pytest.mark.settings(trusted_proxies="127.0.0.0/8")
def test_137_behind_a_proxy_each_neighbourhood_counts_for_itself(browser: Browser, checks: list[str]) -> None:
    """A whole /64 is one network; what a stranger put before the proxy's own entry changes nothing."""
    for number in range(24):
        browser.get("/sign-in")
        form = {
            "csrf_token": browser.field("csrf_token")["value"],
            "email": STRANGER.format(number),
            "password": f"wrong {number}",
        }
        browser.post("/sign-in", form, headers={"X-Forwarded-For": f"10.9.8.{number}, 2001:db8:1:2::{number:x}"})
    assert len(checks) == 20
    assert limits.use("password", "network", "2001:db8:1:2::/64").used == 24
    assert limits.use("password", "network", "127.0.0.0/24").used == 0


def test_154_second_factors_are_guessed_over_all_sessions_together(
    app: Flask, make_account: MakeAccount, clock: Clock
) -> None:
    """Ten wrong codes in each of fifty sessions, each from another network: ten an hour are looked at, in all."""
    ana = make_account(totp=True)
    outcomes: Counter[str] = Counter()
    for number in range(500):
        try:
            mfa.verify_totp(ana.id, f"{number:06d}", network=f"10.0.{number // 10}.0/24")
        except (WrongTotp, Throttled) as refused:
            outcomes[type(refused).__name__] += 1
    assert outcomes == {"WrongCode": 10, "Throttled": 490}
    assert len(search(kind="mfa.code_refused", limit=500)) == 10
    with pytest.raises(Throttled):
        mfa.verify_totp(ana.id, ana.code(), network=HOME)
    clock.advance(3600)
    mfa.verify_totp(ana.id, ana.code(), network=HOME)


def test_154_who_knows_the_password_does_not_shut_its_owner_out_of_the_second_step(
    browser: Browser, make_account: MakeAccount, clock: Clock
) -> None:
    """Wrong codes from elsewhere, hour after hour: in a browser of hers the owner signs in at the first try."""
    ana = make_account(totp=True)
    home, elsewhere = browser.sign_in(ana), browser.another(address="198.51.100.9")
    clock.advance(3600)
    elsewhere.get("/sign-in").submit("sign-in", email=ana.email, password=ana.password)
    for _ in range(11):
        if elsewhere.data_page == "second-step":
            elsewhere.submit("verify", code="000000")
    assert elsewhere.status == 429
    home.client.delete_cookie("beacon-session")
    assert home.sign_in(ana).get("/account").data_page == "account"


def test_159_a_new_code_brings_no_new_tries(app: Flask) -> None:
    """Five wrong entries end a code, and ten an hour end all of an address, however many were sent."""
    looked_at = 0
    for _letter in range(20):
        codes.issue("sign_up", "attempt")
        for _ in range(6):
            try:
                limits.spend("mailed_code", account="address", network=HOME)
                looked_at += 1
                codes.redeem("sign_up", "attempt", "not it")
            except (WrongCode, CodeExhausted, CodeExpired):
                continue
            except Throttled:
                break
    assert looked_at == 10


@pytest.mark.only_on("sqlite")
def test_237_what_strangers_make_us_keep_is_bounded_and_swept(app: Flask, checks: list[str], clock: Clock) -> None:
    def kept() -> int:
        return sum(
            execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Counted, Member, Run, SpentProof)
        )

    for number in range(2_000):
        attempt(STRANGER.format(number), f"guess {number}", ATTACKER)
    assert execute(select(func.count()).select_from(Member)).scalar_one() == 501 + 20
    clock.advance(8 * 24 * 3600)
    while limits.purge(1_000):
        pass
    assert kept() == 0


@pytest.mark.only_on("sqlite")
def test_141_a_wrong_password_is_answered_alike_for_everybody(browser: Browser, make_account: MakeAccount) -> None:
    """Known, unknown, locked, without a confirmed address, without a password, with a second factor: one answer."""
    ana, locked, unproven, two = make_account(), make_account(), make_account(), make_account(totp=True)
    lifecycle.lock(locked.id)
    with transaction():
        execute(update(EmailAddress).where(EmailAddress.account_id == unproven.id).values(confirmed_at=None))
    accounts.open_account("none@residents.example", None, "en")
    emails = [who.email for who in (ana, locked, unproven, two)] + ["none@residents.example", STRANGER.format("")]
    for tries in range(6):
        answers = set()
        for email in emails:
            one = browser.another().get("/sign-in").submit("sign-in", email=email, password=f"wrong {tries}")
            cookies = tuple(sorted(one.client._cookies))
            answers.add((one.status, one.path, one.text, one.errors, len(one.page.find_all("input")), str(cookies)))
        assert len(answers) == 1, tries


@pytest.mark.only_on("sqlite")
def test_141_and_in_the_same_time(app: Flask, make_account: MakeAccount, clock: Clock) -> None:
    """Interleaved, from networks of their own; medians of CPU time are compared, so a busy machine changes nothing."""
    ana, locked, unproven = make_account(), make_account(), make_account()
    lifecycle.lock(locked.id)
    with transaction():
        execute(update(EmailAddress).where(EmailAddress.account_id == unproven.id).values(confirmed_at=None))
    emails = {"known": ana.email, "unknown": STRANGER.format(1), "locked": locked.email, "unconfirmed": unproven.email}
    taken: dict[str, list[float]] = {kind: [] for kind in emails}
    for number in range(25):
        clock.advance(24 * 3600)
        with transaction():
            execute(update(Password).values(failures=0))
        for kind, email in emails.items():
            began = time.process_time()
            assert attempt(email, f"wrong {number}", f"192.0.{number}.0/24") == "wrong"
            taken[kind].append(time.process_time() - began)
    middle = {kind: median(each) for kind, each in taken.items()}
    assert max(middle.values()) / min(middle.values()) < 1.3, middle
