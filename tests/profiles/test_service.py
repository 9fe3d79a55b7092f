"""A resident's desk: values are sealed, changes are whole, and the trail names fields only."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from idp.accounts import service as accounts
from idp.audit.service import search
from idp.kernel.db import execute
from idp.kernel.errors import Misconfigured
from profiles import service
from profiles.errors import InvalidValue, UnknownAttribute
from profiles.models import Attribute

NAME = {"given": "Marisol", "family": "Quispe-Mamani"}


def changes_of(account_id: str) -> list[dict[str, object]]:
    return [entry.facts for entry in search(account=account_id, kind="profile.changed")]


def test_what_was_told_can_be_read_again(make_account) -> None:
    ana = make_account()
    service.change(ana.id, {"legal_name": NAME, "birthdate": "1980-3-1", "phone_number": "617 555 0100"})
    assert service.read(ana.id) == {"legal_name": NAME, "birthdate": "1980-03-01", "phone_number": "+16175550100"}


def test_a_later_word_replaces_an_earlier_one_and_nothing_removes_it(make_account) -> None:
    ana = make_account()
    service.change(ana.id, {"preferred_name": "Mari", "birthdate": "1980-03-01"})
    service.change(ana.id, {"preferred_name": "Sol"})
    assert service.read(ana.id)["preferred_name"] == "Sol"
    service.change(ana.id, {"preferred_name": None})
    assert service.read(ana.id) == {"birthdate": "1980-03-01"}


def test_the_database_holds_no_value_in_the_clear(make_account) -> None:
    ana = make_account()
    service.change(ana.id, {"legal_name": NAME, "birthdate": "1980-03-01"})
    rows = execute(select(Attribute.__table__)).all()
    assert {(row.name, row.source, row.method) for row in rows} == {
        ("legal_name", "self", "page"),
        ("birthdate", "self", "page"),
    }
    assert all(word not in row.sealed for row in rows for word in (b"Marisol", b"Quispe", b"1980"))


def test_a_sealed_value_opens_for_its_own_resident_and_place_only(make_account) -> None:
    ana, bo = make_account(), make_account()
    service.change(ana.id, {"preferred_name": "Mari"})
    sealed = execute(select(Attribute.sealed)).scalar_one()
    assert accounts.resident(ana.id).key.open("attribute.preferred_name", sealed) == '"Mari"'
    for key, place in (
        (accounts.resident(bo.id).key, "attribute.preferred_name"),
        (accounts.resident(ana.id).key, "email"),
    ):
        with pytest.raises(Misconfigured):
            key.open(place, sealed)


def test_the_trail_names_fields_and_never_values(make_account) -> None:
    ana = make_account()
    service.change(ana.id, {"legal_name": NAME, "birthdate": "1980-03-01"})
    assert changes_of(ana.id) == [{"fields": ["birthdate", "legal_name"], "method": "page"}]


def test_saying_the_same_again_is_no_change(make_account, clock) -> None:
    ana = make_account()
    service.change(ana.id, {"birthdate": "1980-03-01"})
    before = accounts.resident(ana.id).updated_at
    clock.advance(60)
    service.change(ana.id, {"birthdate": "1980-3-1", "preferred_name": ""})
    assert len(changes_of(ana.id)) == 1
    assert accounts.resident(ana.id).updated_at == before
    service.change(ana.id, {"birthdate": "1980-03-02"})
    assert len(changes_of(ana.id)) == 2
    assert accounts.resident(ana.id).updated_at == clock.now


def test_a_change_happens_wholly_or_not_at_all(make_account) -> None:
    ana = make_account()
    with pytest.raises(InvalidValue):
        service.change(ana.id, {"preferred_name": "Mari", "birthdate": "1980-02-31"})
    with pytest.raises(UnknownAttribute):
        service.change(ana.id, {"preferred_name": "Mari", "is_admin": True})
    assert service.read(ana.id) == {}
    assert changes_of(ana.id) == []


def test_our_pages_follow_the_preferred_language_where_they_can(make_account) -> None:
    ana = make_account()
    service.change(ana.id, {"preferred_language": "es"})
    assert accounts.resident(ana.id).locale == "es"
    service.change(ana.id, {"preferred_language": "km"})
    assert accounts.resident(ana.id).locale == "es"
    assert service.read(ana.id)["preferred_language"] == "km"


def test_a_resident_is_greeted_by_the_name_they_like(make_account) -> None:
    ana = make_account()
    assert service.greeting_name(ana.id) == ""
    service.change(ana.id, {"legal_name": {"family": "Suharto"}})
    assert service.greeting_name(ana.id) == "Suharto"
    service.change(ana.id, {"preferred_name": "Harto"})
    assert service.greeting_name(ana.id) == "Harto"
