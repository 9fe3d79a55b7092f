"""Second factors under attack: skipped, guessed, replayed, weakened, and misreported (attacks 151-167)."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from idp.accounts import service as accounts
from idp.audit.service import search
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.db import execute, transaction
from idp.kernel.registry import registry
from idp.sessions.assurance import AAL2, AAL2_PHISHING_RESISTANT
from idp.sessions.models import SessionRow
from mfa import codes, recovery, service
from mfa.models import RecoveryCode, TotpAuthenticator
from tests.factories import Person
from tests.support.authenticator import phone
from tests.support.browser import Browser
from tests.support.ceremony import given, show
from tests.support.clock import Clock
from tests.support.leaks import Marked
from tests.support.letters import queued
from tests.support.party import Party, agree

pytestmark = pytest.mark.only_on("sqlite")  # of pages; what two databases could see differently is in test_races

ADD, APPS, CODES = "/account/sign-in/app/add", "/account/sign-in/app", "/account/sign-in/recovery-codes"
HERE = "127.0.0.0/24"
Accounts = Callable[..., Person]


@pytest.fixture
def mallory(browser: Browser, resident: Person) -> Browser:
    """Knows the resident's password, and stands before the second step."""
    browser.get("/sign-in").submit("sign-in", email=resident.email, password=resident.password)
    assert browser.data_page == "second-step"
    return browser


@pytest.fixture
def paper(resident: Person, marked: Marked) -> tuple[str, ...]:
    """The resident's recovery codes."""
    made = codes.make(resident.id)
    marked.add(*made)
    return made


def attempt_of(browser: Browser) -> str:
    return browser.path.rpartition("/")[2]


def is_in(browser: Browser) -> bool:
    return browser.get("/account", follow=False).status == 200


def holdings(person: Person) -> tuple[object, ...]:
    return service.apps_of(person.id), codes.codes_of(person.id)


def typed(browser: Browser, person: Person) -> Browser:
    """The password again, in another browser."""
    return browser.another().get("/sign-in").submit("sign-in", email=person.email, password=person.password)


class TestSkipping:
    """Attack 151."""

    def test_after_the_password_alone_every_page_still_asks_to_sign_in(
        self, mallory: Browser, resident: Person, party: Party
    ) -> None:
        agree(resident, party.registered)
        assert party.authorize(mallory, prompt="none").answer["error"] == "login_required"
        guarded = [
            rule.rule
            for rule in mallory.app.url_map.iter_rules()
            if getattr(mallory.app.view_functions[rule.endpoint], "guard", "") in {"signed_in", "recent", "fresh"}
            and "GET" in (rule.methods or ())
            and not rule.arguments
        ]
        assert len(guarded) > 10
        for page in guarded:
            assert mallory.get(page).data_page == "sign-in", page

    def test_and_nothing_is_set_up_beside_what_there_is(self, mallory: Browser, resident: Person, app: Flask) -> None:
        attempt, step, before = attempt_of(mallory), mallory.url, holdings(resident)
        token = mallory.field("csrf_token")["value"]
        for method in registry().methods.values():
            if method.enrol_endpoint:
                page = _address(app, method.enrol_endpoint, attempt)
                assert mallory.get(page).status == 403, page
                assert mallory.post(page, {"csrf_token": token, "code": "000000", "later": "yes"}).status == 403, page
        assert mallory.get(_address(app, "mfa.save_codes", attempt)).status == 403
        assert mallory.get(_address(app, "signin.second_way", attempt)).url == step
        put_off = {"csrf_token": token, "later": "yes"}
        assert mallory.post(_address(app, "signin.second_way", attempt), put_off).url == step
        assert holdings(resident) == before and not is_in(mallory)

    def test_even_when_nothing_of_it_works(self, mallory: Browser, resident: Person, app: Flask) -> None:
        with transaction():
            execute(update(TotpAuthenticator).values(suspended_at=1))
        other = typed(mallory, resident)
        assert other.data_page not in {"second-way", "set-up"}
        other.get(_address(app, "mfa.set_up", attempt_of(mallory)))
        assert not is_in(other) and not is_in(mallory)
        assert len(service.apps_of(resident.id)) == 1


class TestEmptyAndMalformed:
    """Attack 152."""

    @pytest.mark.parametrize(
        "sent",
        [
            {}, {"code": ""}, {"code": "null"}, {"code": "0"}, {"code": "true"}, {"code": "undefined"},
            {"code[]": "000000"}, {"code": "000000"}, {"code": ["000000", "111111"]}, {"method": "none", "code": "1"},
            {"way": "password", "code": "x" * 5000}, {"code": "\0" * 6}, {"totp": "verified", "verified": "true"},
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("page", ["mfa.challenge", "mfa.recovery"])
    def test_nothing_is_passed_by_sending_nothing(
        self, mallory: Browser, app: Flask, sent: dict[str, object], page: str
    ) -> None:
        token = mallory.field("csrf_token")["value"]
        mallory.post(_address(app, page, attempt_of(mallory)), {"csrf_token": token} | sent)
        assert mallory.status in {200, 400} and (mallory.errors or mallory.status == 400)
        assert not is_in(mallory)

    def test_wrong_codes_are_counted_and_a_method_that_nobody_has_is_not_there(
        self, mallory: Browser, resident: Person, app: Flask
    ) -> None:
        for _ in range(3):
            mallory.submit("verify", code="000000")
        assert execute(select(TotpAuthenticator.failures)).scalar_one() == 3
        mallory.get(_address(app, "mfa.recovery", attempt_of(mallory))).submit("verify", code="0000-0000-0000-0000")
        assert mallory.errors and not is_in(mallory)


class TestReplay:
    """Attack 155."""

    def test_a_code_of_an_app_serves_once_wherever_it_is_typed(
        self, mallory: Browser, resident: Person, clock: Clock, make_client: Callable[..., object]
    ) -> None:
        code, earlier = resident.code(), resident.code(-1)
        other = typed(mallory, resident)
        step = other.url
        mallory.submit("verify", code=code)
        assert is_in(mallory)
        for again in (code, earlier, code):
            assert other.get(step).submit("verify", code=again).errors
            assert not is_in(other)
        assert [entry.account_id for entry in search(kind="mfa.code_sent_twice")] == [resident.id] * 3
        clock.advance(11 * MINUTE)
        fresh = resident.code()
        mallory.get(APPS).submit("continue", password=resident.password).submit("verify", code=fresh)
        assert mallory.path == APPS
        again = typed(mallory, resident).submit("verify", code=fresh)
        assert again.errors

    def test_the_code_that_confirmed_the_set_up_does_not_sign_in(
        self, mallory: Browser, resident: Person, clock: Clock, marked: Marked
    ) -> None:
        mallory.submit("verify", code=resident.code())
        seed = mallory.get(ADD).page.select_one(".secret code")
        assert seed is not None
        code = pyotp.TOTP(seed.get_text().replace(" ", "")).at(clock.now)
        mallory.submit("verify", code=code)
        assert typed(mallory, resident).submit("verify", code=code).errors


class TestEnrolment:
    """Attack 157."""

    def test_the_secret_is_ours_long_pending_and_shown_to_nobody_twice(
        self, mallory: Browser, resident: Person, clock: Clock
    ) -> None:
        mallory.submit("verify", code=resident.code()).get(ADD)
        shown = mallory.page.select_one(".secret code")
        assert shown is not None and "no-store" in mallory.headers["Cache-Control"]
        seed = shown.get_text().replace(" ", "")
        assert len(pyotp.TOTP(seed).byte_secret()) == 20
        token = mallory.field("csrf_token")["value"]
        mine, form = "A" * 32, {"csrf_token": token}
        for sent in ({"secret": mine, "seed": mine, "code": pyotp.TOTP(mine).at(clock.now)}, {}, {"code": ""}):
            mallory.post(ADD, form | sent)
        mallory.get(f"{ADD}?code={pyotp.TOTP(seed).at(clock.now)}")
        assert len(service.apps_of(resident.id)) == 1, "neither GET, nor a secret of one's own, nor no code"
        mallory.get(ADD).submit("verify", code=pyotp.TOTP(seed).at(clock.now))
        assert len(service.apps_of(resident.id)) == 2
        again = mallory.get(ADD).page.select_one(".secret code")
        assert again is not None and again.get_text().replace(" ", "") != seed
        clock.advance(11 * MINUTE)
        assert mallory.get(ADD).data_page == "confirm"


class TestRecoveryCodes:
    """Attacks 160 and 161. The race is in ``test_races.py``."""

    def test_one_serves_once_belongs_to_one_and_dies_with_its_set(
        self, mallory: Browser, resident: Person, paper: tuple[str, ...], make_account: Accounts, marked: Marked
    ) -> None:
        bob = make_account(totp=True)
        theirs = codes.make(bob.id)
        marked.add(*theirs)
        by_paper = mallory.click("other-ways").click("recovery-code").url
        for refused in (theirs[0], "0" * 16):
            assert mallory.submit("verify", code=refused).errors
        other = typed(mallory, resident)
        mallory.submit("verify", code=paper[0].lower().replace("-", "  ")).submit("saved")
        assert is_in(mallory) and mallory.get(by_paper).data_page == "account"
        other.click("other-ways").click("recovery-code")
        assert other.submit("verify", code=paper[0]).errors
        renewed = codes.make(resident.id)
        marked.add(*renewed)
        assert other.submit("verify", code=paper[1]).errors
        assert [entry.facts["left"] for entry in search(kind="mfa.recovery_code_used")] == [9]
        assert any("9 recovery codes left" in letter.text for letter in queued() if letter.to == resident.email)

    def test_they_are_long_hashed_limited_and_one_computation_answers_for_ten(
        self, mallory: Browser, resident: Person, paper: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = execute(select(RecoveryCode.digest)).scalars().all()
        assert recovery.LENGTH * 5 >= 64 and not {code.replace("-", "").encode() for code in paper} & set(kept)
        computed, digest = [], recovery.digest
        monkeypatch.setattr(recovery, "digest", lambda code, salt: computed.append(code) or digest(code, salt))
        step = mallory.click("other-ways").click("recovery-code").url
        for guess in ("0" * 16, "x" * 1_000_000, "0000\0" * 4, "1" * 16):
            mallory.get(step).submit("verify", code=guess)
            assert mallory.status in {200, 400, 413} and mallory.data_page != "new-code"
        assert len(computed) == 2, "one each for what could be a code, none for what could not"
        statuses = [mallory.get(step).submit("verify", code="3" * 16).status for _ in range(28)]
        assert 429 in statuses and len(computed) <= 5, "five tries an hour"


class TestWeakening:
    """Attack 164."""

    def test_a_factor_goes_only_by_a_recent_strong_proof_of_its_owner(
        self, mallory: Browser, resident: Person, make_account: Accounts, clock: Clock
    ) -> None:
        mallory.submit("verify", code=resident.code())
        (mine,), bob = service.apps_of(resident.id), make_account(totp=True)
        (theirs,) = service.apps_of(bob.id)
        token = mallory.get(ADD).field("csrf_token")["value"]
        remove = {"remove": "yes"}
        assert mallory.post(f"{APPS}/{theirs.id}", remove | {"csrf_token": token}).status == 404
        assert mallory.post(f"{APPS}/{theirs.id}", {"name": "Mine", "csrf_token": token}).status == 404
        assert mallory.post(f"{APPS}/{mine.id}", remove).status == 400, "without the form's token"
        mallory.get(f"{APPS}/{mine.id}?remove=yes")
        mallory.get(f"{APPS}/{mine.id}").submit("remove")
        assert mallory.errors, "the last one stays while every sign-in needs it"
        clock.advance(11 * MINUTE)
        assert mallory.post(f"{APPS}/{mine.id}", remove | {"csrf_token": token}).data_page == "signed-out-meanwhile"
        assert service.apps_of(resident.id) == [mine] and service.apps_of(bob.id) == [theirs]

    def test_below_the_full_level_it_waits_and_every_address_hears_of_it(
        self, mallory: Browser, resident: Person, clock: Clock
    ) -> None:
        given(resident.id, phone())
        mallory.submit("verify", code=resident.code())
        assert is_in(mallory)
        (mine,) = service.apps_of(resident.id)
        mallory.get(f"{APPS}/{mine.id}").submit("remove")
        assert service.find(resident.id, mine.id).leaves_at == clock.now + 72 * HOUR
        assert "will be removed" in queued()[-1].subject and "/not-me/" in queued()[-1].text

    @pytest.mark.settings(mfa="optional")
    def test_a_session_of_a_password_alone_adds_nothing_beside_what_was_bound_meanwhile(
        self, browser: Browser, make_account: Accounts
    ) -> None:
        carol = make_account()
        browser.get("/sign-in").submit("sign-in", email=carol.email, password=carol.password)
        service.add_totp_for_operator(carol.id)
        for page in (ADD, APPS, CODES):
            assert browser.get(page).data_page == "confirm", page
        assert len(service.apps_of(carol.id)) == 1


class TestTruth:
    """Attack 167."""

    def test_what_was_done_is_what_is_said(
        self,
        browser: Browser,
        resident: Person,
        party: Party,
        paper: tuple[str, ...],
        clock: Clock,
    ) -> None:
        agree(resident, party.registered)
        device = phone()

        def by_app(person: Browser) -> None:
            typed_in(person).submit("verify", code=resident.code())

        def by_paper(person: Browser) -> None:
            typed_in(person).click("other-ways").click("recovery-code").submit("verify", code=paper[0]).submit("saved")

        def by_passkey(person: Browser) -> None:
            given(resident.id, device)
            show(person.get("/sign-in"), device)

        def typed_in(person: Browser) -> Browser:
            return person.get("/sign-in").submit("sign-in", email=resident.email, password=resident.password)

        for sign_in, acr, amr in (
            (by_app, AAL2, {"pwd", "otp", "mfa"}),
            (by_paper, AAL2, {"pwd", "otp", "mfa"}),
            (by_passkey, AAL2_PHISHING_RESISTANT, {"swk", "user", "mfa"}),
        ):
            person, at = browser.another(), clock.advance(MINUTE)
            sign_in(person)
            clock.advance(MINUTE)
            tokens = party.tokens(person, acr_values=f"{acr} {AAL2}")
            claims = party.read(tokens["id_token"])
            assert (claims["acr"], set(claims["amr"]), claims["auth_time"]) == (acr, amr, at)
            heard = party.introspect(tokens["access_token"])
            assert (heard.get("acr", acr), heard.get("auth_time", at)) == (acr, at)
            newest = execute(select(SessionRow.acr).order_by(SessionRow.created_at.desc())).scalars().first()
            assert newest == acr

    def test_a_mailed_code_proves_nothing_of_it(self, browser: Browser, marked: Marked) -> None:
        marked.add("marked.nora@residents.example")
        browser.get("/sign-up").submit(email="marked.nora@residents.example")
        browser.submit(code=queued()[-1].code).submit(password="Marked-Kestrel-77-harbour")
        assert browser.data_page == "second-way" and not is_in(browser)
        nora = accounts.find_by_email("marked.nora@residents.example")
        assert nora is not None and execute(select(SessionRow.acr)).all() == []


def _address(app: Flask, endpoint: str, attempt_id: str) -> str:
    with app.test_request_context():
        return str(app.url_for(endpoint, attempt_id=attempt_id, _external=False))
