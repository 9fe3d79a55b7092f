"""Decisions: appended, never edited; narrowing and withdrawal reach tokens that are out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from consent import policy, service
from consent.errors import AnsweredElsewhere, NothingShared
from consent.models import Decision
from idp.audit.service import search
from idp.kernel.clock import YEAR
from idp.kernel.contracts import Ask, SessionView
from idp.kernel.db import execute
from idp.tokens import codes, refreshing
from idp.tokens import service as tokens
from idp.tokens.errors import GrantRefused
from tests.support.issued import redeemed

SCOPES = ("openid", "email", "phone", "profile", "offline_access")


@pytest.fixture
def ana(make_account):
    return make_account()


@pytest.fixture
def snap(make_client):
    return make_client(name="SNAP", scopes=SCOPES).client


def ask(client, *claims: str, offline: bool = False) -> Ask:
    scopes = frozenset({"openid", "email"} | ({"offline_access"} if offline else set()))
    return Ask(client_id=client.id, scopes=scopes, claims=frozenset(claims))


def history(account_id: str) -> list[tuple[tuple[str, ...], str | None]]:
    rows = execute(
        select(Decision.granted_claims, Decision.ended_why)
        .where(Decision.account_id == account_id)
        .order_by(Decision.decided_at, Decision.ended_at.is_(None))
    )
    return [tuple(row) for row in rows]


def code_for(client, account_id: str, *claims: str) -> str:
    session = SessionView("s", account_id, 0, ("password",), "aal1", ("pwd",))
    return codes.give(
        client,
        session,
        scopes=SCOPES,
        claims=claims,
        redirect_uri=client.redirect_uris[0],
        challenge="x" * 43,
        nonce=None,
    )


def grant_of(client, account_id: str, *claims: str):
    return redeemed(code_for(client, account_id, *claims), client.id)


def test_what_was_given_stands_for_a_year(ana, snap, clock) -> None:
    given = service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["email"])
    assert service.live(ana.id, snap.id) == given
    assert given.granted_claims == {"email"}
    assert given.asked_claims == {"email", "phone_number"}
    assert given.expires_at == clock.now + YEAR
    assert not given.offline


def test_nobody_shares_anything_before_they_were_asked(ana, snap, make_account) -> None:
    assert service.live(ana.id, snap.id) is None
    service.give(ana.id, snap, ask(snap, "email"), ["email"])
    assert service.live(make_account().id, snap.id) is None
    assert service.live(ana.id, "another") is None


def test_ticks_for_what_was_not_asked_count_for_nothing(ana, snap) -> None:
    given = service.give(ana.id, snap, ask(snap, "email"), ["email", "birthdate", "is_admin", "email", ""])
    assert given.granted_claims == given.asked_claims == {"email"}


def test_what_the_app_cannot_do_without_is_granted_without_a_tick(ana, make_client) -> None:
    needy = make_client(scopes=SCOPES, required_claims=("email", "birthdate")).client
    given = service.give(ana.id, needy, ask(needy, "email", "phone_number"), [])
    assert given.granted_claims == {"email"}


def test_the_trail_holds_claim_names(ana, snap) -> None:
    service.give(ana.id, snap, ask(snap, "email", "phone_number", offline=True), ["email"])
    service.decline(ana.id, snap.id, ask(snap, "birthdate"))
    service.change(ana.id, snap, ["phone_number"])
    service.withdraw(ana.id, snap.id)
    told = {entry.kind: entry.facts for entry in search(account=ana.id, client=snap.id)}
    assert told["consent.given"] | {"decision_id": ""} == {
        "decision_id": "",
        "asked": ["email", "phone_number"],
        "granted": ["email"],
        "offline": True,
    }
    assert told["consent.declined"] == {"asked": ["birthdate"]}
    assert told["consent.changed"]["granted"] == ["phone_number"]
    assert "consent.withdrawn" in told


def test_a_new_answer_ends_the_one_before_and_keeps_it_on_record(ana, snap, clock) -> None:
    service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["email", "phone_number"])
    clock.advance(60)
    service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["email"])
    assert history(ana.id) == [(("email", "phone_number"), "superseded"), (("email",), None)]


def test_an_app_that_asks_in_two_steps_keeps_what_the_first_step_got(ana, snap, clock) -> None:
    service.give(ana.id, snap, ask(snap, "email", offline=True), ["email"])
    clock.advance(60)
    given = service.give(ana.id, snap, ask(snap, "phone_number", "birthdate"), ["phone_number"])
    assert given.asked_claims == {"email", "phone_number", "birthdate"}
    assert given.granted_claims == {"email", "phone_number"}
    assert given.offline


def test_nothing_is_kept_of_a_decision_that_is_over(ana, snap, clock) -> None:
    service.give(ana.id, snap, ask(snap, "email", offline=True), ["email"])
    clock.advance(policy.REMEMBERED_FOR)
    given = service.give(ana.id, snap, ask(snap, "phone_number"), [])
    assert (given.asked_claims, given.granted_claims, given.offline) == ({"phone_number"}, frozenset(), False)


def test_two_answers_at_once_leave_one(ana, snap, monkeypatch) -> None:
    service.give(ana.id, snap, ask(snap, "email"), ["email"])
    monkeypatch.setattr(service, "_end", lambda *_: None)
    with pytest.raises(AnsweredElsewhere):
        service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["phone_number"])
    assert history(ana.id) == [(("email",), None)]
    assert len(search(account=ana.id, kind="consent.given")) == 1


def test_unticking_at_the_next_question_reaches_tokens_that_are_out(ana, snap) -> None:
    service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["email", "phone_number"])
    issued = grant_of(snap, ana.id, "email", "phone_number")
    waiting = code_for(snap, ana.id, "email", "phone_number")
    assert set(tokens.bearer(issued.access_token).grant.claims) == {"email", "phone_number"}
    service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["email"])
    assert tokens.bearer(issued.access_token).grant.claims == ("email",)
    with pytest.raises(GrantRefused):
        codes.redeem(waiting, snap.id)


def test_the_same_answer_again_leaves_tokens_alone(ana, snap) -> None:
    service.give(ana.id, snap, ask(snap, "email"), ["email"])
    waiting = code_for(snap, ana.id, "email")
    service.give(ana.id, snap, ask(snap, "email"), ["email"])
    assert codes.redeem(waiting, snap.id).grant.claims == ("email",)


def test_a_change_narrows_tokens_at_once_and_does_not_renew(ana, snap, clock) -> None:
    first = service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["email", "phone_number"])
    issued = grant_of(snap, ana.id, "email", "phone_number")
    clock.advance(60)
    changed = service.change(ana.id, snap, ["phone_number", "birthdate"])
    assert changed.granted_claims == {"phone_number"}
    assert changed.expires_at == first.expires_at
    assert tokens.bearer(issued.access_token).grant.claims == ("phone_number",)
    widened = service.change(ana.id, snap, ["phone_number", "email"])
    assert widened.granted_claims == {"phone_number", "email"}


def test_a_change_cannot_take_away_what_the_app_needs_nor_add_what_was_never_ticked(ana, make_client) -> None:
    needy = make_client(scopes=SCOPES, required_claims=("email",)).client
    service.give(ana.id, needy, ask(needy, "email", "phone_number"), ["phone_number"])
    assert service.change(ana.id, needy, []).granted_claims == {"email"}


def test_a_claim_that_became_needed_later_is_not_granted_by_a_change(ana, snap) -> None:
    service.give(ana.id, snap, ask(snap, "email", "phone_number"), ["email"])
    stricter = replace(snap, required_claims=("phone_number",))
    assert service.change(ana.id, stricter, ["email"]).granted_claims == {"email"}


def test_withdrawal_kills_every_token(ana, snap, make_client, make_account) -> None:
    bo, other = make_account(), make_client(name="MassHealth", scopes=SCOPES).client
    for person, client in ((ana, snap), (ana, other), (bo, snap)):
        service.give(person.id, client, ask(client, "email"), ["email"])
    gone = grant_of(snap, ana.id, "email")
    waiting = code_for(snap, ana.id, "email")
    stay = [grant_of(other, ana.id, "email"), grant_of(snap, bo.id, "email")]
    service.withdraw(ana.id, snap.id)
    assert service.live(ana.id, snap.id) is None
    assert history(ana.id)[0][1] == "withdrawn" or history(ana.id)[1][1] == "withdrawn"
    assert tokens.bearer(gone.access_token) is None
    with pytest.raises(GrantRefused):
        refreshing.refresh(gone.refresh_token, snap.id)
    with pytest.raises(GrantRefused):
        codes.redeem(waiting, snap.id)
    assert all(tokens.bearer(issued.access_token) for issued in stay)
    assert {client for client, _live in service.of_resident(ana.id)} == {other.id}


def test_what_is_not_shared_cannot_be_changed_or_withdrawn(ana, snap) -> None:
    for verb in (
        lambda: service.withdraw(ana.id, snap.id),
        lambda: service.change(ana.id, snap, ["email"]),
        lambda: service.demand(ana.id, snap.id),
    ):
        with pytest.raises(NothingShared):
            verb()
    assert execute(select(func.count()).select_from(Decision)).scalar_one() == 0


def test_the_worker_ends_what_is_over_with_its_tokens(ana, snap, make_client, clock) -> None:
    later = make_client(name="Later", scopes=SCOPES).client
    service.give(ana.id, snap, ask(snap, "email"), ["email"])
    clock.advance(YEAR - 5)
    service.give(ana.id, later, ask(later, "email"), ["email"])
    issued, stays = grant_of(snap, ana.id, "email"), grant_of(later, ana.id, "email")
    assert service.expire(10) == 0
    assert tokens.bearer(issued.access_token)
    clock.advance(5)
    assert service.expire(10) == 1
    assert service.expire(10) == 0
    assert tokens.bearer(issued.access_token) is None
    assert tokens.bearer(stays.access_token)
    assert len(search(account=ana.id, kind="consent.expired")) == 1
