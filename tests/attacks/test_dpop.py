"""A proof works once, for one request and one token; a bound token is of no use to a thief (attacks 034, 114 to 117).

The bent proofs of attacks 115 and 116 are in ``tests/protocol/test_dpop.py``, at both endpoints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from idp.app import create_app
from idp.kernel.db import db
from idp.kernel.settings import Settings
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.dpop import OTHER_EC, Prover
from tests.support.party import Party, agree, granted, refused, signed_in, visitor
from tests.support.requests import pushing


@pytest.fixture
def prover(party: Party) -> Prover:
    return Prover(party)


@pytest.fixture
def bound(at_home: Browser, party: Party, prover: Prover) -> dict[str, Any]:
    """Tokens bound to the prover's key."""
    return granted(prover.redeem(party.code(at_home)))


def rejected(answer: Any, error: str) -> None:
    assert answer.status_code == 401, answer.get_data(as_text=True)
    assert f'error="{error}"' in answer.headers["WWW-Authenticate"]


def test_a_proof_works_once_wherever_it_comes_again(
    at_home: Browser, party: Party, prover: Prover, bound: dict[str, Any], settings: Settings
) -> None:
    """Attack 114: at the same endpoint, at another, from another app, after a restart."""
    proof = prover.proof("/token")
    granted(prover.refresh(bound["refresh_token"], proof))
    refused(prover.refresh(bound["refresh_token"], proof), "invalid_dpop_proof")
    rejected(prover.userinfo(bound["access_token"], proof), "invalid_dpop_proof")
    pushed = prover.proof("/par")
    assert pushing(party, prover.headers(proof=pushed)).status_code == 201
    refused(pushing(party, prover.headers(proof=pushed)), "invalid_dpop_proof")
    refused(prover.redeem(party.code(at_home), pushed), "invalid_dpop_proof")

    restarted = create_app(settings)
    refused(Prover(Party(restarted, party.registered)).refresh(bound["refresh_token"], proof), "invalid_dpop_proof")
    with restarted.app_context():
        db.engine.dispose()
    looked = prover.proof("/userinfo", "GET", bound["access_token"])
    assert prover.userinfo(bound["access_token"], looked).status_code == 200
    rejected(prover.userinfo(bound["access_token"], looked), "invalid_dpop_proof")


def test_a_proof_is_not_spent_by_somebody_elses_of_the_same_number(party: Party, bound: dict[str, Any]) -> None:
    """Attack 114: a ``jti`` belongs to its key, so nobody can use up another's."""
    mine, theirs = Prover(party), Prover(party, OTHER_EC)
    refused(theirs.refresh("a.b", theirs.proof("/token", jti="1")), "invalid_grant")

    granted(mine.refresh(bound["refresh_token"], mine.proof("/token", jti="1")))


def post(app: Flask, headers: dict[str, str], form: dict[str, str]) -> str:
    body = visitor(app).post("/token", headers=headers, data=form).get_json()
    return str(body.get("error", body.get("token_type")))


def look(app: Flask, headers: dict[str, str]) -> int:
    return visitor(app).get("/userinfo", headers=headers).status_code


@pytest.mark.only_on("postgresql")
@pytest.mark.settings(limits_exempt="127.0.0.0/8")
def test_fifty_at_once_use_one_proof_once(
    prover: Prover, bound: dict[str, Any], settings: Settings, clock: Clock
) -> None:
    """Attack 114, at both endpoints."""
    form = {"grant_type": "refresh_token", "refresh_token": bound["refresh_token"]}
    answers = Counter(at_once(post, settings, clock.now, prover.headers("/token"), form))
    assert answers == {"DPoP": 1, "invalid_dpop_proof": CROWD - 1}

    proof = prover.proof("/userinfo", "GET", bound["access_token"])
    headers = {"Authorization": f"DPoP {bound['access_token']}", "DPoP": proof}
    assert Counter(at_once(look, settings, clock.now, headers)) == {200: 1, 401: CROWD - 1}


@pytest.mark.only_on("postgresql")
@pytest.mark.settings(limits_exempt="127.0.0.0/8")
def test_fifty_at_once_refresh_a_token_that_stays(
    at_home: Browser, make_client: Callable[..., App], resident: Person, settings: Settings, clock: Clock
) -> None:
    """Attack 040, where a token does not rotate: each has a proof of its own, and none is taken for a replay."""
    registered = make_client(scopes=("openid", "offline_access"), dpop_bound_access_tokens=True)
    party = Party(at_home.app, registered)
    agree(resident, registered)
    prover = Prover(party)
    kept = granted(prover.redeem(party.code(at_home)))["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": kept}
    answers = at_once(_refresh_with_own_proof, settings, clock.now, registered, form)

    assert set(answers) == {kept}
    assert granted(prover.refresh(kept))["refresh_token"] == kept


def _refresh_with_own_proof(app: Flask, registered: App, form: dict[str, str]) -> str:
    answer = visitor(app).post("/token", headers=Prover(Party(app, registered)).headers(), data=form)
    return str(answer.get_json().get("refresh_token"))


def test_forwarded_headers_make_no_other_address_ours(party: Party, prover: Prover) -> None:
    """Attack 115: the address of a proof is compared with the settings, not with what a request says of itself."""
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    proof = prover.proof("/token", htu="https://evil.example/token")
    fields = {"grant_type": "refresh_token", "refresh_token": "a.b"}

    answer = visitor(party.app).post("/token", headers=prover.headers(proof=proof) | forged, data=fields)
    refused(answer, "invalid_dpop_proof")
    answer = visitor(party.app).post(
        "/token", headers=prover.headers(proof=proof) | {"Host": "evil.example"}, data=fields
    )
    refused(answer, "invalid_dpop_proof")


def test_a_bound_token_is_of_no_use_without_its_key(party: Party, prover: Prover, bound: dict[str, Any]) -> None:
    """Attacks 034 and 117: as bearer, in the form, with another key, without ``ath``, with that of another token."""
    token, thief = bound["access_token"], Prover(party, OTHER_EC)
    rejected(party.userinfo(token), "invalid_token")
    rejected(visitor(party.app).post("/userinfo", data={"access_token": token}), "invalid_token")
    rejected(prover.userinfo(token, scheme="Bearer"), "invalid_token")
    rejected(visitor(party.app).get("/userinfo", headers={"Authorization": f"DPoP {token}"}), "invalid_dpop_proof")
    rejected(thief.userinfo(token), "invalid_token")
    rejected(prover.userinfo(token, prover.proof("/userinfo", "GET")), "invalid_dpop_proof")
    rejected(prover.userinfo(token, prover.proof("/userinfo", "GET", "another")), "invalid_dpop_proof")
    both = {"Authorization": f"Bearer {token}, DPoP {token}", "DPoP": prover.proof("/userinfo", "GET", token)}
    rejected(visitor(party.app).get("/userinfo", headers=both), "invalid_token")

    assert prover.userinfo(token).status_code == 200


def test_a_malicious_token_endpoint_gains_nothing_from_what_it_saw(
    browser: Browser, make_client: Callable[..., App], resident: Person, party: Party, bound: dict[str, Any]
) -> None:
    """Attack 034, the cuckoo's token: an honest app that is handed a stolen bound token cannot use it."""
    evil = Party(browser.app, make_client(name="Evil", redirect_uris=("https://evil.example/cb",)))
    agree(resident, evil.registered)
    honest = Prover(evil, OTHER_EC)
    granted(honest.redeem(evil.code(signed_in(browser, resident))))

    rejected(honest.userinfo(bound["access_token"]), "invalid_token")
    assert evil.introspect(bound["access_token"]) == {"active": False}


def test_a_stolen_refresh_token_or_code_needs_the_key_it_is_bound_to(
    at_home: Browser, make_client: Callable[..., App], resident: Person
) -> None:
    """Attack 117, for public clients, which have nothing else to show."""
    party = Party(at_home.app, make_client(auth_method="none", scopes=("openid", "offline_access")))
    agree(resident, party.registered)
    owner, thief = Prover(party), Prover(party, OTHER_EC)
    for one in (owner, thief):
        refused(one.refresh("a.b"), "use_dpop_nonce")
    code = party.code(at_home, dpop_jkt=owner.thumbprint)
    refused(thief.redeem(code), "invalid_grant")

    held = granted(owner.redeem(party.code(at_home, dpop_jkt=owner.thumbprint)))["refresh_token"]
    refused(thief.refresh(held), "invalid_grant")
    refused(party.refresh(held), "invalid_grant")
    granted(owner.refresh(held))
