"""Fifty submissions of one code, many at the same moment: exactly one succeeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import pyotp
import pytest

from idp.kernel.errors import DomainError
from mfa import codes as recovery_codes
from mfa import service, totp
from mfa.errors import WrongRecoveryCode

FIFTY = 50
AT_ONCE = 8
"""Threads at work, as in the server; each may hold two connections, and a pool has fifteen."""

HOME = "192.0.2.0/24"


@pytest.fixture
def at_once(app):
    """``at_once(verb)`` calls ``verb`` fifty times from several threads; returns how many calls were not refused."""

    def run(verb):
        def one(_):
            with app.app_context():
                try:
                    verb()
                except DomainError:
                    return False
                return True

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(one, range(FIFTY)))

    return run


@pytest.mark.settings(limits_exempt=(ip_network(HOME),))
def test_one_code_of_an_app_is_accepted_once(alice, at_once):
    code = alice.code()
    assert at_once(lambda: service.verify_totp(alice.id, code, network=HOME)) == 1
    assert not service.apps_of(alice.id)[0].off


@pytest.mark.settings(limits_exempt=(ip_network(HOME),))
def test_one_recovery_code_is_accepted_once(alice, codes, at_once):
    assert at_once(lambda: recovery_codes.spend(alice.id, codes[0], network=HOME)) == 1
    assert recovery_codes.codes_of(alice.id).left == 9


def test_one_app_is_set_up_once(carol, at_once, clock):
    code = pyotp.TOTP(totp.seed_for(carol.id, "occasion")).at(clock.now)
    assert at_once(lambda: service.confirm_totp(carol.id, "occasion", code, first=True)) == 1
    assert len(service.apps_of(carol.id)) == 1


def test_of_many_who_know_the_password_one_sets_up_the_first_app(carol, at_once, clock):
    occasions = iter([f"occasion {number}" for number in range(FIFTY)])

    def set_up():
        occasion = next(occasions)
        code = pyotp.TOTP(totp.seed_for(carol.id, occasion)).at(clock.now)
        service.confirm_totp(carol.id, occasion, code, first=True)

    assert at_once(set_up) == 1
    assert len(service.apps_of(carol.id)) == 1


@pytest.mark.settings(limits_exempt=(ip_network(HOME),))
def test_one_code_of_one_of_several_apps_is_accepted_once(alice, at_once, clock):
    seed = totp.seed_for(alice.id, "tablet")
    service.confirm_totp(alice.id, "tablet", pyotp.TOTP(seed).at(clock.now))
    code = pyotp.TOTP(seed).at(clock.advance(30))
    assert at_once(lambda: service.verify_totp(alice.id, code, network=HOME, browser=b"here")) == 1


def test_one_used_code_is_replaced_by_one(alice, codes, app, at_once):
    recovery_codes.spend(alice.id, codes[0], network=HOME)

    def replace():
        if recovery_codes.replace_used(alice.id) is None:
            raise WrongRecoveryCode

    assert at_once(replace) == 1
    assert recovery_codes.codes_of(alice.id).left == 10


def test_of_two_apps_removed_at_once_one_stays(alice, at_once, clock):
    clock.advance(1)
    service.confirm_totp(alice.id, "tablet", pyotp.TOTP(totp.seed_for(alice.id, "tablet")).at(clock.now))
    apps = iter([app.id for app in service.apps_of(alice.id)] * (FIFTY // 2))
    assert at_once(lambda: service.remove(alice.id, next(apps), leaves_at=None)) == 1
    assert len(service.apps_of(alice.id)) == 1


def test_codes_made_twice_at_once_leave_one_whole_set(alice, app):
    def make(_):
        with app.app_context():
            return recovery_codes.make(alice.id)

    with ThreadPoolExecutor(4) as pool:
        sets = list(pool.map(make, range(4)))
    assert recovery_codes.codes_of(alice.id).left == 10
    working = [made for made in sets if _works(alice, made[0])]
    assert len(working) == 1


def _works(person, code):
    try:
        recovery_codes.spend(person.id, code, network=HOME)
    except DomainError:
        return False
    return True
