"""What happens to all that a resident holds, however much that is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from consent.models import Decision
from idp import lifecycle
from idp.accounts import passwords, phones
from idp.accounts import service as accounts
from idp.accounts.errors import NotInUse, TooLateToKeep
from idp.audit.service import search
from idp.clients import subjects
from idp.kernel.clock import DAY, HOUR
from idp.kernel.db import execute
from idp.outbox.worker import run_once
from idp.sessions import service as sessions
from mfa import passkeys
from mfa import service as mfa
from mfa.removal import VETO
from tests.factories import App, Person
from tests.support.authenticator import phone
from tests.support.ceremony import given
from tests.support.clock import Clock
from tests.support.danger import AGENCY, state_of, told
from tests.support.letters import Letter
from tests.support.party import TWO_FACTORS, Party, agree, signed_in
from tests.support.texts import give_phone

Letters = Callable[[], list[Letter]]


def opened(app: Flask, person: Person) -> str:
    with app.app_context(), app.test_request_context("/"):
        return sessions.open_session(person.id, TWO_FACTORS)


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True)


@pytest.fixture
def hearer(make_client: Callable[..., App], ana: Person) -> App:
    """An app that takes events and knows Ana."""
    made = make_client(name="Hearer", event_delivery_uri=AGENCY)
    subjects.give(made.client, ana.id)
    return made


def test_every_other_session_ends_however_many_there_are(app: Flask, make_account: Callable[..., Person]) -> None:
    ana, ben = make_account(totp=True), make_account(totp=True)
    others = [opened(app, ana) for _ in range(203)]
    kept, foreign = opened(app, ana), opened(app, ben)

    assert lifecycle.end_other_sessions(ana.id, keep=kept) == len(others)

    assert [facts.id for facts in sessions.sessions_of(ana.id)] == [kept]
    assert [facts.id for facts in sessions.sessions_of(ben.id)] == [foreign]


def test_a_session_that_rested_ends_too_and_one_that_expired_is_left(
    app: Flask, make_account: Callable[..., Person], clock: Clock
) -> None:
    ana = make_account(totp=True)
    opened(app, ana)
    clock.advance(11 * HOUR)
    rested = opened(app, ana)
    clock.advance(2 * HOUR)
    kept = opened(app, ana)

    assert lifecycle.end_other_sessions(ana.id, keep=kept) == 1
    ended = [facts.id for facts in sessions.sessions_of(ana.id, live_only=False) if facts.ended_at is not None]
    assert ended == [rested]


def test_freezing_stops_every_use_and_releasing_brings_nothing_back(
    app: Flask, ana: Person, hearer: App, letters: Letters
) -> None:
    opened(app, ana)
    before = len(letters())

    assert lifecycle.freeze(ana.id) and not lifecycle.freeze(ana.id), "the second time there is nothing to freeze"
    assert state_of(ana.id) == "frozen" and not sessions.sessions_of(ana.id)
    lifecycle.release(ana.id)

    assert state_of(ana.id) == "active" and not sessions.sessions_of(ana.id)
    assert [letter.to for letter in letters()[before:]] == [ana.email] * 2
    assert all("/not-me/" in letter.text for letter in letters()[before:])
    assert [(app_, event) for app_, event, _, _ in told()] == [
        (hearer.id, "account-disabled"),
        (hearer.id, "account-enabled"),
    ]
    with pytest.raises(NotInUse):
        lifecycle.release(ana.id)


def test_a_lock_is_stronger_than_what_a_resident_may_do(app: Flask, ana: Person) -> None:
    lifecycle.lock(ana.id)
    assert not lifecycle.freeze(ana.id)
    for verb in (lifecycle.release, lifecycle.close):
        with pytest.raises(NotInUse):
            verb(ana.id)
    with pytest.raises(TooLateToKeep):
        lifecycle.keep_open(ana.id)
    lifecycle.disavow(ana.id, 0)
    assert state_of(ana.id) == "locked", "no way of the resident's revives what an operator stopped"


def test_releasing_and_keeping_do_not_forgive_a_disabled_password(app: Flask, ana: Person) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "MOST_FAILURES", 0)
        lifecycle.freeze(ana.id)
        lifecycle.release(ana.id)
        assert accounts.check_password(ana.email, ana.password, network="127.0.0.0/24") is None
    assert accounts.check_password(ana.email, ana.password, network="127.0.0.0/24") == ana.id


def test_a_closing_account_can_be_kept_until_its_very_end(
    app: Flask, ana: Person, hearer: App, clock: Clock, letters: Letters
) -> None:
    opened(app, ana)
    closes_at = lifecycle.close(ana.id)
    assert closes_at == clock.now + 14 * DAY
    assert state_of(ana.id) == "closing" and not sessions.sessions_of(ana.id)

    clock.advance(14 * DAY - 1)
    run_once(app)
    assert state_of(ana.id) == "closing"
    lifecycle.keep_open(ana.id)
    assert state_of(ana.id) == "active"

    lifecycle.close(ana.id)
    clock.advance(14 * DAY)
    with pytest.raises(TooLateToKeep):
        lifecycle.keep_open(ana.id)
    run_once(app)
    assert state_of(ana.id) == "erased"
    assert [event for _, event, _, _ in told()][-1] == "account-purged"


def test_a_closing_account_is_written_to_at_once_half_way_and_a_day_before(
    app: Flask, ana: Person, clock: Clock, letters: Letters
) -> None:
    closing = lambda: len([one for one in letters() if "close" in one.subject])  # noqa: E731
    lifecycle.close(ana.id)
    counts = []
    for _ in range(14):
        run_once(app)
        counts.append(closing())
        clock.advance(DAY - 60)
    run_once(app)
    assert [*counts, closing()] == [1] * 8 + [2] * 6 + [3]

    lifecycle.keep_open(ana.id)
    lifecycle.close(ana.id)
    clock.advance(13 * DAY + HOUR)
    run_once(app)
    run_once(app)
    assert closing() == 5, "a worker that slept for a week writes once"


def test_freezing_a_closing_account_keeps_it(app: Flask, ana: Person, clock: Clock) -> None:
    lifecycle.close(ana.id)
    assert lifecycle.freeze(ana.id)
    clock.advance(20 * DAY)
    run_once(app)
    assert state_of(ana.id) == "frozen"


def test_disowning_ends_everything_pauses_sharing_and_keeps_what_is_older(
    app: Flask, ana: Person, hearer: App, clock: Clock, letters: Letters
) -> None:
    agree(ana, hearer)
    opened(app, ana)
    since = clock.now
    clock.advance(HOUR)
    before = len(letters())

    lifecycle.disavow(ana.id, since)

    assert state_of(ana.id) == "active" and not sessions.sessions_of(ana.id)
    assert execute(select(Decision.ended_why)).scalars().all() == ["paused"]
    assert accounts.check_password(ana.email, ana.password, network="127.0.0.0/24") == ana.id
    assert [event for _, event, _, _ in told()] == ["credential-compromise", "session-revoked"]
    (event,) = search(kind="account.disavowed")
    assert event.facts["since"] == since and event.facts["sessions"] == 1
    assert "decisions 1" in event.facts["quarantined"]
    (letter,) = letters()[before:]
    assert letter.to == ana.email and "/recover" in letter.text


def test_apps_that_do_not_know_the_resident_or_are_switched_off_hear_nothing(
    app: Flask, ana: Person, hearer: App, make_client: Callable[..., App]
) -> None:
    stranger = make_client(name="Stranger", event_delivery_uri=AGENCY, redirect_uris=("https://other.example/cb",))
    deaf = make_client(name="Deaf", redirect_uris=("https://deaf.example/cb",))
    subjects.give(deaf.client, ana.id)
    lifecycle.freeze(ana.id)
    assert {client_id for client_id, _, _, _ in told()} == {hearer.id}
    assert stranger.id != hearer.id

    sub = subjects.give(hearer.client, ana.id)
    assert {one[2] for one in told()} == {sub} and sub != ana.id


def test_an_app_with_public_subjects_hears_once_it_was_visited(
    app: Flask, ana: Person, make_client: Callable[..., App], browser
) -> None:
    public = make_client(name="Public", subject_type="public", event_delivery_uri=AGENCY)
    lifecycle.tell_apps(ana.id, "recovery-activated")
    assert told() == []
    party = Party(app, public)
    agree(ana, public)
    party.tokens(signed_in(browser, ana))
    lifecycle.tell_apps(ana.id, "recovery-activated")
    assert [(event, sub) for _, event, sub, _ in told()] == [("recovery-activated", ana.id)]


def test_a_password_that_an_intruder_set_opens_nothing_and_the_first_one_stays(
    app: Flask, ana: Person, make_account: Callable[..., Person], clock: Clock
) -> None:
    bo = make_account()
    clock.advance(DAY)
    accounts.change_password(ana.id, passwords.hash_new("Intruder-marked-41-quay", ana.email))
    for person in (ana, bo):
        lifecycle.disavow(person.id, clock.now - HOUR)
    assert accounts.check_password(ana.email, "Intruder-marked-41-quay", network="127.0.0.0/24") is None
    lifecycle.disavow(bo.id, 0)
    assert accounts.check_password(bo.email, bo.password, network="127.0.0.0/24") == bo.id


def test_disowning_keeps_what_somebody_else_was_about_to_remove(app: Flask, ana: Person, clock: Clock) -> None:
    """Whatever the notice was about that was answered; what its resident removed before that goes all the same."""
    passkey, app_id, number = given(ana.id, phone()), mfa.apps_of(ana.id)[0].id, give_phone(ana.id)
    clock.advance(DAY)
    gone = given(ana.id, phone())
    passkeys.remove(ana.id, gone, leaves_at=clock.now + VETO)
    clock.advance(HOUR)
    since = clock.now
    passkeys.remove(ana.id, passkey, leaves_at=clock.now + VETO)
    mfa.remove(ana.id, app_id, leaves_at=clock.now + VETO)
    phones.remove(ana.id, number)
    clock.advance(HOUR)

    lifecycle.disavow(ana.id, since)

    clock.advance(VETO)
    assert [one.id for one in passkeys.usable_of(ana.id)] == [passkey]
    assert [one.id for one in mfa.apps_of(ana.id)] == [app_id]
    assert [one.id for one in phones.usable(ana.id)] == [number]
