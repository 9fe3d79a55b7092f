"""Growing waits, crowds and proofs of work, in both places where counters can be."""

from __future__ import annotations

from collections import Counter as Count
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask

from idp.audit.service import search
from idp.limits.errors import ProofOwed, Throttled
from idp.limits.service import fail, forgive, spend, use
from tests.support.clock import Clock
from tests.support.proofs import solved

pytestmark = pytest.mark.usefixtures("counted_in")
HOME, AWAY = "203.0.113.0/24", "198.51.100.0/24"


def met(**keys: str) -> str | int:
    """What one try with the right proof, where one is owed, met: nothing, a proof, or so many seconds of waiting."""
    try:
        spend("password", **keys)
    except ProofOwed as owed:
        spend("password", **keys, proof=solved(owed.challenge))
        return "proof"
    except Throttled as stopped:
        return stopped.wait
    return "free"


def climbed(clock: Clock, tries: int, **keys: str) -> list[str | int]:
    """What so many wrong tries met, each made at the first moment at which it could be."""
    story: list[str | int] = []
    for _ in range(tries):
        found = met(**keys)
        if isinstance(found, int):
            clock.advance(found)
            assert met(**keys) == "free"
        story.append(found)
    return story


def test_the_account_climbs_as_the_table_says(app: Flask, clock: Clock) -> None:
    story = climbed(clock, 40, account="ada")

    assert story == ["free"] * 5 + ["proof"] * 5 + [30] * 10 + [300] * 10 + [3600] * 10


def test_a_known_browser_climbs_by_itself_and_more_slowly(app: Flask, clock: Clock) -> None:
    climbed(clock, 35, account="ada")
    story = climbed(clock, 55, account="ada", known="laptop")

    assert story == ["free"] * 10 + ["proof"] * 10 + [30] * 10 + [300] * 20 + [3600] * 5
    assert met(account="ada", known="telephone") == "free"


def test_a_success_clears_its_own_lane_and_no_other(app: Flask, clock: Clock) -> None:
    climbed(clock, 12, account="ada")
    assert met(account="ada", known="laptop") == "free"

    forgive("password", account="ada", known="laptop")
    assert isinstance(met(account="ada"), int)
    forgive("password", account="ada")
    assert met(account="ada") == "free"


def test_a_try_that_is_stopped_does_not_count(app: Flask, clock: Clock) -> None:
    climbed(clock, 12, account="ada")
    for _ in range(20):
        assert isinstance(met(account="ada"), int)

    assert use("password", "account", "ada").used == 12


def test_a_row_is_forgotten_after_a_quiet_day(app: Flask, clock: Clock) -> None:
    climbed(clock, 12, account="ada")
    clock.advance(86_400)

    assert met(account="ada") == "free"
    assert use("password", "account", "ada").used == 1


def test_a_network_owes_proofs_when_many_accounts_fail_there_and_is_never_refused(app: Flask, clock: Clock) -> None:
    story = [met(account=f"resident {n}", network=HOME) for n in range(130)]

    assert story == ["free"] * 20 + ["proof"] * 110
    assert met(account="resident 500", network=AWAY) == "free"
    assert met(account="resident 501", network=HOME, known="laptop") == "free"
    clock.advance(600)
    assert met(account="resident 500", network=HOME) == "free"


def test_one_who_fails_again_and_again_is_one(app: Flask, clock: Clock) -> None:
    climbed(clock, 12, account="ada", network=HOME)

    assert use("password", "network", HOME).used == 1


def test_who_is_right_in_the_end_did_not_fail(app: Flask) -> None:
    for number in range(300):
        assert met(account=f"resident {number}", network=HOME) == "free"
        forgive("password", account=f"resident {number}", network=HOME)

    assert use("password", "network", HOME).used == 0


def test_a_crowd_is_told_to_staff_once_in_its_window(app: Flask, clock: Clock) -> None:
    for number in range(520):
        try:
            spend("password", account=f"resident {number}", network=HOME)
        except ProofOwed:
            continue
    (alarm,) = search(kind="limit.network_alarm")
    assert alarm.facts == {"limit": "password", "accounts": 501}
    assert use("password", "network", HOME).used == 501, "more are not counted"


def test_one_wrong_secret_at_many_accounts_is_noticed_wherever_it_comes_from(app: Flask, clock: Clock) -> None:
    for number in range(10):
        where = {"account": f"resident {number}", "network": f"10.0.{number}.0/24", "tried": "Summer2026!"}
        assert met(**where) == "free"
        fail("password", account=where["account"], tried=where["tried"])

    (noticed,) = search(kind="limit.spray_noticed")
    assert noticed.facts == {"limit": "password_spray", "accounts": 10}
    everybody = {"account": "ada", "network": AWAY, "tried": "Summer2026!"}
    assert met(**everybody) == "proof"
    assert met(**everybody | {"known": "laptop"}) == "proof"
    assert met(**everybody | {"tried": "another"}) == "free"
    clock.advance(600)
    assert met(**everybody) == "free"


@pytest.mark.parametrize("name", ["second_factor", "recovery_code", "mailed_code"])
def test_codes_are_few_for_an_account_and_a_network_of_failing_ones_owes_proofs(app: Flask, name: str) -> None:
    for number in range(20):
        spend(name, account=f"resident {number}", network=HOME)
    with pytest.raises(ProofOwed) as owed:
        spend(name, account="ada", network=HOME)
    spend(name, account="ada", network=HOME, proof=solved(owed.value.challenge))

    for number in range({"recovery_code": 5}.get(name, 10)):
        spend(name, account="bob", network=f"198.51.{number}.0/24")
    with pytest.raises(Throttled) as stopped:
        spend(name, account="bob", network=AWAY)
    assert stopped.value.wait == 3600


def test_those_who_come_together_get_no_more_than_one_after_the_other(app: Flask, clock: Clock) -> None:
    barrier = Barrier(12)

    def one(_number: int) -> str:
        with app.app_context():
            barrier.wait()
            try:
                spend("password", account="ada", network=HOME)
            except (ProofOwed, Throttled) as stopped:
                return stopped.code
            return "free"

    with ThreadPoolExecutor(12) as pool:
        assert Count(pool.map(one, range(12))) == {"free": 5, "proof_owed": 7}
