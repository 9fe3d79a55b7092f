"""Erasing a resident: what is left, with the key file beside it, opens nothing of the person (attacks 244, 245)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, insert, select

from idp import lifecycle
from idp.accounts import notices
from idp.accounts import service as accounts
from idp.accounts.models import Account, EmailAddress, Phone
from idp.clients import subjects
from idp.clients.models import Subject
from idp.kernel.crypto import ResidentKey, blind_index, keyring, new_id
from idp.kernel.db import Base, execute, transaction
from idp.kernel.errors import Misconfigured
from idp.outbox.models import Message
from idp.sessions import attempt as attempts
from idp.sessions.models import AttemptRow
from mfa import codes
from profiles.models import Attribute
from tests.factories import App, Person
from tests.house.test_leaks import ATTRIBUTES, SCOPE, SHARED, every_cell, forms
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.danger import AGENCY, state_of, told
from tests.support.leaks import SHORTEST

RESERVED = {"subjects", "events", "consent_decisions", "outbox"}
"""Tables that may still name the account: ids, names of claims, counts, and messages to apps."""

SEALED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "accounts.data_key": lambda row: f"resident\0{row['id']}",
    "attempts.sealed_email": lambda row: f"attempt\0{row['id']}",
    "outbox.payload": lambda row: f"outbox\0{row['id']}",
    "signing_keys.private": lambda row: f"signing-key\0{row['kid']}",
}
"""What the key file alone opens, and under which context."""

BOUND_TO_THE_RESIDENT = {"email_addresses.sealed", "phones.sealed", "attributes.sealed", "totp_authenticators.seed"}
NOT_PERSONAL = {"client_logos.png", "passkeys.public_key"}
OF_REQUESTS = {
    "parked_requests.parameters",
    "pushed_requests.parameters",
    "authorization_codes.claims_asked",
    "token_families.claims_asked",
}
"""Rows that go with the session or the grant; the test looks that none is left."""


@pytest.fixture
def bo(make_account: Callable[..., Person], make_client: Callable[..., App]) -> Person:
    """Somebody whom an app knows."""
    bo = make_account()
    subjects.give(make_client(event_delivery_uri=AGENCY).client, bo.id)
    return bo


@pytest.fixture
def ana(
    app: Flask, browser: Browser, make_account: Callable[..., Person], make_agency: Callable[..., Agency]
) -> Person:
    """Somebody who used everything there is."""
    ana = make_account(totp=True, **ATTRIBUTES)
    agency = make_agency(scopes=SCOPE.split(), event_delivery_uri=AGENCY)
    agency.sign_in(browser, ana, SCOPE, share=SHARED)
    codes.make(ana.id)
    _keep_phone(ana)
    with app.test_request_context("/"):
        attempts.begin("sign_in", account_id=ana.id, email=ana.email, methods=("password",))
    notices.announce(ana.id, "accounts/password_changed", about="password")
    return ana


def test_after_the_erasure_the_database_and_the_key_file_open_nothing_of_the_person(
    app: Flask, ana: Person, clock: Clock
) -> None:
    stolen = accounts.resident(ana.id).key
    copies = [row.sealed for row in execute(select(Attribute.sealed).where(Attribute.account_id == ana.id))]
    assert copies and stolen.open("email", execute(select(EmailAddress.sealed)).scalars().first()) == ana.email
    lifecycle.close(ana.id)
    clock.advance(14 * 86400)

    assert lifecycle.erase_due(10) == 1 and state_of(ana.id) == "erased"

    private = [one for one in (*ana.private, "2025550142") if len(one) >= SHORTEST]
    readable = [f"{table}.{column}" for table, column, cell in every_cell() for one in private if _stands_in(one, cell)]
    assert not readable
    looked_up = [blind_index("email", ana.email), blind_index("phone", "+12025550142")]
    assert not [f"{table}.{column}" for table, column, cell in every_cell() if cell in looked_up]
    opened = [text for text in _everything_that_opens() if any(one in text for one in private)]
    assert not opened
    assert execute(select(Account.data_key).where(Account.id == ana.id)).scalar_one() == b""
    for copy in copies:
        with pytest.raises(Misconfigured):
            ResidentKey(ana.id, b"").open("attribute", copy)


@pytest.mark.only_on("sqlite")
def test_no_row_of_any_table_belongs_to_the_erased_but_what_must_stay(app: Flask, ana: Person) -> None:
    before = _tables_of(ana.id)
    assert {"email_addresses", "passwords", "attributes", "sessions", "token_families", "notices"} <= before
    lifecycle.erase(ana.id)
    assert _tables_of(ana.id) <= RESERVED
    assert not execute(select(Message.id).where(Message.account_id == ana.id, Message.client_id.is_(None))).all()
    assert not execute(select(AttemptRow.id).where(AttemptRow.account_id == ana.id)).all()


@pytest.mark.only_on("sqlite")
def test_apps_still_hear_of_it_under_the_name_they_know(app: Flask, bo: Person) -> None:
    subject = execute(select(Subject.subject).where(Subject.account_id == bo.id)).scalar_one()
    lifecycle.erase(bo.id)
    assert told()[-1][1:3] == ("account-purged", subject)


@pytest.mark.only_on("sqlite")
def test_neither_id_nor_subject_is_ever_given_again_and_the_address_is_free(
    app: Flask, bo: Person, make_client: Callable[..., App]
) -> None:
    used = set(execute(select(Subject.subject)).scalars())
    lifecycle.erase(bo.id)
    assert accounts.find_by_email(bo.email) is None
    again = accounts.open_account(bo.email, bo.password, "en")
    assert again != bo.id
    assert subjects.give(make_client().client, again) not in used
    assert set(execute(select(Subject.subject)).scalars()) > used, "the old names stay taken"


@pytest.mark.only_on("sqlite")
def test_erased_is_for_good(app: Flask, bo: Person) -> None:
    lifecycle.erase(bo.id)
    assert not lifecycle.erase(bo.id) and not lifecycle.freeze(bo.id)
    for status in ("active", "locked"):
        with pytest.raises(accounts.NoSuchResident):
            accounts.set_status(bo.id, status)
    lifecycle.disavow(bo.id, 0)
    assert state_of(bo.id) == "erased"
    assert accounts.check_password(bo.email, bo.password, network="127.0.0.0/24") is None


def test_every_due_account_is_erased_each_by_itself(
    app: Flask, make_account: Callable[..., Person], clock: Clock
) -> None:
    people = [make_account() for _ in range(7)]
    for person in people:
        lifecycle.close(person.id)
    clock.advance(14 * 86400)
    assert lifecycle.erase_due(5) == 5
    assert lifecycle.erase_due(5) == 2
    assert {state_of(person.id) for person in people} == {"erased"}


@pytest.mark.only_on("sqlite")
def test_every_sealed_column_is_known_to_this_test(app: Flask) -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if type(column.type) is LargeBinary and column.type.length is None
    }
    known = set(SEALED) | BOUND_TO_THE_RESIDENT | OF_REQUESTS | NOT_PERSONAL
    assert sealed == known, f"say what opens {sealed ^ known}"


def _keep_phone(person: Person) -> None:
    number = "+12025550142"
    row = {"id": new_id(), "account_id": person.id, "lookup": blind_index("phone", number), "channel": "text"}
    sealed = accounts.resident(person.id).key.seal("phone", number)
    with transaction():
        execute(insert(Phone), row | {"sealed": sealed, "is_main": True, "failures": 0, "confirmed_at": 1})


def _tables_of(account_id: str) -> set[str]:
    return {
        table.name
        for table in Base.metadata.sorted_tables
        if "account_id" in table.columns
        and execute(select(table).where(table.columns["account_id"] == account_id)).first()
    }


def _everything_that_opens() -> Iterator[str]:
    """The plain text of each sealed value that the key file opens."""
    for name, context in SEALED.items():
        table_name, column = name.split(".")
        table = Base.metadata.tables[table_name]
        for row in execute(select(table)).mappings():
            if row[column]:
                yield keyring().unwrap(row[column], context(row)).decode("latin-1")
    for name in BOUND_TO_THE_RESIDENT | OF_REQUESTS:
        table = Base.metadata.tables[name.split(".")[0]]
        assert not execute(select(table)).first(), f"{name} is not empty"


def _stands_in(secret: str, cell: bytes) -> bool:
    return any(form in cell for form in forms(secret))
