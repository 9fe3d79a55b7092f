"""The consent page, as a resident sees it on the way to an agency app."""

from __future__ import annotations

import base64
import hashlib

import pytest
from sqlalchemy import func, select

from consent import service
from consent.models import Decision
from idp.audit.service import search
from idp.clients import service as clients
from idp.kernel.db import execute
from idp.tokens import codes
from profiles import service as profiles
from tests.support.browser import Browser

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPES = ("openid", "email", "profile", "phone", "residency", "offline_access")
PROFILE = {
    "legal_name": {"given": "Marisolita", "family": "Quispe"},
    "birthdate": "1980-03-01",
    "phone_number": "617 555 0142",
}


@pytest.fixture
def ana(make_account):
    person = make_account(totp=True)
    profiles.change(person.id, PROFILE)
    return person


@pytest.fixture
def snap(make_client):
    return make_client(name="SNAP Online", agency="Department of Tests", scopes=SCOPES)


def ask(browser: Browser, client, scope: str = "openid email phone", **more: str) -> Browser:
    return browser.get(
        "/authorize",
        query_string={
            "client_id": client.id,
            "redirect_uri": client.redirect_uri,
            "response_type": "code",
            "scope": scope,
            "state": "S1",
            "nonce": "N1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **more,
        },
    )


@pytest.fixture
def asked(browser, ana, snap) -> Browser:
    """Ana's browser on the consent page."""
    ask(browser.sign_in(ana), snap)
    assert browser.data_page == "consent"
    return browser


def claims_got(browser: Browser, client) -> set[str]:
    return set(codes.redeem(browser.answer["code"], client.id).grant.claims)


def decisions() -> int:
    return execute(select(func.count()).select_from(Decision)).scalar_one()


def boxes(browser: Browser) -> dict[str, bool]:
    return {box["value"]: box.has_attr("checked") for box in browser.page.find_all("input", attrs={"name": "claim"})}


def fields_of(browser: Browser, **changed) -> dict[str, object]:
    form = browser.page.find("main").find("form")
    hidden = {tag["name"]: tag["value"] for tag in form.find_all("input", attrs={"type": "hidden"})}
    return {name: value for name, value in {**hidden, **changed}.items() if value is not None}


def sign_out(browser: Browser) -> Browser:
    browser.get("/account")
    return browser.post("/sign-out", {"csrf_token": browser.field("csrf_token")["value"]})


def test_the_page_says_who_asks_and_shows_the_real_values_unticked(asked, ana) -> None:
    assert "SNAP Online" in asked.page.h1.get_text()
    assert "Department of Tests" in asked.text
    assert "app.agency.example" in asked.text
    assert boxes(asked) == {
        "email": False,
        "email_verified": False,
        "phone_number": False,
        "phone_number_verified": False,
    }
    assert all(asked.page.find(id=f"claim-{name}") for name in boxes(asked))
    assert ana.email in asked.text
    assert "+1 617-555-0142" in asked.text
    assert [asked.page.find(id=name).name for name in ("share", "decline")] == ["button", "button"]
    assert asked.page.find(id="share")["class"] == asked.page.find(id="decline")["class"]


def test_a_sensitive_value_is_masked_until_it_is_opened(asked) -> None:
    closed = [
        details for details in asked.page.find("main").find_all("details") if "+1 617-555-0142" in details.get_text()
    ]
    assert len(closed) == 1
    assert not closed[0].has_attr("open")
    assert "617" not in closed[0].summary.get_text()
    visible = asked.page.find("main")
    closed[0].decompose()
    assert "617" not in visible.get_text()


def test_what_is_ticked_is_what_the_app_gets(asked, snap) -> None:
    asked.submit("share", claim=["phone_number"])
    assert asked.location.startswith(snap.redirect_uri)
    assert (asked.answer["state"], asked.answer["iss"]) == ("S1", "http://localhost:8000")
    assert claims_got(asked, snap) == {"phone_number"}


def test_nothing_ticked_shares_nothing_but_the_sign_in(asked, snap) -> None:
    asked.submit("share", claim=[])
    assert claims_got(asked, snap) == set()


def test_saying_no_tells_the_app_only_that(asked, snap, ana) -> None:
    asked.submit("decline", claim=["email"])
    assert asked.location.startswith(snap.redirect_uri)
    assert asked.answer["error"] == "access_denied"
    assert "code" not in asked.answer
    assert decisions() == 0
    assert [entry.kind for entry in search(account=ana.id, client=snap.id)] == ["consent.declined"]


def test_a_no_cannot_be_turned_into_a_yes_with_the_back_button(asked, snap) -> None:
    path, answer = asked.path, fields_of(asked, decision="share", claim="email")
    asked.submit("decline")
    assert asked.get(path).location == snap.client.home
    assert asked.post(path, answer).location == snap.client.home
    assert decisions() == 0
    assert ask(asked, snap).data_page == "consent"


def test_a_no_in_one_tab_is_not_overruled_by_the_other(asked, snap) -> None:
    path, answer = asked.path, fields_of(asked, decision="share", claim="email")
    asked.submit("decline", follow=False)
    asked.post(path, answer)
    assert asked.answer["error"] == "access_denied"
    assert decisions() == 0


def test_a_no_leaves_an_earlier_yes_as_it_was_and_does_not_use_it(browser, ana, snap) -> None:
    ask(browser.sign_in(ana), snap).submit("share", claim=["email"])
    before = service.live(ana.id, snap.id)
    ask(browser, snap, prompt="consent").submit("decline")
    assert browser.answer["error"] == "access_denied"
    assert service.live(ana.id, snap.id) == before


def test_the_answer_is_remembered(asked, snap) -> None:
    asked.submit("share", claim=["email"])
    for more in ({}, {"prompt": "none"}):
        assert claims_got(ask(asked, snap, **more), snap) == {"email"}


def test_without_an_answer_a_silent_request_gets_none(browser, ana, snap) -> None:
    ask(browser.sign_in(ana), snap, prompt="none")
    assert browser.answer["error"] == "consent_required"
    ask(browser, snap).submit("share", claim=["email"])
    ask(browser, snap, scope="openid email phone profile", prompt="none")
    assert browser.answer["error"] == "consent_required"


def test_a_larger_request_is_asked_again_and_says_what_is_shared_now(asked, snap) -> None:
    asked.submit("share", claim=["email"])
    ask(asked, snap, scope="openid email phone profile")
    assert asked.data_page == "consent"
    assert "You share this now: Email address." in asked.text
    assert not any(boxes(asked).values())
    asked.submit("share", claim=["email", "given_name"])
    assert claims_got(asked, snap) == {"email", "given_name"}


def test_a_second_small_request_does_not_undo_the_first(asked, snap) -> None:
    asked.submit("share", claim=["email"])
    ask(asked, snap, scope="openid profile")
    assert "You also go on sharing this: Email address." in asked.text
    asked.submit("share", claim=["given_name"])
    assert claims_got(asked, snap) == {"given_name"}
    assert claims_got(ask(asked, snap, scope="openid email profile", prompt="none"), snap) == {"email", "given_name"}


def test_prompt_consent_asks_each_time_and_only_once(asked, snap) -> None:
    asked.submit("share", claim=["email"])
    for claim in ("email", "phone_number"):
        ask(asked, snap, prompt="consent")
        assert asked.data_page == "consent"
        asked.submit("share", claim=[claim])
        assert claims_got(asked, snap) == {claim}


def test_what_the_app_needs_is_listed_without_a_box_and_always_shared(browser, ana, make_client) -> None:
    needy = make_client(name="Needy", scopes=SCOPES, required_claims=("email",))
    ask(browser.sign_in(ana), needy)
    assert "email" not in boxes(browser)
    assert ana.email in browser.text
    browser.submit("share", claim=[])
    assert claims_got(browser, needy) == {"email"}


def test_what_few_people_have_is_asked_of_those_who_have_it(browser, ana, make_client) -> None:
    curious = make_client(name="Curious", scopes=("openid", "profile"))
    ask(browser.sign_in(ana), curious, scope="openid profile")
    seldom = {"gender", "preferred_username", "website", "profile", "picture", "zoneinfo"}
    assert boxes(browser) and not seldom & set(boxes(browser))
    profiles.change(ana.id, {"website": "https://ana.example", "gender": "woman"})
    browser.get(browser.path)
    assert seldom & set(boxes(browser)) == {"website", "gender"}
    assert "woman" in browser.text


def test_a_missing_value_is_named_and_can_be_added_there_and_then(browser, ana, snap) -> None:
    ask(browser.sign_in(ana), snap, scope="openid residency")
    consent_page = browser.path
    assert browser.text.count("Not in your profile yet") == 3
    browser.get(next(a["href"] for a in browser.page.find("main").find_all("a") if a.get_text().startswith("Add it")))
    browser.submit("save", line1="1 Ashburton Pl", city="Boston", region="MA", postal_code="02108")
    assert browser.path == consent_page
    assert "1 Ashburton Pl" in browser.text
    assert browser.text.count("Not in your profile yet") == 1
    browser.submit("share", claim=["lives_in_state"])
    assert claims_got(browser, snap) == {"lives_in_state"}


def test_a_first_sign_in_without_claims_asks_once(browser, ana, snap) -> None:
    ask(browser.sign_in(ana), snap, scope="openid")
    assert boxes(browser) == {}
    assert "learns only that you are signed in" in browser.text
    browser.submit("share")
    assert claims_got(browser, snap) == set()
    assert "code" in ask(browser, snap, scope="openid").answer


def test_offline_access_is_said_and_recorded(browser, ana, snap) -> None:
    ask(browser.sign_in(ana), snap, scope="openid offline_access")
    assert "while you are away" in browser.text
    browser.submit("share")
    assert "offline_access" in codes.redeem(browser.answer["code"], snap.id).grant.scopes


def test_a_first_party_app_is_not_asked_about(browser, ana, make_client) -> None:
    ours = make_client(name="Ours", scopes=SCOPES, first_party=True)
    assert claims_got(ask(browser.sign_in(ana), ours, scope="openid email"), ours) == {"email", "email_verified"}


@pytest.mark.parametrize(
    "decision", [None, [], ["share", "decline"], ["share", "share"], "True ", "yes", "SHARE", "share "]
)
def test_an_answer_that_is_not_one_is_refused(asked, decision, ana) -> None:
    path = asked.path
    asked.post(path, fields_of(asked, decision=decision, claim="email"))
    assert (asked.status, asked.data_error) == (400, "malformed_decision")
    assert decisions() == 0
    asked.get(path).submit("share", claim=["email"])
    assert decisions() == 1


def test_claims_that_were_not_asked_for_or_not_allowed_are_not_granted(browser, ana, make_client) -> None:
    small = make_client(name="Small", scopes=("openid", "email"))
    ask(browser.sign_in(ana), small, scope="openid email phone residency")
    assert set(boxes(browser)) == {"email", "email_verified"}
    ticked = ["email", "email", "phone_number", "birthdate", "verified_claims", "sub", "", "e" * 10_000]
    browser.post(browser.path, fields_of(browser, decision="share", claim=ticked))
    assert claims_got(browser, small) == {"email"}
    live = service.live(ana.id, small.id)
    assert (live.asked_claims, live.granted_claims) == ({"email", "email_verified"}, {"email"})


def test_extra_fields_of_the_form_change_nothing(asked, snap, make_client) -> None:
    other = make_client(name="Other", scopes=SCOPES)
    more = {
        "scope": "openid profile",
        "client_id": other.id,
        "scopes": "residency",
        "account_id": "x",
        "claims": "birthdate",
    }
    asked.post(asked.path, fields_of(asked, decision="share", claim="email", **more))
    assert asked.location.startswith(snap.redirect_uri)
    assert claims_got(asked, snap) == {"email"}
    assert decisions() == 1


def test_a_post_without_the_form_token_is_refused(asked) -> None:
    asked.post(asked.path, fields_of(asked, decision="share", csrf_token=None))
    assert asked.status == 400
    assert decisions() == 0


def test_the_page_of_one_browser_is_nothing_in_another(asked, make_account) -> None:
    """Mallory sends Alice the address of a request that she began."""
    alice = make_account(totp=True)
    victim = asked.another().sign_in(alice)
    assert victim.get(asked.path).data_error == "request_gone"
    token = victim.get("/account/profile/preferred-name").field("csrf_token")["value"]
    victim.post(asked.path, fields_of(asked, decision="share", claim="email", csrf_token=token))
    assert (victim.status, victim.data_error) == (410, "request_gone")
    assert decisions() == 0


def test_a_request_that_nobody_made_is_refused(browser, ana, snap) -> None:
    browser.sign_in(ana)
    for request_id in ("nothing", f"nothing.{snap.id}", "a" * 500, "%00", "."):
        assert 400 <= browser.get(f"/consent/{request_id}").status < 500


def test_a_page_shown_to_one_resident_is_not_answered_by_the_next(asked, ana, snap, make_account) -> None:
    """On a shared computer: Bo signs in while Ana's page is still open, and presses Share on it."""
    bo = make_account(totp=True)
    path, answer = asked.path, fields_of(asked, decision="share", claim="email")
    sign_out(asked).sign_in(bo)
    answer["csrf_token"] = asked.get("/account/profile/preferred-name").field("csrf_token")["value"]
    asked.post(path, answer)
    assert decisions() == 0
    assert (asked.path, asked.data_page) == (path, "consent")
    assert bo.email in asked.text
    assert ana.email not in asked.text
    asked.submit("share", claim=["email"])
    assert service.live(bo.id, snap.id).granted_claims == {"email"}
    assert service.live(ana.id, snap.id) is None


def test_a_sign_in_of_one_resident_does_not_count_for_the_next(browser, ana, snap, make_account) -> None:
    """prompt=login was answered by Ana; Bo, who took over the browser, still has to sign in for it."""
    bo = make_account(totp=True)
    ask(browser, snap, prompt="login").sign_in(ana, path=None)
    path = browser.path
    assert browser.data_page == "consent"
    sign_out(browser).sign_in(bo).get(path).submit("share", claim=["email"])
    assert browser.path.startswith("/sign-in/")
    assert "code" not in (browser.location or "")


def test_a_stranger_signs_in_for_this_very_request_and_comes_back(asked, ana) -> None:
    path = asked.path
    sign_out(asked).get(path)
    assert asked.path == f"/sign-in/{path.removeprefix('/consent/')}"


def test_a_used_page_is_over(asked, snap) -> None:
    path, answer = asked.path, fields_of(asked, decision="share", claim="phone_number")
    asked.submit("share", claim=["email"])
    assert asked.post(path, answer).location == snap.client.home
    assert claims_got(ask(asked, snap, prompt="none"), snap) == {"email"}


def test_looking_changes_nothing(asked, ana) -> None:
    before = len(search(account=ana.id))
    asked.get(asked.path).get(asked.path + "?decision=share&claim=email")
    assert asked.data_page == "consent"
    assert decisions() == 0
    assert len(search(account=ana.id)) == before


def test_an_api_that_the_app_may_use_is_named_and_a_new_one_is_asked_for(browser, ana, make_client):
    for name in ("Benefits", "Taxes"):
        resource, scope = f"https://{name.lower()}.example/", f"{name.lower()}.read"
        make_client(
            name=name, redirect_uris=(), grants=("client_credentials",), resource=resource, resource_scopes=[scope]
        )
    helper = make_client(name="Helper", scopes=("openid", "benefits.read", "taxes.read"))
    ask(browser, helper, "openid benefits.read")
    browser.sign_in(ana, path=None)
    assert "use this for you: Benefits." in browser.text

    browser.submit("share")
    assert "code" in ask(browser, helper, "openid benefits.read", prompt="none").answer

    assert ask(browser, helper, "openid taxes.read", prompt="none").answer["error"] == "consent_required"


@pytest.mark.parametrize(
    "change",
    [{"name": "Quite Another"}, {"redirect_uris": ["https://app.agency.example/callback", "https://evil.example/cb"]}],
    ids=str,
)
def test_an_app_that_is_another_one_now_is_asked_for_again(browser, ana, snap, clock, change):
    """Attack 093: the answer was given to who the app was then."""
    ask(browser, snap, "openid")
    browser.sign_in(ana, path=None)
    browser.submit("share")
    same_home = ["https://app.agency.example/callback", "https://app.agency.example/other"]
    clients.change(snap.id, redirect_uris=same_home)
    clock.advance(2)
    assert "code" in ask(browser, snap, "openid", prompt="none").answer

    clients.change(snap.id, **change)
    clock.advance(2)

    assert ask(browser, snap, "openid", prompt="none").answer["error"] == "consent_required"
