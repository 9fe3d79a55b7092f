"""Accounts: opened, found, their passwords checked and changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event, select, update

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.accounts.claims import read
from idp.accounts.errors import AddressTaken, InvalidEmail, NoSuchResident, WeakPassword
from idp.accounts.models import Account, EmailAddress, Password
from idp.audit.service import search
from idp.kernel.crypto import keyring
from idp.kernel.db import db, execute, transaction
from idp.limits.errors import ProofOwed
from tests.factories import PASSWORD, Person
from tests.support.clock import Clock
from tests.support.letters import Letter

HOME = "192.0.2.0/24"
MakeAccount = Callable[..., Person]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements that run meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(" ".join(statement.split())[:40])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def failures(account_id: str) -> int:
    return int(execute(select(Password.failures).where(Password.account_id == account_id)).scalar_one())


def set_failures(account_id: str, count: int) -> None:
    with transaction() as connection:
        connection.execute(update(Password).where(Password.account_id == account_id).values(failures=count))


def test_an_account_is_found_by_any_spelling_of_its_address(make_account: MakeAccount) -> None:
    ana = make_account(email="Jos\u00e9.Marked@residents.example")
    found = accounts.find_by_email(" jose\u0301.MARKED@Residents.example")
    assert found is not None
    assert found.id == ana.id
    assert found == accounts.account(ana.id)
    assert accounts.main_email(ana.id) == "Jos\u00e9.Marked@residents.example"
    assert accounts.find_by_email("somebody.else@residents.example") is None
    assert accounts.find_by_email("not an address") is None


@pytest.mark.parametrize("again", ["ana.marked@residents.example", "ANA.Marked@residents.EXAMPLE"])
def test_an_address_has_one_account(app: Flask, again: str) -> None:
    accounts.open_account("ana.marked@residents.example", PASSWORD, "en")
    with pytest.raises(AddressTaken):
        accounts.open_account(again, PASSWORD, "en")
    assert len(execute(select(Account.id)).all()) == 1
    accounts.open_account("bo.marked@residents.example", PASSWORD, "en")


def test_nothing_is_kept_of_an_account_that_could_not_be_opened(app: Flask) -> None:
    for email, password, refusal in (
        ("no address", PASSWORD, InvalidEmail),
        ("a@example.com", "password", WeakPassword),
    ):
        with pytest.raises(refusal):
            accounts.open_account(email, password, "en")
    assert execute(select(Account.id)).all() == []


def test_the_database_shows_neither_address_nor_password(make_account: MakeAccount) -> None:
    ana = make_account(email="ana.marked@residents.example")
    rows = [
        *execute(select(Account.__table__)),
        *execute(select(EmailAddress.__table__)),
        *execute(select(Password.__table__)),
    ]
    dump = str([tuple(row) for row in rows])
    assert "ana.marked" not in dump
    assert "residents.example" not in dump
    assert PASSWORD not in dump
    assert ana.id in dump


def test_the_right_password_is_right_and_every_other_answer_is_no(make_account: MakeAccount) -> None:
    ana, bo = make_account(), make_account()
    assert accounts.check_password(ana.email, ana.password, network=HOME) == ana.id
    assert accounts.check_password(ana.email.upper(), ana.password, network=HOME) == ana.id
    assert accounts.check_password(ana.email, ana.password + " ", network=HOME) is None
    assert accounts.check_password("nobody@residents.example", ana.password, network=HOME) is None
    assert accounts.check_password("not an address", ana.password, network=HOME) is None
    accounts.set_status(bo.id, "locked")
    assert accounts.check_password(bo.email, bo.password, network=HOME) is None
    accounts.set_status(bo.id, "active")
    assert accounts.check_password(bo.email, bo.password, network=HOME) == bo.id


def test_an_account_without_a_password_has_none_that_is_right(app: Flask) -> None:
    account_id = accounts.open_account("ana.marked@residents.example", None, "en")
    assert accounts.check_password("ana.marked@residents.example", "", network=HOME) is None
    assert accounts.password_changed_at(account_id) is None
    accounts.change_password(account_id, passwords.hash_new(PASSWORD))
    assert accounts.check_password("ana.marked@residents.example", PASSWORD, network=HOME) == account_id


def test_every_no_runs_the_same_statements_and_one_hash(
    make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, locked, disabled = make_account(), make_account(), make_account()
    accounts.set_status(locked.id, "locked")
    set_failures(disabled.id, 100)
    hashes: list[str | None] = []
    verify = passwords.verify

    def counting(kept: str | None, password: str) -> bool:
        hashes.append(kept)
        return verify(kept, password)

    monkeypatch.setattr(passwords, "verify", counting)
    runs = []
    for email, password in (
        (ana.email, "wrong"),
        (locked.email, locked.password),
        (disabled.email, disabled.password),
        ("nobody@residents.example", PASSWORD),
    ):
        with statements() as seen:
            assert accounts.check_password(email, password, network=HOME) is None
        runs.append(seen)
    assert runs[0] == runs[1] == runs[2] == runs[3]
    assert len(hashes) == 4
    assert hashes[1:] == [None, None, None]


def guess(email: str, times: int, **keys: str) -> None:
    """So many wrong passwords."""
    for _ in range(times):
        assert accounts.check_password(email, "wrong", network="198.51.100.0/24", **keys) is None


def test_guessing_at_one_account_is_stopped_and_another_account_is_not(make_account: MakeAccount, clock: Clock) -> None:
    ana, bo = make_account(), make_account()
    guess(ana.email, 5)
    with pytest.raises(ProofOwed):
        accounts.check_password(ana.email, ana.password, network=HOME)
    assert accounts.check_password(bo.email, bo.password, network=HOME) == bo.id
    clock.advance(24 * 3600)
    assert accounts.check_password(ana.email, ana.password, network=HOME) == ana.id


def test_a_nonexistent_account_is_stopped_just_the_same(app: Flask) -> None:
    guess("nobody@residents.example", 5)
    with pytest.raises(ProofOwed):
        accounts.check_password("NOBODY@residents.example", "wrong", network=HOME)


def test_confirming_spends_the_same_limit_as_signing_in(make_account: MakeAccount) -> None:
    ana = make_account()
    guess(ana.email, 3)
    for _ in range(2):
        assert not accounts.confirm_password(ana.id, "wrong", network=HOME)
    with pytest.raises(ProofOwed):
        accounts.confirm_password(ana.id, ana.password, network=HOME)


def test_a_resident_is_told_at_ten_and_at_thirty_wrong_passwords_in_a_row(
    make_account: MakeAccount, letters: Callable[[], list[Letter]]
) -> None:
    ana = make_account()
    for before, told in ((8, 0), (9, 1), (10, 1), (28, 1), (29, 2), (30, 2)):
        set_failures(ana.id, before)
        assert accounts.check_password(ana.email, "wrong", network=HOME, browser=accounts.introduce(ana.id, "")) is None
        assert len(letters()) == told
    first, second = letters()
    assert (first.to, second.to) == (ana.email, ana.email)
    assert "10 times" in first.text
    assert "30 times" in second.text
    assert any("/not-me/" in link for link in first.links), first.links


def test_confirming_knows_right_from_wrong(make_account: MakeAccount) -> None:
    ana, bo = make_account(), make_account(password="Another-Kestrel-78")
    assert accounts.confirm_password(ana.id, ana.password, network=HOME)
    assert not accounts.confirm_password(ana.id, bo.password, network=HOME)
    with pytest.raises(NoSuchResident):
        accounts.confirm_password("nobody", bo.password, network=HOME)


def test_a_hundred_wrong_in_a_row_disable_a_password_until_an_operator_acts(
    make_account: MakeAccount, letters: Callable[[], list[Letter]]
) -> None:
    ana = make_account(locale="es")
    set_failures(ana.id, 98)
    assert accounts.check_password(ana.email, "wrong", network=HOME) is None
    assert letters() == []
    assert accounts.check_password(ana.email, "wrong", network=HOME) is None
    assert failures(ana.id) == 100
    assert [entry.account_id for entry in search(kind="password.disabled")] == [ana.id]
    assert accounts.check_password(ana.email, ana.password, network=HOME) is None
    (letter,) = letters()
    assert letter.to == ana.email
    assert 'lang="es"' in letter.html
    assert "http://localhost:8000/recover" in letter.links
    accounts.set_status(ana.id, "active")
    assert accounts.check_password(ana.email, ana.password, network=HOME) == ana.id


def test_a_right_password_ends_the_row_of_wrong_ones(make_account: MakeAccount) -> None:
    ana = make_account()
    accounts.check_password(ana.email, "wrong", network=HOME)
    set_failures(ana.id, 99)
    assert accounts.check_password(ana.email, ana.password, network=HOME) == ana.id
    assert failures(ana.id) == 0


def test_an_old_hash_is_renewed_at_sign_in(make_account: MakeAccount) -> None:
    ana = make_account()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(keyring().keyed("pepper", ana.password))
    with transaction() as connection:
        connection.execute(update(Password).where(Password.account_id == ana.id).values(hash=old))
    assert accounts.check_password(ana.email, "wrong", network=HOME) is None
    assert execute(select(Password.hash)).scalar_one() == old
    assert accounts.check_password(ana.email, ana.password, network=HOME) == ana.id
    assert not passwords.outdated(execute(select(Password.hash)).scalar_one())
    assert accounts.check_password(ana.email, ana.password, network=HOME) == ana.id


def test_a_new_password_takes_the_place_of_the_old_and_is_told_by_mail(
    make_account: MakeAccount, letters: Callable[[], list[Letter]]
) -> None:
    ana = make_account(locale="es")
    accounts.change_password(ana.id, passwords.hash_new("Another-Kestrel-78", ana.email))
    assert accounts.check_password(ana.email, ana.password, network=HOME) is None
    assert accounts.check_password(ana.email, "Another-Kestrel-78", network=HOME) == ana.id
    (letter,) = letters()
    assert letter.to == ana.email
    assert "Kestrel" not in letter.text + letter.html + letter.subject
    not_me, home = letter.links
    assert not_me.startswith("http://localhost:8000/not-me/")
    assert home == "http://localhost:8000"
    assert len(search(kind="password.changed")) == 1


def test_ones_own_browser_has_tries_of_its_own(make_account: MakeAccount) -> None:
    ana = make_account()
    at_home = accounts.introduce(ana.id, "")
    guess(ana.email, 5)
    for stranger in ("", "made.up", at_home + "0"):
        with pytest.raises(ProofOwed):
            accounts.check_password(ana.email, ana.password, network=HOME, browser=stranger)
    assert accounts.check_password(ana.email.upper(), ana.password, network=HOME, browser=at_home) == ana.id
    assert accounts.confirm_password(ana.id, ana.password, network=HOME, browser=at_home)
    with pytest.raises(ProofOwed):
        accounts.check_password(ana.email, ana.password, network=HOME)


def test_ones_own_browser_has_twice_as_many_tries_and_no_more(make_account: MakeAccount) -> None:
    ana = make_account()
    at_home = accounts.introduce(ana.id, "")
    guess(ana.email, 10, browser=at_home)
    with pytest.raises(ProofOwed):
        accounts.check_password(ana.email, ana.password, network=HOME, browser=at_home)
    assert accounts.check_password(ana.email, ana.password, network=HOME) == ana.id


def test_a_browser_is_known_to_the_accounts_it_signed_in_to_and_to_no_other(make_account: MakeAccount) -> None:
    ana, bo = make_account(), make_account()
    at_home = accounts.introduce(ana.id, "")
    guess(bo.email, 5)
    with pytest.raises(ProofOwed):
        accounts.check_password(bo.email, bo.password, network=HOME, browser=at_home)
    shared = accounts.introduce(bo.id, at_home)
    for who in (ana, bo):
        assert accounts.check_password(who.email, who.password, network=HOME, browser=shared) == who.id


def test_the_resident_behind_an_account_opens_with_their_own_key(make_account: MakeAccount) -> None:
    ana = make_account(email="ana.marked@residents.example")
    who = accounts.resident(ana.id)
    assert read(who, frozenset({"email", "email_verified", "name"})) == {"email": ana.email, "email_verified": True}
    assert read(who, frozenset({"email_verified"})) == {"email_verified": True}
    assert read(who, frozenset()) == {}
    with pytest.raises(NoSuchResident):
        accounts.resident("nobody")


def test_an_address_that_was_not_confirmed_says_so(app: Flask) -> None:
    account_id = accounts.open_account("ana.marked@residents.example", None, "en", confirmed=False)
    assert read(accounts.resident(account_id), frozenset({"email_verified"})) == {"email_verified": False}


def test_language_and_time_of_change_are_kept(make_account: MakeAccount, clock: Clock) -> None:
    ana = make_account()
    clock.advance(60)
    accounts.set_locale(ana.id, "ar")
    assert accounts.resident(ana.id).locale == "ar"
    assert accounts.resident(ana.id).updated_at == clock.now
    clock.advance(60)
    accounts.touch(ana.id)
    assert accounts.resident(ana.id).updated_at == clock.now
    for change in (
        accounts.touch,
        lambda who: accounts.set_status(who, "locked"),
        lambda who: accounts.set_locale(who, "en"),
    ):
        with pytest.raises(NoSuchResident):
            change("nobody")
