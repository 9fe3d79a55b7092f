"""What apps learn from a profile: typed as the standard says, omitted when empty, in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from idp.accounts import service as accounts
from idp.kernel.clock import DAY
from idp.kernel.db import db
from idp.kernel.registry import registry
from profiles import service
from profiles.catalogue import CATALOGUE
from profiles.claims import SOURCE, read

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

FULL = {
    "legal_name": {"given": "Marisol", "middle": "Inés", "family": "Quispe"},
    "preferred_name": "Sol",
    "birthdate": "2006-01-16",
    "phone_number": "617 555 0100",
    "residential_address": {"line1": "1 Ashburton Pl", "city": "Boston", "region": "MA", "postal_code": "02108"},
    "mailing_address": {"line1": "PO Box 7", "city": "Nashua", "region": "NH", "postal_code": "03060"},
    "preferred_language": "es",
    "gender": "woman",
    "preferred_username": "msq",
    "website": "https://sol.example",
    "profile": "https://sol.example/me",
    "picture": "https://sol.example/me.png",
    "zoneinfo": "America/Chicago",
}
EVERY = frozenset(claim.name for claim in SOURCE.claims)


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def full(make_account):
    person = make_account()
    service.change(person.id, FULL)
    return accounts.resident(person.id)


def test_every_claim_of_a_full_profile_has_its_type(full, clock) -> None:
    home = {
        "formatted": "1 Ashburton Pl\nBoston, MA 02108",
        "street_address": "1 Ashburton Pl",
        "locality": "Boston",
        "region": "MA",
        "postal_code": "02108",
        "country": "US",
    }
    told = read(full, EVERY)
    assert told.pop("mailing_address")["locality"] == "Nashua"
    assert told == {
        "name": "Marisol Inés Quispe",
        "given_name": "Marisol",
        "middle_name": "Inés",
        "family_name": "Quispe",
        "nickname": "Sol",
        "birthdate": "2006-01-16",
        "age_over_18": True,
        "age_over_21": False,
        "age_over_60": False,
        "age_over_65": False,
        "phone_number": "+16175550100",
        "phone_number_verified": False,
        "address": home,
        "residential_address": home,
        "lives_in_state": True,
        "locale": "es",
        "preferred_language": "es",
        "gender": "woman",
        "preferred_username": "msq",
        "website": "https://sol.example",
        "profile": "https://sol.example/me",
        "picture": "https://sol.example/me.png",
        "zoneinfo": "America/Chicago",
        "updated_at": clock.now,
    }


def test_a_full_profile_has_every_claim_of_the_standard_scope(full) -> None:
    standard = {
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile"),
        *("picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
    }
    assert registry().claims_of({"profile"}) == standard
    assert set(read(full, frozenset(standard))) == standard


def test_an_empty_profile_tells_nothing_that_is_empty(make_account, clock) -> None:
    resident = accounts.resident(make_account().id)
    assert read(resident, EVERY) == {"updated_at": clock.now, "locale": "en"}


def test_a_single_name_leaves_the_other_claims_out(make_account) -> None:
    person = make_account()
    service.change(person.id, {"legal_name": {"family": "Suharto"}})
    assert read(accounts.resident(person.id), frozenset({"name", "given_name", "middle_name", "family_name"})) == {
        "name": "Suharto",
        "family_name": "Suharto",
    }


@pytest.mark.parametrize("name", sorted(EVERY))
def test_one_claim_asked_is_one_claim_told(full, name: str) -> None:
    assert set(read(full, frozenset({name}))) == {name}


def test_claims_of_other_rooms_are_left_to_them(full) -> None:
    assert read(full, frozenset({"email", "is_admin"})) == {}


def test_reading_costs_one_statement_at_most_and_one_more_for_whether_a_phone_is_confirmed(full) -> None:
    with statements() as seen:
        read(full, EVERY - {"phone_number_verified"})
    assert len(seen) == 1
    with statements() as seen:
        read(full, EVERY)
    assert len(seen) == 2
    with statements() as seen:
        read(full, frozenset({"email", "updated_at"}))
    assert seen == []


def test_only_the_values_that_are_needed_are_opened(full, monkeypatch) -> None:
    opened = []
    real = type(full.key).open
    monkeypatch.setattr(
        type(full.key), "open", lambda key, field, sealed: (opened.append(field), real(key, field, sealed))[1]
    )
    read(full, frozenset({"age_over_18", "given_name", "family_name"}))
    assert sorted(opened) == ["attribute.birthdate", "attribute.legal_name"]


def test_an_age_answer_changes_on_the_birthday_where_the_state_is(full, clock) -> None:
    wanted = frozenset({"age_over_21"})
    assert read(full, wanted) == {"age_over_21": False}
    clock.advance(DAY - 5 * 3600)
    assert read(full, wanted) == {"age_over_21": False}
    clock.advance(6 * 3600)
    assert read(full, wanted) == {"age_over_21": True}


@pytest.mark.parametrize(
    ("change", "answer"),
    [({}, True), ({"region": "NH", "postal_code": "03060"}, False), ({"country": "CA", "region": "MA"}, False)],
)
def test_living_in_the_state_follows_the_home_address(full, change: dict[str, str], answer: bool) -> None:
    service.change(full.account_id, {"residential_address": FULL["residential_address"] | change})
    assert read(full, frozenset({"lives_in_state"})) == {"lives_in_state": answer}


def test_a_change_counts_for_the_next_answer(full) -> None:
    service.change(full.account_id, {"preferred_name": "Mari"})
    assert read(full, frozenset({"nickname"})) == {"nickname": "Mari"}


def test_answers_that_hide_the_value_are_not_masked_and_values_behind_them_are(app) -> None:
    sensitive = {name for name, spec in registry().claims.items() if spec.sensitive}
    assert sensitive == {"birthdate", "phone_number", "address", "residential_address", "mailing_address", "gender"}


def test_every_claim_can_be_shown_in_words(full, app) -> None:
    told = registry().read_claims(full, EVERY)
    with app.test_request_context():
        shown = {name: registry().claims[name].show(value) for name, value in told.items()}
    assert all(isinstance(words, str) and words for words in shown.values())
    assert shown["birthdate"] == "January 16, 2006"
    assert shown["age_over_21"] == "No"
    assert shown["locale"] == "Español"
    assert shown["zoneinfo"] == "United States (Chicago) Time"
    assert shown["mailing_address"] == "PO Box 7, Nashua, NH 03060"


def test_no_claim_and_no_page_stands_twice_in_the_catalogue() -> None:
    names = [claim.name for entry in CATALOGUE for claim in entry.claims]
    assert len(names) == len(set(names))
    assert len({entry.page for entry in CATALOGUE}) == len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
