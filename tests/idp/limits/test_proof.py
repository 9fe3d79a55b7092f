"""A proof of work: for one try, in its time, once; solved or grown old enough."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from flask import Flask

from idp.limits import proof
from idp.limits.errors import ProofOwed
from idp.limits.ladder import COSTLY_PROOF, PROOF
from idp.limits.proof import Proof, challenge, examine
from idp.limits.service import spend
from tests.support.clock import Clock
from tests.support.proofs import solved


@pytest.fixture
def owing(counted_in: str, app: Flask) -> str:
    """An account whose next try owes a proof; the challenge that it got."""
    for _ in range(5):
        spend("password", account="ada")
    with pytest.raises(ProofOwed) as owed:
        spend("password", account="ada")
    return owed.value.challenge


def opens(given: Proof, account: str = "ada") -> bool:
    """Whether a try with this proof is let through."""
    try:
        spend("password", account=account, proof=given)
    except ProofOwed:
        return False
    return True


def opened(text: str) -> dict[str, Any]:
    """What a challenge says."""
    return json.loads(base64.b64decode(text))


def closed(said: Any) -> str:
    """A challenge that says this."""
    return base64.b64encode(json.dumps(said).encode()).decode()


def test_a_solution_opens_one_try(owing: str) -> None:
    assert not opens(Proof(owing))
    assert not opens(Proof(owing, "00" * 32))
    assert opens(solved(owing))
    assert not opens(solved(owing)), "once"


def test_patience_is_as_good_as_script_and_spent_like_it(owing: str, clock: Clock) -> None:
    clock.advance(29)
    with pytest.raises(ProofOwed) as owed:
        spend("password", account="ada", proof=Proof(owing))
    assert owed.value.challenge == owing, "who is early keeps the time that they waited"
    clock.advance(1)
    assert opens(Proof(owing))
    assert not opens(Proof(owing))


def test_it_is_for_one_account_and_one_limit(owing: str, clock: Clock) -> None:
    for _ in range(5):
        spend("password", account="bob")
    clock.advance(30)
    assert not opens(solved(owing), "bob")
    assert not examine("second_factor", "ada", solved(owing)).level
    assert opens(solved(owing), "ada")


def test_it_ends_after_five_minutes(owing: str, clock: Clock) -> None:
    found = solved(owing)
    clock.advance(300)
    assert not opens(found)


def test_no_part_of_it_can_be_changed(owing: str) -> None:
    found, said = solved(owing), opened(owing)
    for field, value in (("at", 0), ("until", 2**40), ("for", "00" * 32), ("level", 2), ("more", 1)):
        changed = json.loads(json.dumps(said))
        changed["parameters"]["data"][field] = value
        assert not opens(Proof(closed(changed), found.solution)), field
    for field, value in (("cost", 1), ("keyPrefix", ""), ("keySignature", None), ("expiresAt", 1), ("nonce", "00")):
        changed = json.loads(json.dumps(said))
        changed["parameters"][field] = value
        assert not opens(Proof(closed(changed), found.solution)), field


@pytest.mark.parametrize(
    "text", ["x", "{}", closed([]), closed({}), closed({"parameters": []}), closed({"parameters": {}}), "A" * 5000]
)
def test_what_is_no_challenge_opens_nothing(owing: str, text: str) -> None:
    assert not opens(Proof(text, "00"))
    assert not opens(Proof(owing, text))


def test_the_usual_proof_is_not_the_costlier_one(app: Flask) -> None:
    usual, dear = (opened(challenge("password", "ada", level))["parameters"] for level in (PROOF, COSTLY_PROOF))
    assert dear["cost"] == 4 * usual["cost"]
    assert examine("password", "ada", solved(challenge("password", "ada", PROOF))).level == PROOF


TRUE_ROUNDS = proof.ROUNDS


def test_an_old_telephone_is_done_in_three_seconds(app: Flask) -> None:
    """It does about a million iterations of PBKDF2 in a second."""
    assert proof.MOST * TRUE_ROUNDS[COSTLY_PROOF] <= 2_400_000


def test_checking_costs_next_to_nothing(app: Flask) -> None:
    found = solved(challenge("password", "ada", COSTLY_PROOF))
    began = time.perf_counter()
    for _ in range(100):
        examine("password", "ada", found)
    assert time.perf_counter() - began < 0.5
