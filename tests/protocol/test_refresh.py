"""Refresh (RFC 6749 section 6, RFC 9700 section 4.14): one live token, and a replay ends the family.

Tokens rotate, except those of confidential apps that must show a key of their own besides (decision 14).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from consent import service as consent
from idp import lifecycle
from idp.accounts import service as accounts
from idp.audit.service import search
from idp.clients import service as clients
from idp.kernel.clock import DAY, HOUR, YEAR
from idp.tokens import service as tokens
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.dpop import EC, OKP, OTHER_EC, RSA, Prover
from tests.support.party import Party, agree, granted, refused, signed_in, signed_out

ONLINE = "openid profile email"


def test_a_refresh_token_becomes_a_new_set(at_home: Browser, party: Party) -> None:
    first = party.tokens(at_home)
    second = granted(party.refresh(first["refresh_token"]))

    assert second.keys() == first.keys()
    assert second["scope"] == first["scope"]
    assert {second[name] for name in ("access_token", "refresh_token")}.isdisjoint(first.values())
    assert party.userinfo(second["access_token"]).get_json() == party.userinfo(first["access_token"]).get_json()


def test_the_chain_goes_on(at_home: Browser, party: Party, clock: Clock) -> None:
    token = party.tokens(at_home)["refresh_token"]
    seen = {token}

    for _ in range(5):
        clock.advance(DAY)
        token = granted(party.refresh(token))["refresh_token"]
        seen.add(token)
    assert len(seen) == 6


def test_a_concurrent_refresh_gets_the_same_successor_for_thirty_seconds(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    old = party.tokens(at_home)["refresh_token"]
    first = granted(party.refresh(old))
    clock.advance(30)
    again = granted(party.refresh(old))

    assert again["refresh_token"] == first["refresh_token"]
    assert again["access_token"] != first["access_token"]
    granted(party.refresh(first["refresh_token"]))


def test_after_that_the_old_one_is_a_replay_and_ends_the_family(at_home: Browser, party: Party, clock: Clock) -> None:
    old = party.tokens(at_home)["refresh_token"]
    first = granted(party.refresh(old))
    clock.advance(31)

    refused(party.refresh(old), "invalid_grant")
    refused(party.refresh(first["refresh_token"]), "invalid_grant")
    assert party.userinfo(first["access_token"]).status_code == 401
    assert len(search(kind="grant.refresh_replayed")) == 1


def test_the_grace_is_for_the_last_one_only(at_home: Browser, party: Party) -> None:
    first = party.tokens(at_home)["refresh_token"]
    second = granted(party.refresh(first))["refresh_token"]
    third = granted(party.refresh(second))["refresh_token"]

    refused(party.refresh(first), "invalid_grant")
    refused(party.refresh(third), "invalid_grant")


def test_a_made_up_secret_with_a_true_handle_ends_the_family(at_home: Browser, party: Party) -> None:
    token = party.tokens(at_home)["refresh_token"]
    handle = token.partition(".")[0]

    refused(party.refresh(f"{handle}.made-up"), "invalid_grant")
    refused(party.refresh(token), "invalid_grant")


def test_a_replay_ends_one_family_only(at_home: Browser, party: Party, clock: Clock) -> None:
    bystander, victim = party.tokens(at_home), party.tokens(at_home)
    granted(party.refresh(victim["refresh_token"]))
    clock.advance(31)
    refused(party.refresh(victim["refresh_token"]), "invalid_grant")

    granted(party.refresh(bystander["refresh_token"]))


def test_a_scope_may_narrow_and_come_back_but_not_grow(
    at_home: Browser, party: Party, subtests: pytest.Subtests
) -> None:
    body = party.tokens(at_home, scope="openid email offline_access")
    narrow = granted(party.refresh(body["refresh_token"], scope="openid"))
    assert narrow["scope"] == "openid"
    assert party.userinfo(narrow["access_token"]).get_json().keys() == {"sub"}

    again = granted(party.refresh(narrow["refresh_token"], scope="openid email"))
    assert "email" in party.userinfo(again["access_token"]).get_json()
    for wide in ("openid email profile", "openid bogus", "OPENID", "*", "openid,email"):
        with subtests.test(wide):
            refused(party.refresh(again["refresh_token"], scope=wide), "invalid_scope")


def test_a_refused_scope_costs_nothing(at_home: Browser, party: Party, clock: Clock) -> None:
    token = party.tokens(at_home, scope="openid email offline_access")["refresh_token"]
    refused(party.refresh(token, scope="openid phone"), "invalid_scope")
    clock.advance(DAY)

    granted(party.refresh(token))


def test_a_scope_named_twice_is_granted_once(at_home: Browser, party: Party) -> None:
    body = party.tokens(at_home, scope="openid email")

    assert granted(party.refresh(body["refresh_token"], scope="openid  email email"))["scope"] == "openid email"


def test_a_narrowed_refresh_without_openid_has_no_id_token(at_home: Browser, party: Party) -> None:
    body = granted(party.refresh(party.tokens(at_home)["refresh_token"], scope="email"))

    assert "id_token" not in body
    assert party.userinfo(body["access_token"]).get_json().keys() == {"sub"}


def test_a_scope_taken_from_the_app_is_gone_at_the_next_refresh(at_home: Browser, party: Party, clock: Clock) -> None:
    body = party.tokens(at_home)
    clients.change(party.id, scopes=("openid", "profile", "offline_access"))
    clock.advance(2)
    after = granted(party.refresh(body["refresh_token"]))

    assert after["scope"] == "offline_access openid profile"
    assert "email" not in party.userinfo(after["access_token"]).get_json()
    refused(party.refresh(after["refresh_token"], scope="openid email"), "invalid_scope")


def test_a_refresh_token_is_bound_to_its_app_and_survives_strangers(
    at_home: Browser, party: Party, another: Party, make_client: Callable[..., App]
) -> None:
    token = party.tokens(at_home)["refresh_token"]
    public = Party(party.app, make_client(auth_method="none"))

    refused(another.refresh(token), "invalid_grant")
    refused(public.refresh(token), "invalid_grant")
    refused(public.refresh(token, client_id=party.id), "invalid_client")
    refused(party.refresh(token, {}), "invalid_client")
    refused(party.refresh(token, {}, client_id=party.id, client_secret=""), "invalid_client")
    granted(party.refresh(token))


def test_what_is_no_refresh_token_is_refused(party: Party) -> None:
    for text in ("", ".", "a.", ".b", "a.b.c", "x" * 5000, "ünïcode.é"):
        refused(party.refresh(text), "invalid_grant")


def test_a_missing_refresh_token_is_an_invalid_request(party: Party) -> None:
    refused(party.refresh("x", refresh_token=None), "invalid_request")


def test_thirty_days_without_use_end_it(at_home: Browser, party: Party, clock: Clock) -> None:
    used, unused = party.tokens(at_home), party.tokens(at_home)
    clock.advance(30 * DAY - 1)
    after = granted(party.refresh(used["refresh_token"]))
    clock.advance(1)

    refused(party.refresh(unused["refresh_token"]), "invalid_grant")
    granted(party.refresh(after["refresh_token"]))


def test_a_year_ends_it_however_often_it_is_used(at_home: Browser, party: Party, clock: Clock) -> None:
    token = party.tokens(at_home)["refresh_token"]
    began = clock.now
    while clock.now + 29 * DAY < began + YEAR:
        clock.advance(29 * DAY)
        token = granted(party.refresh(token))["refresh_token"]
    clock.now = began + YEAR

    refused(party.refresh(token), "invalid_grant")


def test_the_end_of_the_session_ends_it_unless_it_is_for_offline_use(
    at_home: Browser, party: Party, resident: Person
) -> None:
    online, offline = party.tokens(at_home, scope=ONLINE), party.tokens(at_home)
    signed_out(at_home)

    refused(party.refresh(online["refresh_token"]), "invalid_grant")
    assert party.userinfo(online["access_token"]).status_code == 401
    granted(party.refresh(offline["refresh_token"]))
    assert party.userinfo(offline["access_token"]).status_code == 200


def test_without_offline_access_it_ends_when_the_longest_session_would(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    token = party.tokens(at_home, scope=ONLINE)["refresh_token"]
    clock.advance(12 * HOUR - 1)
    token = granted(party.refresh(token))["refresh_token"]
    clock.advance(1)

    refused(party.refresh(token), "invalid_grant")


def test_the_end_of_another_session_ends_nothing(at_home: Browser, party: Party, resident: Person) -> None:
    online = party.tokens(at_home, scope=ONLINE)
    other = signed_in(at_home.another(), resident)
    theirs = party.tokens(other, scope=ONLINE)
    signed_out(other)

    refused(party.refresh(theirs["refresh_token"]), "invalid_grant")
    granted(party.refresh(online["refresh_token"]))


WITHDRAWALS: dict[str, Callable[[Person, Party], object]] = {
    "locked": lambda resident, _party: lifecycle.lock(resident.id),
    "signed out everywhere": lambda resident, _party: lifecycle.sign_out(resident.id),
    "consent withdrawn": lambda resident, party: consent.withdraw(resident.id, party.id),
    "revoked for the app": lambda _resident, party: tokens.revoke_of_client(party.id),
}


@pytest.mark.parametrize("how", WITHDRAWALS)
def test_withdrawn_authority_ends_every_token_at_once(
    at_home: Browser, party: Party, resident: Person, how: str
) -> None:
    body = party.tokens(at_home)
    WITHDRAWALS[how](resident, party)

    refused(party.refresh(body["refresh_token"]), "invalid_grant")
    assert party.userinfo(body["access_token"]).status_code == 401
    assert party.introspect(body["access_token"]) == {"active": False}
    assert party.introspect(body["refresh_token"]) == {"active": False}


def test_an_app_switched_off_refreshes_nothing_and_reads_nothing(at_home: Browser, party: Party, clock: Clock) -> None:
    body = party.tokens(at_home)
    clients.disable(party.id)
    assert party.userinfo(body["access_token"]).status_code == 401
    clock.advance(2)

    refused(party.refresh(body["refresh_token"]), "invalid_client", 401)


def test_a_locked_resident_gets_nothing_even_when_the_tokens_were_missed(
    at_home: Browser, party: Party, resident: Person, another: Party
) -> None:
    agree(resident, another.registered)
    body = party.tokens(at_home)
    code = another.code(at_home)
    accounts.set_status(resident.id, "locked")

    refused(party.refresh(body["refresh_token"]), "invalid_grant")
    refused(another.redeem(code), "invalid_grant")
    assert party.userinfo(body["access_token"]).status_code == 401


def test_without_offline_access_an_app_refreshes_nothing_that_was_for_offline_use(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    offline, online = party.tokens(at_home), party.tokens(at_home, scope=ONLINE)
    clients.change(party.id, scopes=("openid", "profile", "email"))
    clock.advance(2)

    refused(party.refresh(offline["refresh_token"]), "invalid_grant")
    granted(party.refresh(online["refresh_token"]))


class TestConfidentialAppsThatAreSenderConstrained:
    @pytest.fixture
    def party(self, app: Flask, make_client: Callable[..., App]) -> Party:
        scopes = ("openid", "profile", "email", "offline_access")
        return Party(app, make_client(scopes=scopes, dpop_bound_access_tokens=True))

    @pytest.fixture
    def token(self, at_home: Browser, party: Party) -> str:
        return str(granted(Prover(party).redeem(party.code(at_home)))["refresh_token"])

    def test_keep_their_refresh_token_whichever_key_they_come_with(
        self, party: Party, token: str, clock: Clock
    ) -> None:
        for key, alg in ((EC, "ES256"), (OTHER_EC, "ES256"), (RSA, "PS256"), (OKP, "EdDSA")):
            clock.advance(DAY)
            prover = Prover(party, key, alg)
            body = granted(prover.refresh(token))
            assert (body["refresh_token"], body["token_type"]) == (token, "DPoP")
            assert prover.userinfo(body["access_token"]).status_code == 200
        assert search(kind="grant.refresh_replayed") == []

    def test_need_a_proof_and_their_secret_each_time(self, party: Party, another: Party, token: str) -> None:
        prover = Prover(party)
        refused(party.refresh(token), "invalid_dpop_proof")
        refused(party.refresh(token, {"DPoP": prover.proof("/token")}, client_id=party.id), "invalid_client")
        refused(Prover(another).refresh(token), "invalid_grant")

        granted(prover.refresh(token))

    def test_lose_it_with_time_and_with_authority(
        self, at_home: Browser, party: Party, resident: Person, token: str, clock: Clock
    ) -> None:
        other = granted(Prover(party).redeem(party.code(at_home)))["refresh_token"]
        began = clock.now
        for _ in range(12):
            clock.advance(30 * DAY - 1)
            granted(Prover(party).refresh(token))
        refused(Prover(party).refresh(other), "invalid_grant")
        clock.now = began + YEAR
        refused(Prover(party).refresh(token), "invalid_grant")

    @pytest.mark.parametrize("how", WITHDRAWALS)
    def test_lose_it_at_once_with_what_it_rests_on(self, party: Party, resident: Person, token: str, how: str) -> None:
        WITHDRAWALS[how](resident, party)

        refused(Prover(party).refresh(token), "invalid_grant")

    def test_may_narrow_a_scope_which_comes_back(self, party: Party, token: str) -> None:
        assert granted(Prover(party).refresh(token, scope="openid"))["scope"] == "openid"
        assert "email" in granted(Prover(party).refresh(token))["scope"]
        refused(Prover(party).refresh(token, scope="openid phone"), "invalid_scope")


class TestPublicApps:
    @pytest.fixture
    def party(self, app: Flask, make_client: Callable[..., App]) -> Party:
        return Party(app, make_client(auth_method="none", scopes=("openid", "email", "offline_access")))

    def test_rotate_a_token_that_works_with_its_key_alone(self, at_home: Browser, party: Party, clock: Clock) -> None:
        prover, thief = Prover(party), Prover(party, OTHER_EC)
        for one in (prover, thief):
            one.refresh("a.b")
        first = granted(prover.redeem(party.code(at_home)))["refresh_token"]

        refused(thief.refresh(first), "invalid_grant")
        refused(party.refresh(first), "invalid_grant")
        second = granted(prover.refresh(first))["refresh_token"]
        assert second != first
        refused(thief.refresh(first), "invalid_grant")
        assert granted(prover.refresh(first))["refresh_token"] == second
        clock.advance(31)
        refused(thief.refresh(first), "invalid_grant")
        granted(prover.refresh(second))

    def test_that_must_prove_rotate_as_well(
        self, at_home: Browser, app: Flask, make_client: Callable[..., App], resident: Person
    ) -> None:
        bound = make_client(auth_method="none", scopes=("openid", "offline_access"), dpop_bound_access_tokens=True)
        party = Party(app, bound)
        agree(resident, party.registered)
        prover = Prover(party)
        prover.refresh("a.b")
        first = granted(prover.redeem(party.code(at_home)))["refresh_token"]

        assert granted(prover.refresh(first))["refresh_token"] != first
