"""What an app holds is worth what it rests on, whichever way it comes (attacks 039, 044, 045 and 046)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from idp import lifecycle
from idp.accounts import service as accounts
from idp.audit.service import search
from idp.clients import service as clients
from idp.kernel.clock import HOUR
from idp.limits.errors import ProofOwed
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.dpop import Prover
from tests.support.party import Party, agree, granted, refused

HERE = "127.0.0.0/24"
WRONG = "a-password-that-somebody-guesses"


def test_scopes_taken_from_an_app_are_gone_and_without_offline_access_it_stops(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    """Attack 044: what an administrator removes does not live on in old tokens."""
    body = party.tokens(at_home)
    clients.change(party.id, scopes=("openid", "offline_access"))
    clock.advance(2)
    after = granted(party.refresh(body["refresh_token"]))
    assert after["scope"] == "offline_access openid"
    assert party.userinfo(after["access_token"]).get_json().keys() == {"sub"}

    clients.change(party.id, scopes=("openid",))
    clock.advance(2)
    refused(party.refresh(after["refresh_token"]), "invalid_grant")


def test_a_refresh_token_that_stays_ends_like_any_other(
    at_home: Browser, make_client: Callable[..., App], resident: Person, clock: Clock
) -> None:
    """Attack 045, where tokens do not rotate: nothing lives longer because it is bound to a key."""
    registered = make_client(scopes=("openid", "offline_access"), dpop_bound_access_tokens=True)
    party = Party(at_home.app, registered)
    agree(resident, registered)
    prover = Prover(party)
    first, second = (granted(prover.redeem(party.code(at_home))) for _ in range(2))

    assert party.revoke(first["refresh_token"]).status_code == 200
    refused(prover.refresh(first["refresh_token"]), "invalid_grant")
    assert prover.userinfo(first["access_token"]).status_code == 401
    granted(prover.refresh(second["refresh_token"]))
    clients.disable(party.id)
    clock.advance(2)
    refused(prover.refresh(second["refresh_token"]), "invalid_client", 401)
    assert prover.userinfo(second["access_token"]).status_code == 401


def test_a_lock_holds_for_every_grant_and_guessed_passwords_lock_nobody(
    at_home: Browser, party: Party, resident: Person
) -> None:
    """Attack 046. Guessing costs the guesser: it shuts passwords, not the resident who is signed in already.

    A lock by an operator shuts everything at once.
    """
    refresh_token = party.tokens(at_home)["refresh_token"]
    for _ in range(5):
        assert accounts.check_password(resident.email, WRONG, network=HERE) is None
    with pytest.raises(ProofOwed):
        accounts.check_password(resident.email, WRONG, network=HERE)
    refresh_token = granted(party.refresh(refresh_token))["refresh_token"]
    code = party.code(at_home)
    granted(party.redeem(code))

    code = party.code(at_home)
    lifecycle.lock(resident.id)
    refused(party.redeem(code), "invalid_grant")
    refused(party.refresh(refresh_token), "invalid_grant")
    assert "code" not in party.authorize(at_home).answer


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("replayed", [0, 1])
def test_an_old_refresh_token_ends_all_that_came_of_it(
    at_home: Browser, party: Party, clock: Clock, replayed: int
) -> None:
    """Attack 039: the first or the second of three comes back; the third and every access token are dead."""
    bodies = [party.tokens(at_home)]
    for _ in range(2):
        bodies.append(granted(party.refresh(bodies[-1]["refresh_token"])))
        clock.advance(31)
    assert all(party.introspect(body["access_token"])["active"] for body in bodies)

    refused(party.refresh(bodies[replayed]["refresh_token"]), "invalid_grant")
    refused(party.refresh(bodies[-1]["refresh_token"]), "invalid_grant")
    for body in bodies:
        assert party.introspect(body["access_token"]) == {"active": False}
        assert party.userinfo(body["access_token"]).status_code == 401
    (event,) = search(kind="grant.refresh_replayed")
    assert event.client_id == party.id


def test_a_code_does_not_outlive_the_time_of_its_session(at_home: Browser, party: Party, clock: Clock) -> None:
    """Attack 045: what was given in the last moments is dropped with what it rests on."""
    for _ in range(23):
        clock.advance(HOUR // 2)
        at_home.get("/account", follow=False)
    clock.advance(HOUR // 2 - 30)
    early, late = party.code(at_home), party.code(at_home)
    granted(party.redeem(early))

    clock.advance(31)
    assert lifecycle.end_overdue(10) == 1

    refused(party.redeem(late), "invalid_grant")
