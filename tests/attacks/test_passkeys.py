"""Passkeys in the hands of others (attacks 145, 168, 169, 170, 171, 176)."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from flask import Flask
from sqlalchemy import func, select

from idp import lifecycle
from idp.audit.service import search
from idp.kernel.clock import MINUTE
from idp.kernel.db import execute
from idp.kernel.settings import Settings
from mfa import passkeys
from mfa.models import Passkey, PasskeyChallenge
from tests.factories import Person
from tests.support.authenticator import AT, BE, BS, ED, UP, UV, Authenticator, b64, laptop, phone, raw
from tests.support.browser import Browser
from tests.support.ceremony import asked, given, make, options, show
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.letters import queued
from tests.support.party import cookies, visitor

pages = pytest.mark.only_on("sqlite")


@pytest.fixture
def alice(make_account: Callable[..., Person]) -> Person:
    return make_account(email="marked.alice@residents.example")


@pytest.fixture
def device(alice: Person) -> Authenticator:
    """Alice's own: it counts, and cannot leave its device."""
    one = laptop()
    given(alice.id, one, "Laptop")
    return one


@pytest.fixture
def mallory(make_account: Callable[..., Person]) -> Person:
    return make_account(email="marked.mallory@residents.example")


@pytest.fixture
def weapon(mallory: Person) -> Authenticator:
    """Mallory's own passkey, which is as good as anybody's."""
    one = phone()
    given(mallory.id, one)
    return one


def got_in(browser: Browser) -> bool:
    return browser.get("/account").data_page == "account"


def after_password(browser: Browser, person: Person) -> Browser:
    return browser.get("/sign-in").submit("sign-in", email=person.email, password=person.password)


def send(browser: Browser, answer: str, button: str = "passkey") -> Browser:
    """Send an answer from the page at hand; it must be refused on a page that can be read."""
    browser.submit(button, answer=answer)
    assert browser.status < 500
    return browser


# 145


@pages
def test_145_options_are_the_same_for_everybody(browser: Browser, alice: Person, device: Authenticator) -> None:
    """Known with a passkey, known without, unknown: nothing that is asked says whose it is (attack 145)."""
    known = browser.another()
    show(known.get("/sign-in"), device)
    seen = []
    for one in (browser, browser.another(), known, known):
        told = options(one.get("/sign-in"))
        assert len(raw(told.pop("challenge"))) == 32
        seen.append(told)
    assert seen[0]["allowCredentials"] == [] and all(told == seen[0] for told in seen)


@pages
def test_145_whose_passkeys_there_are_is_told_after_the_first_factor_alone(
    browser: Browser, alice: Person, device: Authenticator, app: Flask
) -> None:
    after_password(browser, alice)
    assert options(browser, "verify")["allowCredentials"][0]["id"] == b64(device.credential_id)
    stranger = browser.another()
    stranger.get("/sign-in")
    stranger.url, stranger.page = browser.url, browser.page
    assert asked(stranger, "verify").status_code >= 400
    nobody = browser.another().get("/sign-up").submit("send-code", email=alice.email)
    attempt = nobody.path.rpartition("/")[2]
    for page in ("use-passkey", "set-up-passkey"):
        assert nobody.get(f"/sign-in/{page}/{attempt}").status in {403, 410}


# 168


@pages
def test_168_a_whole_answer_is_good_once(browser: Browser, alice: Person, device: Authenticator) -> None:
    answer = device.show(options(browser.get("/sign-in")))
    other = browser.another().get("/sign-in")
    assert not got_in(send(other, answer)), "it is another browser's"
    browser.submit("passkey", answer=answer)
    assert got_in(browser)
    assert send(browser.get("/sign-in"), answer).errors, "nor does it confirm who is signed in"


@pages
def test_168_a_challenge_serves_its_purpose_its_browser_and_its_holder(
    browser: Browser, alice: Person, device: Authenticator, make_agency: Any
) -> None:
    """From a registration, from another attempt, for another app's request, from nobody (attack 168)."""
    agency = make_agency()
    at_app = browser.another()
    elsewhere = options(agency.authorize(at_app, "openid"))
    assert send(at_app.get("/sign-in"), device.show(elsewhere)).errors

    first = options(after_password(browser, alice), "verify")
    other_attempt = after_password(browser, alice)
    assert send(other_attempt, device.show(first), "verify").errors

    show(browser, device, "verify")
    registration = options(browser.get("/account/sign-in/passkeys/add"), "create")
    assert send(browser.get("/sign-in"), device.show(registration)).errors
    signing_in = options(browser.get("/sign-in"))
    assert send(browser.get("/account/sign-in/passkeys/add"), laptop().make(registration | signing_in), "create").errors
    assert send(browser.get("/sign-in"), device.show({"challenge": b64(secrets.token_bytes(32))})).errors
    assert execute(select(func.count()).select_from(Passkey)).scalar_one() == 1


@pages
def test_168_it_lives_for_five_minutes_and_for_one_try(
    browser: Browser, alice: Person, device: Authenticator, clock: Clock
) -> None:
    late = options(browser.get("/sign-in"))
    clock.advance(5 * MINUTE)
    assert send(browser, device.show(late)).errors
    told = options(browser.get("/sign-in"))
    assert send(browser, device.show(told, origin="https://localhost:8000")).errors
    assert send(browser, device.show(told)).errors, "the first try has spent it"
    assert not got_in(browser)


def use(app: Flask, path: str, cookie: str, form: dict[str, str]) -> str:
    answer = visitor(app).post(path, headers={"Cookie": cookie, "Referer": "http://localhost:8000/"}, data=form)
    return str(answer.headers.get("Location", ""))


@pytest.mark.only_on("postgresql")
def test_168_fifty_uses_of_one_answer_at_once_sign_in_once(
    browser: Browser, alice: Person, device: Authenticator, settings: Settings, clock: Clock
) -> None:
    answer = device.show(options(browser.get("/sign-in")))
    token = str(browser.field("csrf_token")["value"])
    form = {"csrf_token": token, "answer": answer}
    held = "; ".join(f"{name}={value}" for name, value in cookies(browser).items())
    answers = at_once(use, settings, clock(), "/sign-in/passkey", held, form)
    assert len(answers) == CROWD and sum(bool(location) for location in answers) == 1
    assert execute(select(func.count()).select_from(PasskeyChallenge)).scalar_one() == 0


# 169

FOREIGN_ORIGINS = [
    "https://localhost:8000",
    "http://localhost",
    "http://localhost:8001",
    "http://localhost:8000/",
    "http://LOCALHOST:8000",
    "http://sub.localhost:8000",
    "http://localhost:8000.evil.example",
    "http://evil-localhost:8000",
    "null",
    "",
    "android:apk-key-hash:7d4dd4b1c4a6f0e2",
    "ios:bundle-id:org.example",
    ["http://localhost:8000"],
    None,
]


CLIENTS: list[dict[str, Any]] = [
    *({"origin": origin} for origin in FOREIGN_ORIGINS),
    {"crossOrigin": True},
    {"crossOrigin": "true"},
    {"crossOrigin": 1},
    {"topOrigin": "http://evil.example"},
    {"type": "webauthn.create"},
    {"type": "payment.get"},
]


@pages
def test_169_only_our_own_origin_counts_and_nothing_from_a_frame_or_of_another_kind(
    browser: Browser, alice: Person, device: Authenticator
) -> None:
    for client in CLIENTS:
        show(browser.get("/sign-in"), device, **client)
        assert browser.errors, client
    assert not got_in(browser)
    show(browser.get("/sign-in"), device)
    assert got_in(browser)
    for client in CLIENTS:
        make(browser.get("/account/sign-in/passkeys/add"), Authenticator(), **client | {"type": "webauthn.get"})
        assert browser.errors, client


@pages
def test_169_a_passkey_of_another_name_counts_neither_shown_nor_made(
    browser: Browser, alice: Person, device: Authenticator
) -> None:
    names = ["", "host", "localhost.", "LOCALHOST", "sub.localhost", "evil.example"]
    for rp_id in names:
        show(browser.get("/sign-in"), device.copy(rp_id=rp_id))
        assert browser.errors and not got_in(browser), rp_id
    show(browser.get("/sign-in"), device)
    for rp_id in names:
        make(browser.get("/account/sign-in/passkeys/add"), Authenticator(rp_id=rp_id))
        assert browser.errors and len(passkeys.passkeys_of(alice.id)) == 1, rp_id


# 170


@pages
def test_170_another_residents_passkey_passes_no_step_of_mine(
    browser: Browser, alice: Person, device: Authenticator, mallory: Person, weapon: Authenticator
) -> None:
    """A valid answer of Mallory's, with her handle, with Alice's, with none (attack 170)."""
    for handle in (mallory.id.encode(), alice.id.encode(), None):
        after_password(browser, alice)
        show(browser, weapon.copy(user_handle=handle), "verify")
        assert browser.errors and not got_in(browser)


@pages
def test_170_the_owner_is_the_credentials_own(
    browser: Browser, alice: Person, device: Authenticator, mallory: Person, weapon: Authenticator
) -> None:
    mixed = [
        weapon.copy(user_handle=alice.id.encode()),
        weapon.copy(credential_id=device.credential_id, user_handle=alice.id.encode()),
        weapon.copy(credential_id=secrets.token_bytes(32)),
        weapon.copy(discoverable=False),
        weapon.copy(user_handle=b"\xff\xfe"),
    ]
    for one in mixed:
        show(browser.get("/sign-in"), one)
        assert browser.errors and not got_in(browser)
    answer = json.loads(weapon.show(options(browser.get("/sign-in"))))
    for wrong in ({"id": b64(device.credential_id)}, {"rawId": b64(device.credential_id)}, {"type": "password"}):
        assert send(browser.get("/sign-in"), json.dumps(answer | wrong)).errors
    show(browser.get("/sign-in"), weapon)
    assert got_in(browser), "her own account is hers"


@pages
def test_170_a_passkey_of_a_locked_account_or_one_that_was_removed_opens_nothing(
    browser: Browser, alice: Person, device: Authenticator, mallory: Person, weapon: Authenticator
) -> None:
    lifecycle.lock(mallory.id)
    show(browser.get("/sign-in"), weapon)
    assert not got_in(browser)
    passkeys.erase(alice.id)
    show(browser.get("/sign-in"), device)
    assert browser.errors and not got_in(browser)


@pages
def test_170_nobody_adds_a_credential_that_is_somebodys(
    browser: Browser, alice: Person, device: Authenticator, mallory: Person, weapon: Authenticator
) -> None:
    show(browser.get("/sign-in"), weapon)
    make(browser.get("/account/sign-in/passkeys/add"), weapon.copy(credential_id=device.credential_id))
    assert browser.errors
    assert passkeys.passkeys_of(alice.id)[0].public_key == device.public_key()


# 171


@pages
def test_171_flags_that_do_not_fit_are_refused(browser: Browser, alice: Person, device: Authenticator) -> None:
    """Nobody there; backed up but not eligible; eligible all at once; data announced that is not there (attack 171)."""
    flags = [0, UV, UP | UV | BS, UP | UV | BE, UP | UV | BE | BS, UP | UV | ED, UP | UV | AT]
    for count, wrong in enumerate(flags, start=1):
        show(browser.get("/sign-in"), device.copy(flags=wrong))
        assert browser.errors and not got_in(browser), wrong
        assert passkeys.passkeys_of(alice.id)[0].failures == count
    show(browser.get("/sign-in"), device)
    assert got_in(browser)


@pages
def test_171_a_counter_that_goes_back_is_refused_on_record_and_told(
    browser: Browser, alice: Person, device: Authenticator
) -> None:
    """The original has counted to ten. Equal, lower, one, and zero are a copy's (attack 171)."""
    device.counter = 9
    show(browser.get("/sign-in"), device)
    thief = browser.another()
    for counter in (9, 8, 0, None):
        show(thief.get("/sign-in"), device.copy(counter=counter))
        assert thief.errors and not got_in(thief), counter
        assert search(account=alice.id)[0].kind == "mfa.passkey_regressed"
    assert passkeys.passkeys_of(alice.id)[0].regressed_at
    assert "copy" in queued()[-1].subject and "/not-me/" in queued()[-1].text
    show(browser.get("/sign-in"), device)
    assert got_in(browser), "the original goes on counting"


@pages
def test_171_a_huge_counter_is_a_counter(browser: Browser, alice: Person, device: Authenticator) -> None:
    device.counter = 2**32 - 2
    show(browser.get("/sign-in"), device)
    assert got_in(browser)
    show(browser.another().get("/sign-in"), device.copy(counter=2**32 - 2))
    assert passkeys.passkeys_of(alice.id)[0].regressed_at


# 176


def deep(levels: int) -> bytes:
    return b"\x81" * levels + b"\x00"


def attested(
    key: Any, *, name: bytes = b"n" * 32, length: int | None = None, tail: bytes = b""
) -> Callable[..., bytes]:
    """An attestation object around any key, with the flags and name that the device would have."""

    def build(device: Authenticator, statement: Any = None, form: Any = "none") -> bytes:
        encoded = key if isinstance(key, bytes) else cbor2.dumps(key)
        said = (len(name) if length is None else length).to_bytes(2)
        data = device.data(0x40) + bytes(16) + said + name + encoded + tail
        return cbor2.dumps({"fmt": form, "attStmt": statement if statement is not None else {}, "authData": data})

    return build


def rsa(bits: int, exponent: bytes = b"\x01\x00\x01") -> dict[int, Any]:
    return {1: 3, 3: -257, -1: (1 << (bits - 1) | 1).to_bytes(bits // 8), -2: exponent}


SOUND = {1: 2, 3: -7, -1: 1, -2: bytes(31) + b"\x01", -3: bytes(31) + b"\x02"}
OBJECTS: dict[str, Callable[[Authenticator], bytes]] = {
    "random": lambda _device: secrets.token_bytes(300),
    "empty": lambda _device: b"",
    "nested": lambda _device: deep(9000),
    "nested statement": lambda device: attested({})(device, deep(3000)),
    "not a map": lambda _device: cbor2.dumps([1, 2]),
    "no data": lambda _device: cbor2.dumps({"fmt": "none", "attStmt": {}}),
    "text data": lambda _device: cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": "x" * 80}),
    "short data": lambda device: cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": device.data()[:30]}),
    "no key": lambda device: cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": device.data()}),
    "key cut off": attested(cbor2.dumps(SOUND)[:20]),
    "point off the curve": attested(SOUND),
    "unknown type": attested(SOUND | {1: 9}),
    "unknown algorithm": attested(SOUND | {3: -65535}),
    "another curve": attested(SOUND | {-1: 3}),
    "kind and algorithm apart": attested(rsa(2048) | {3: -7}),
    "numbers for bytes": attested(SOUND | {-2: 7}),
    "a list for a key": attested([1, 2, 3]),
    "a number for a key": attested(4),
    "small RSA": attested(rsa(512)),
    "huge RSA": attested(rsa(64_000)),
    "huge exponent": attested(rsa(3072, b"\xff" * 384)),
    "long name": attested(SOUND, name=b"n" * 2000),
    "a name longer than all": attested(SOUND, length=65535),
    "empty name": attested(SOUND, name=b""),
    "more behind": attested(SOUND, tail=b"more"),
    "statement of no kind": lambda device: attested(SOUND)(device, {"sig": b"x"}),
    "packed without a signature": lambda device: attested(SOUND)(device, {}, "packed"),
    "tpm of nonsense": lambda device: attested(SOUND)(device, {"ver": "2.0", "certInfo": b"x", "x5c": [b"x"]}, "tpm"),
    "a kind that is a number": lambda device: attested(SOUND)(device, {}, 5),
}


@pages
def test_176_malformed_passkeys_are_refused_within_three_hundred_milliseconds(
    browser: Browser, alice: Person, device: Authenticator
) -> None:
    """Random CBOR, nesting, strange keys, strange statements (attack 176)."""
    show(browser.get("/sign-in"), device)
    for name, build in OBJECTS.items():
        browser.get("/account/sign-in/passkeys/add")
        one = Authenticator(credential_id=b"n" * 32)
        answer = json.loads(one.make(options(browser, "create")))
        answer["response"]["attestationObject"] = b64(build(one))
        began = time.process_time()
        send(browser, json.dumps(answer), "create")
        assert time.process_time() - began < 0.3, name
        assert browser.errors and browser.data_page == "make-passkey", name
    assert len(passkeys.passkeys_of(alice.id)) == 1


@pages
def test_176_malformed_answers_are_refused_within_three_hundred_milliseconds(
    browser: Browser, alice: Person, device: Authenticator
) -> None:
    """Wrong types, missing members, bad encodings, endless texts (attack 176)."""
    browser.get("/sign-in")
    good = json.loads(device.show(options(browser)))
    texts = ["x", "null", "1", "[]", "{}", '""', "[" * 10_000, '{"a":' * 3000, "NaN", json.dumps(good) + "x"]
    texts += ["x" * 200_000, "x" * 5_000_000, json.dumps(good | {"more": "x" * 20_000})]
    for member in ("id", "rawId", "type", "response"):
        texts += [json.dumps(good | {member: wrong}) for wrong in (None, 1, [], {}, "", "ä", "%%%", "=", "a" * 5000)]
        texts.append(json.dumps({name: value for name, value in good.items() if name != member}))
    for member in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for wrong in (1, [], {}, "ä", "%%%", "A", "A" * 12_000):
            texts.append(json.dumps(good | {"response": good["response"] | {member: wrong}}))
    for client in (
        b"",
        b"[]",
        b"1",
        b"\xff",
        b'{"challenge":1}',
        b'{"challenge":"AA","type":"webauthn.get"}',
        deep(5000),
    ):
        response = good["response"] | {"clientDataJSON": b64(client)}
        texts.append(json.dumps(good | {"response": response}))
    for text in texts:
        began = time.process_time()
        send(browser.get("/sign-in"), text)
        assert time.process_time() - began < 0.3, text[:80]
        assert browser.errors or browser.data_error, text[:80]
    assert not got_in(browser)


@pages
def test_176_a_good_challenge_does_not_help_a_bad_answer(
    browser: Browser, alice: Person, device: Authenticator
) -> None:
    for member, wrong in (
        ("authenticatorData", b64(b"\0" * 36)),
        ("authenticatorData", b64(secrets.token_bytes(600))),
        ("authenticatorData", b64(device.data() + deep(5000))),
        ("authenticatorData", b64(device.copy(flags=UP | UV | ED).data() + b"\xff\xff")),
        ("signature", b64(b"")),
        ("signature", b64(b"\x30\x80")),
        ("signature", base64.urlsafe_b64encode(b"x" * 64).decode()),
    ):
        answer = json.loads(device.show(options(browser.get("/sign-in"))))
        answer["response"][member] = wrong
        assert send(browser, json.dumps(answer)).errors
    assert not got_in(browser)
    show(browser.get("/sign-in"), device)
    assert got_in(browser)
