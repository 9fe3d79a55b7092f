"""What a recovery leaves behind is out of use, and what was used or set up in it is not."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from idp.accounts.models import Phone
from idp.kernel.db import execute, transaction
from mfa import codes, service
from mfa.lost import retire
from mfa.models import RecoveryCodeSet, TotpAuthenticator
from tests.support.texts import give_phone

HERE = "127.0.0.0/24"


def suspended(table, person):
    return [at for (at,) in execute(select(table.suspended_at).where(table.account_id == person.id))]


@pytest.fixture
def began(alice, clock):
    """Alice set up one of each an hour ago; now a recovery begins."""
    give_phone(alice.id)
    alice_codes = codes.make(alice.id)
    return clock.advance(60 * 60), alice_codes


def test_what_was_neither_used_nor_set_up_since_is_suspended_once(alice, bob, began, clock):
    with transaction():
        assert (retire(alice.id, began[0]), retire(alice.id, began[0])) == (3, 0)
    for table in (TotpAuthenticator, Phone, RecoveryCodeSet):
        assert suspended(table, alice) == [clock.now]
    assert suspended(TotpAuthenticator, bob) == [None]


def test_what_was_used_or_set_up_since_stays(alice, began, clock):
    clock.advance(60)
    codes.spend(alice.id, began[1][0], network=HERE)
    service.verify_totp(alice.id, alice.code(), network=HERE)
    with transaction():
        assert retire(alice.id, began[0]) == 1
    assert suspended(Phone, alice) == [clock.now]
    assert suspended(TotpAuthenticator, alice) == suspended(RecoveryCodeSet, alice) == [None]
