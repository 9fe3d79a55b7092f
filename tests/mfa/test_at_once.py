"""Fifty submissions of one code, many at the same moment: exactly one succeeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import pyotp
import pytest

from idp.kernel.errors import DomainError
from mfa import service, totp

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
    assert not service.app_of(alice.id).off


@pytest.mark.settings(limits_exempt=(ip_network(HOME),))
def test_one_recovery_code_is_accepted_once(alice, codes, at_once):
    assert at_once(lambda: service.spend_recovery_code(alice.id, codes[0], network=HOME)) == 1
    assert service.codes_of(alice.id).left == 9


def test_one_app_is_set_up_once(carol, at_once, clock):
    code = pyotp.TOTP(totp.seed_for(carol.id, "occasion")).at(clock.now)
    assert at_once(lambda: service.confirm_totp(carol.id, "occasion", code)) == 1


def test_codes_made_twice_at_once_leave_one_whole_set(alice, app):
    def make(_):
        with app.app_context():
            return service.make_recovery_codes(alice.id)

    with ThreadPoolExecutor(4) as pool:
        sets = list(pool.map(make, range(4)))
    assert service.codes_of(alice.id).left == 10
    working = [made for made in sets if _works(alice, made[0])]
    assert len(working) == 1


def _works(person, code):
    try:
        service.spend_recovery_code(person.id, code, network=HOME)
    except DomainError:
        return False
    return True
