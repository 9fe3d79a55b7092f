"""Email addresses, sign-ins and activity under attack (attacks 179, 181, 185, 186, 187, 193, 198)."""

from __future__ import annotations

import contextlib

import pytest
from flask import Flask

from idp.accounts import addresses, new_addresses, vetoes
from idp.accounts import service as accounts
from idp.accounts.errors import AddressTaken, WrongCode
from idp.audit.service import search
from idp.kernel.clock import MINUTE
from idp.kernel.db import db
from idp.kernel.errors import DomainError
from idp.sessions.service import sessions_of
from tests.factories import PASSWORD
from tests.support.addresses import NETWORK, SESSION, add_on_page, added, asked, named
from tests.support.browser import Browser
from tests.support.crowd import CROWD, at_once
from tests.support.letters import queued
from tests.support.statements import recorded, writes

NEW = "marked.new@elsewhere.example"


@pytest.fixture
def alice(make_account):
    return make_account(email="marked.alice@mike.test", totp=True)


@pytest.fixture
def mallory(make_account):
    return make_account(email="marked.mallory@evil.test", totp=True)


@pytest.fixture
def at_home(browser, alice) -> Browser:
    return browser.sign_in(alice)


@pytest.fixture
def thief(browser, mallory) -> Browser:
    return browser.another().sign_in(mallory)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "typed",
    [
        "{0},marked.mallory@evil.test",
        "{0};marked.mallory@evil.test",
        "{0}\nBcc: marked.mallory@evil.test",
        "{0}%0aBcc:marked.mallory@evil.test",
        '"{0}"@evil.test, x',
        "<{0}>",
    ],
)
def test_one_address_means_one_letter_or_none(thief, alice, typed: str) -> None:
    """179: several addresses in one field never reach two mailboxes."""
    before = len(queued())
    thief.get("/account/email/add").submit("send-code", email=typed.format(alice.email))
    sent = queued()[before:]
    assert thief.status < 500
    assert len(sent) <= 1
    assert not [letter for letter in sent if letter.to in {alice.email, "marked.mallory@evil.test"}]


@pytest.mark.only_on("sqlite")
def test_a_field_sent_twice_or_as_a_list_counts_once(thief) -> None:
    """179: the first of two fields counts, and a list or a document is no field."""
    token = thief.get("/account/email/add").field("csrf_token")["value"]
    for typed in (
        {"email": [NEW, "marked.other@evil.test"]},
        {"email[]": [NEW]},
        {"email": NEW, "cc": "marked.other@evil.test"},
    ):
        thief.post("/account/email/add", {"csrf_token": token} | typed)
    thief.post("/account/email/add", json={"email": [NEW, "marked.other@evil.test"], "csrf_token": token})
    assert {letter.to for letter in queued()} == {NEW}


@pytest.mark.parametrize(
    "lookalike",
    [
        "marked.alice@mıke.test",
        "marked.ALİCE@mike.test",
        "marked.alice@ｍike.test",
        "marked.álice@mike.test",
        "marked.alice@mi\u212ae.test",
        "MARKED.ALICE@MIKE.TEST",
    ],
)
def test_a_lookalike_never_brings_somebody_elses_mail_or_account(alice, mallory, lookalike: str) -> None:
    """181: mail for an address that folds to another's goes to the stored one alone; else it is another address."""
    before = len(queued())
    with contextlib.suppress(DomainError):
        asked(mallory.id, lookalike)
    sent = queued()[before:]
    same = accounts.find_by_email(lookalike)
    if same is not None:
        assert same.id == alice.id
        assert [letter.to for letter in sent] == [alice.email]
        assert "/account/email/confirm/" not in sent[0].text
    else:
        assert alice.email not in [letter.to for letter in sent]


@pytest.mark.only_on("sqlite")
def test_nobody_declares_an_address_confirmed(at_home, alice) -> None:
    """185: fields that a form does not have are ignored; an address counts after its code alone."""
    token = at_home.get("/account/email/add").field("csrf_token")["value"]
    forged = {"csrf_token": token, "email": NEW, "confirmed_at": "1", "is_main": "true", "email_verified": "true"}
    at_home.post("/account/email/add", forged | {"trusted_from": "0"})
    assert at_home.data_page == "confirm-address"
    assert [one.email for one in addresses.of(alice.id)] == [alice.email]
    at_home.submit("confirm", code=queued()[-1].code)
    new = named(alice, NEW)
    assert (new.is_main, new.new, accounts.main_email(alice.id)) == (False, True, alice.email)


def test_a_stolen_session_does_not_take_the_account_by_its_address(browser, at_home, alice, clock) -> None:
    """186: an old session changes nothing; a fresh one is announced, and the old address takes all of it back."""
    clock.advance(11 * MINUTE)
    assert at_home.get("/account/email/add").path.startswith("/confirm")
    clock.advance(30)
    thief = browser.another().sign_in(alice)
    assert add_on_page(thief, NEW).path == "/account/email"
    mine, new = named(alice, alice.email), named(alice, NEW)
    thief.get(f"/account/email/{new.id}/main").submit("make-main")
    thief.get(f"/account/email/{mine.id}/remove").submit("remove")
    assert len([letter for letter in queued() if letter.to == alice.email and "/not-me/" in letter.text]) >= 3
    link = next(
        word
        for word in reversed([w for one in queued() if one.to == alice.email for w in one.links])
        if "/not-me/" in word
    )
    browser.another().get(link).submit("stop")
    assert accounts.main_email(alice.id) == alice.email
    assert accounts.check_password(alice.email, PASSWORD, network=NETWORK) == alice.id
    assert accounts.check_password(NEW, PASSWORD, network=NETWORK) is None
    with pytest.raises(DomainError):
        vetoes.stop(alice.id, new.id)


@pytest.mark.only_on("sqlite")
def test_somebody_elses_address_is_not_taken_and_not_told_of(thief, alice, mallory) -> None:
    """186: another's address gives the same page as any, a letter to its owner, and no code that works."""
    pages = []
    for email in (NEW, alice.email):
        thief.get("/account/email/add").submit("send-code", email=email)
        pages.append((thief.status, thief.text.replace(email, "…"), sorted(thief.headers.keys())))
    assert pages[0] == pages[1]
    letter = queued()[-1]
    assert (letter.to, letter.links) == (alice.email, [thief.origin])
    for code in ("000000", "123456"):
        assert thief.submit("confirm", code=code).data_page == "confirm-address"
    assert accounts.find_by_email(alice.email).id == alice.id
    assert [one.email for one in addresses.of(mallory.id)] == [mallory.email]


def test_asking_first_keeps_nobody_from_their_own_address(mallory, letters) -> None:
    """187: who asked for another's address before has nothing, and nothing left once its owner has an account."""
    handle = asked(mallory.id, NEW)
    code = letters()[-1].code
    owner = accounts.open_account(NEW, PASSWORD, "en")
    proven = new_addresses.prove(SESSION, handle, code, network=NETWORK)
    with pytest.raises(AddressTaken):
        new_addresses.add(mallory.id, proven)
    assert accounts.find_by_email(NEW).id == owner
    assert [one.email for one in addresses.of(mallory.id)] == [mallory.email]


def test_a_code_serves_the_session_and_address_that_asked(alice, mallory, letters) -> None:
    """187: a code that its reader is talked out of adds no other address, and none elsewhere."""
    asked(mallory.id, NEW)
    code = letters()[-1].code
    other = asked(alice.id, NEW, "another-session")
    with pytest.raises(WrongCode):
        new_addresses.prove("another-session", other, code, network=NETWORK)
    assert new_addresses.prove("another-session", other, letters()[-1].code, network=NETWORK) == NEW


@pytest.mark.only_on("sqlite")
def test_what_belongs_to_others_is_not_there(thief, at_home, alice, mallory, clock) -> None:
    """193: addresses, sign-ins, lines of activity and services of others answer as those that never were."""
    second, session = added(alice, NEW), sessions_of(alice.id)[0].id
    line = search(account=alice.id, kind="session.opened")[0].id
    mine = named(mallory, mallory.email).id
    assert thief.get(f"/account/email/{mine}/main").status == 200
    token = thief.field("csrf_token")["value"]
    paths = [*(f"email/{second.id}/{verb}" for verb in ("main", "remove", "keep")), f"activity/{line}"]
    unknown = [path.replace(second.id, "x").replace(str(line), "999999") for path in paths]
    for path, other in zip(paths, unknown, strict=True):
        answers = [(thief.get(f"/account/{one}").status, thief.data_error) for one in (path, other)]
        answers += [
            (thief.post(f"/account/{one}", {"csrf_token": token}).status, thief.data_error) for one in (path, other)
        ]
        assert len(set(answers)) == 1 and answers[0][0] == 404, path
    for one in (session, "x"):
        assert thief.post(f"/account/devices/{one}/end", {"csrf_token": token}).status == 404
    assert [one.email for one in addresses.of(alice.id)] == [alice.email, NEW]
    assert at_home.get("/account").data_page == "account"
    own = sessions_of(mallory.id)[0].id
    assert thief.post(f"/account/devices/{own}/end", {"csrf_token": token}).data_page == "sign-in"


@pytest.mark.only_on("sqlite")
def test_looking_changes_nothing(at_home, alice, app: Flask) -> None:
    """198: every page of addresses, sign-ins and activity writes nothing when opened, by HEAD and prefetch too."""
    second = added(alice, NEW)
    at_home.get("/account/email/add").submit("send-code", email="marked.third@elsewhere.example")
    asking, line = at_home.path, search(account=alice.id, kind="session.opened")[0].id
    verbs = [f"/account/email/{second.id}/{verb}" for verb in ("main", "remove", "keep")]
    pages = [
        "/account",
        "/account/email",
        "/account/email/add",
        asking,
        *verbs,
        "/account/devices",
        "/account/activity",
    ]
    for path in (*pages, f"/account/activity/{line}", "/account/language", "/account/secured"):
        with recorded(db.engine) as statements:
            at_home.get(path, headers={"Sec-Purpose": "prefetch"})
            at_home.client.head(path, base_url=at_home.origin)
        assert at_home.status == 200, path
        assert not writes(statements), path
    for path in ("devices/end-all", "devices/end-others", f"devices/{sessions_of(alice.id)[0].id}/end"):
        assert at_home.get(f"/account/{path}").status in {404, 405}
    assert at_home.get("/account").data_page == "account"


def _add(app: Flask, account_id: str, address: str) -> bool:
    with app.test_request_context("/"):
        try:
            new_addresses.add(account_id, address)
        except DomainError:
            return False
        return True


@pytest.mark.only_on("postgresql")
def test_fifty_at_once_add_one_address_once(app: Flask, settings, alice, clock) -> None:
    """186: parallel changes to one address give it to one, once."""
    answers = at_once(_add, settings, clock.now, alice.id, NEW)
    assert (len(answers), sum(answers)) == (CROWD, 1)
    assert [one.email for one in addresses.of(alice.id)] == [alice.email, NEW]
