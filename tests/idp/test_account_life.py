"""A whole account's life as a state machine: whatever is added, lost, recovered, frozen or closed, in whatever order.

Its resident has one browser at home and whatever was not lost. A thief reads the resident's mail and has nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis import settings as limits
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from idp import lifecycle
from idp.accounts import new_addresses, trusted
from idp.accounts.models import Notice
from idp.audit.models import EventRow
from idp.kernel.clock import DAY, HOUR
from idp.kernel.db import execute
from idp.kernel.registry import registry
from idp.sessions.assurance import AAL2, AAL2_PHISHING_RESISTANT, reached, satisfies
from idp.sessions.models import SessionRow
from idp.sessions.strength import highest, is_guarded
from idp.signin import cases
from mfa import codes, passkeys, totp
from mfa import service as apps
from mfa.errors import LastWayIn
from tests.factories import PASSWORD, Person
from tests.support import ceremony
from tests.support.authenticator import Authenticator, phone
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.danger import newest_link, state_of
from tests.support.letters import Letter
from tests.support.recovery import mailed, set_up_app

TOLD = {
    *("mfa.authenticator_added", "mfa.authenticator_leaves", "mfa.authenticator_removed", "mfa.recovery_codes_made"),
    *("mfa.recovery_code_used", "mfa.passkey_added", "mfa.passkey_leaves", "mfa.passkey_removed", "password.changed"),
    *("email.added", "email.removed", "account.frozen", "account.closing", "account.kept", "account.released"),
    *("account.disavowed", "recovery.waits", "recovery.stopped", "recovery.finished"),
}
"""What a resident hears of at every address."""


class Life(RuleBasedStateMachine):
    """One resident and one thief. ``password``, ``seeds``, ``keys`` and ``saved`` are what the resident still has."""

    def __init__(
        self, make: Callable[..., Person], home: Browser, clock: Clock, letters: Callable[[], list[Letter]]
    ) -> None:
        super().__init__()
        self.who, self.clock, self.letters = make(totp=True), clock, letters
        self.home, self.thief = home.another(), home.another(address="203.0.113.9")
        self.password = PASSWORD
        self.knows = True
        self.seeds = {apps.apps_of(self.who.id)[0].id: str(self.who.totp_secret)}
        self.keys: dict[str, Authenticator] = {}
        self.saved: list[str] = []
        self.addresses = [self.who.email]
        self.made = 0
        self.clock.advance(2 * HOUR)
        assert self._comes_in() == AAL2

    # What a resident adds and loses

    @precondition(lambda self: self._active and len(apps.apps_of(self.who.id)) < apps.MOST_APPS)
    @rule()
    def adds_an_app(self) -> None:
        self._later()
        occasion = f"occasion {self.made}"
        seed = totp.seed_for(self.who.id, occasion)
        before = {app.id for app in apps.apps_of(self.who.id)}
        apps.confirm_totp(self.who.id, occasion, pyotp.TOTP(seed).at(self.clock()))
        (added,) = {app.id for app in apps.apps_of(self.who.id)} - before
        self.seeds[added] = seed

    @precondition(lambda self: self._active and len(self.keys) < 3)
    @rule()
    def adds_a_passkey(self) -> None:
        self._later()
        device = phone()
        self.keys[ceremony.given(self.who.id, device)] = device

    @precondition(lambda self: self._active)
    @rule()
    def saves_codes(self) -> None:
        self._later()
        self.saved = list(codes.make(self.who.id))

    @precondition(lambda self: self._active and len(self.addresses) < 3)
    @rule()
    def adds_an_address(self) -> None:
        self._later()
        self.addresses.append(f"{self.made}.{self.who.email}")
        new_addresses.add(self.who.id, self.addresses[-1])

    @rule()
    def loses_every_device(self) -> None:
        self.seeds.clear()
        self.keys.clear()

    @rule()
    def loses_the_paper(self) -> None:
        self.saved.clear()

    @rule()
    def forgets_the_password(self) -> None:
        self.knows = False

    @precondition(lambda self: self._active and self.seeds)
    @rule()
    def removes_an_app(self) -> None:
        self._later()
        name = next(iter(self.seeds))
        try:
            apps.remove(self.who.id, name, leaves_at=None)
        except LastWayIn:
            assert satisfies(highest(self.who.id), AAL2), "what is refused would have been too much"
        else:
            del self.seeds[name]

    # In and out

    @precondition(lambda self: self._active)
    @rule()
    def signs_in(self) -> None:
        self._later()
        assert self._comes_in() == self._expected()

    @precondition(lambda self: self._active)
    @rule()
    def freezes_and_comes_back(self) -> None:
        self._later()
        lifecycle.freeze(self.who.id)
        assert self._comes_in() is None, "a frozen account opens nothing"
        if self._expected():
            assert self.home.data_page == "held"
            self.home.submit("unfreeze")
            assert self._level() == self._expected()
        else:
            lifecycle.release(self.who.id)

    @precondition(lambda self: self._active)
    @rule()
    def closes_and_stays_after_all(self) -> None:
        self._later()
        lifecycle.close(self.who.id)
        assert self._comes_in() is None
        self.clock.advance(DAY)
        lifecycle.remind(10)
        self.home.another().get(newest_link()).submit("stop")

    @precondition(lambda self: self._active)
    @rule()
    def disowns_what_came_last(self) -> None:
        self._later()
        new_addresses.add(self.who.id, thief := f"thief.{self.made}.{self.who.email}")
        self.home.another().get(newest_link()).submit("secure")
        assert self._level() is None
        assert not (found := trusted.holder(thief)) or not found.trusted
        self._later()

    # The way back

    @precondition(lambda self: self._active)
    @rule()
    def recovers(self) -> None:
        """By the first row of the table that what is left allows, and else by waiting."""
        self._later(8 * DAY)
        browser = self.home.another()
        browser.get("/recover").submit("send-code", email=self.who.email)
        browser.submit("continue", code=mailed(self.letters, self.who).code)
        if self.knows and self.seeds:
            browser.click("way-totp").submit("verify", code=self._code())
        elif self.knows:
            browser.click("way-password").submit("continue", password=self.password)
        elif self.seeds:
            browser.click("way-totp").submit("verify", code=self._code())
        elif self.saved:
            browser.click("way-recovery-code").submit("verify", code=self.saved.pop())
        else:
            browser = self._waits(browser)
        self._sets_anew(browser)
        assert browser.data_page == "recovered"
        assert self._level() is None, "a recovery signs nobody in, and everybody out"
        self._later()
        assert self._comes_in() == self._expected() is not None

    def _waits(self, browser: Browser) -> Browser:
        browser.click("none").submit("start")
        while not (case := cases.standing(self.who.id)) or not case.ready:
            self.clock.advance(DAY // 2)
            cases.sweep(10)
        again = self.home.another()
        again.get("/recover").submit("send-code", email=self.who.email)
        return again.submit("continue", code=mailed(self.letters, self.who).code)

    def _sets_anew(self, browser: Browser) -> None:
        if browser.data_page == "recover-password":
            self.password = f"Marked-Plover-{self.made}-lantern"
            self.knows = True
            browser.submit("continue", password=self.password)
        if browser.data_page == "second-way":
            seed = set_up_app(browser)
            usable = [app.id for app in apps.apps_of(self.who.id) if app.works]
            self.seeds = {name: mine for name, mine in self.seeds.items() if name in usable}
            self.seeds |= {name: seed for name in usable if name not in self.seeds}
            self.keys.clear()

    # The thief

    @precondition(lambda self: self._active)
    @rule()
    def thief_tries_with_mail_alone(self) -> None:
        self._later()
        thief = self.thief
        thief.get("/recover").submit("send-code", email=self.who.email)
        thief.submit("continue", code=mailed(self.letters, self.who).code)
        assert thief.data_page == "recover-more", "an account with two factors wants more than a mailbox"
        attempt = thief.path.rpartition("/")[2]
        token = thief.get("/recover").field("csrf_token")["value"]
        for page in ("recover/password", "sign-in/second-way", "sign-in/set-up", "sign-in/recovery-codes"):
            thief.get(f"/{page}/{attempt}")
            thief.post(f"/{page}/{attempt}", {"csrf_token": token, "password": "Marked-Thief-99-lantern"})
        thief.get(f"/recover/more/{attempt}").click("none").submit("start")
        self.clock.advance(DAY // 2)
        self.home.another().get(newest_link()).submit("stop")
        for _ in range(4):
            self.clock.advance(DAY)
            cases.sweep(10)
        assert not cases.standing(self.who.id), "what was stopped stays stopped"

    # What always holds

    @invariant()
    def no_session_is_worth_more_than_was_proven(self) -> None:
        for methods, acr in execute(select(SessionRow.methods, SessionRow.acr)):
            assert acr == reached(registry().methods[name] for name in methods)[0]

    @invariant()
    def mail_alone_opens_nothing(self) -> None:
        assert is_guarded(self.who.id)
        assert self.thief.get("/account").data_page == "sign-in"

    @invariant()
    def a_live_account_has_a_way_back(self) -> None:
        found = trusted.holder(self.who.email)
        assert state_of(self.who.id) == "active"
        assert self._expected() or (found and found.usable)

    @invariant()
    def every_change_was_told(self) -> None:
        changes = execute(
            select(EventRow.kind, EventRow.at).where(EventRow.account_id == self.who.id, EventRow.kind.in_(TOLD))
        ).all()
        moments = set(execute(select(Notice.created_at).where(Notice.account_id == self.who.id)).scalars())
        first = self.who.totp_secret and min(at for kind, at in changes if kind == "mfa.authenticator_added")
        assert [change for change in changes if change.at not in moments and change.at != first] == []

    # How

    @property
    def _active(self) -> bool:
        return state_of(self.who.id) == "active"

    def _later(self, seconds: int = 5 * HOUR) -> None:
        """Far enough on that no limit of an hour speaks and each code is new."""
        self.made += 1
        self.clock.advance(seconds + 30)

    def _code(self) -> str:
        return pyotp.TOTP(next(iter(self.seeds.values()))).at(self.clock())

    def _expected(self) -> str | None:
        """The level that the resident reaches with what is left."""
        works = {app.id for app in apps.apps_of(self.who.id) if app.works}
        usable = {one.id for one in passkeys.usable_of(self.who.id)}
        self.seeds = {name: seed for name, seed in self.seeds.items() if name in works}
        self.keys = {name: key for name, key in self.keys.items() if name in usable}
        if self.keys:
            return AAL2_PHISHING_RESISTANT
        return AAL2 if self.knows and self.seeds else None

    def _comes_in(self) -> str | None:
        """Sign in as far as what is left goes. The level reached."""
        lifecycle.sign_out(self.who.id)
        self._expected()
        self.home.get("/sign-in")
        if self.keys:
            ceremony.show(self.home, next(iter(self.keys.values())))
        elif self.knows and self.seeds:
            self.home.submit("sign-in", email=self.who.email, password=self.password)
            if self.home.data_page != "second-step":
                self.home.click("other-ways").click("way-totp")
            self.home.submit("verify", code=self._code())
        elif self.knows:
            self.home.submit("sign-in", email=self.who.email, password=self.password)
        return self._level()

    def _level(self) -> str | None:
        """The level of the one session that stands, as an app would hear it."""
        mine = (SessionRow.account_id == self.who.id, SessionRow.ended_at.is_(None))
        return execute(select(SessionRow.acr).where(*mine, SessionRow.expires_at > self.clock())).scalar_one_or_none()


@pytest.mark.only_on("sqlite")  # single use and races are tested on the other one
def test_no_life_leads_to_a_takeover_or_a_dead_end(
    app: Flask,
    make_account: Callable[..., Person],
    browser: Browser,
    clock: Clock,
    letters: Callable[[], list[Letter]],
) -> None:
    shape = limits(
        max_examples=10,
        stateful_step_count=12,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Life(make_account, browser, clock, letters), settings=shape)
    assert execute(select(func.count()).select_from(Notice)).scalar_one() > 0
