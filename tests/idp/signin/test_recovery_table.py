"""What may be set anew after which proofs: the whole table, over every set of proofs there is."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from idp.signin.recovery import PROOFS, leads_on, may_reset, owed

PASSWORD, SECOND, BOTH, NOTHING = {"password"}, {"second_factor"}, {"password", "second_factor"}, set()

ROWS = [
    ({"email"}, NOTHING),
    ({"saved_code"}, NOTHING),
    ({"password"}, NOTHING),
    ({"authenticator"}, NOTHING),
    ({"wait"}, NOTHING),
    ({"email", "authenticator"}, PASSWORD),
    ({"saved_code", "authenticator"}, PASSWORD),
    ({"email", "password"}, SECOND),
    ({"saved_code", "password"}, SECOND),
    ({"email", "saved_code"}, BOTH),
    ({"email", "wait"}, BOTH),
    ({"password", "authenticator"}, NOTHING),
    ({"password", "wait"}, NOTHING),
    ({"authenticator", "wait"}, NOTHING),
    ({"saved_code", "wait"}, NOTHING),
]
"""Every proof alone and every pair, as ``assurance.md`` 1.6 says."""

EVERY_SET = [frozenset(some) for some in chain.from_iterable(combinations(PROOFS, n) for n in range(len(PROOFS) + 1))]


@pytest.mark.parametrize(("shown", "may"), ROWS)
def test_each_proof_and_each_pair_allows_what_the_table_says_and_no_more(shown, may):
    assert may_reset(shown) == may


@pytest.mark.parametrize("shown", EVERY_SET)
def test_more_proofs_allow_what_their_pairs_allow(shown):
    pairs = [may for some, may in ROWS if some <= shown]
    assert may_reset(shown) == set().union(*pairs)


@pytest.mark.parametrize("shown", EVERY_SET)
def test_nothing_turns_into_its_own_kind(shown):
    assert ("password" in may_reset(shown)) == ("password" in may_reset(shown - {"password"}))
    assert ("second_factor" in may_reset(shown)) == ("second_factor" in may_reset(shown - {"authenticator"}))


@pytest.mark.parametrize("shown", EVERY_SET)
def test_the_wait_counts_only_with_the_mailbox_and_one_proof_never_does(shown):
    if "email" not in shown:
        assert may_reset(shown) == may_reset(shown - {"wait"})
    if len(shown) < 2:
        assert not may_reset(shown)


@pytest.mark.parametrize("shown", EVERY_SET)
def test_an_account_that_never_had_a_second_factor_is_as_safe_as_its_mailbox(shown):
    extra = {"password"} if "email" in shown else set()
    assert may_reset(shown, guarded=False) == may_reset(shown) | extra


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("shown", EVERY_SET)
def test_what_comes_next_is_allowed_and_what_is_offered_leads_on(shown, guarded):
    may = may_reset(shown, guarded=guarded)
    for done in (set(), {"password"}, {"second_factor"}, BOTH):
        step = owed(shown, done, guarded=guarded)
        assert (step == "more") == (not may)
        assert step in {"more", "nothing"} or (step in may and step not in done)
    for proof in PROOFS:
        more = may_reset(shown | {proof}, guarded=guarded)
        assert leads_on(shown, proof, guarded=guarded) == (proof not in shown and more > may)


def test_who_shows_it_needs_no_new_one():
    assert owed({"email", "saved_code", "authenticator"}, set()) == "password"
    assert owed({"email", "saved_code", "authenticator"}, {"password"}) == "nothing"
    assert owed({"email", "saved_code", "password"}, set()) == "second_factor"
