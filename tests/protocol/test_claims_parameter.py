"""The ``claims`` parameter (OIDC Core section 5.5): claims by name, at userinfo and in the ID token, within consent."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from consent import service as consent
from idp.clients import asking
from idp.clients import service as clients
from idp.clients.asking import ClaimsRequest, Wanted
from idp.clients.errors import MalformedClaims
from idp.kernel.contracts import Ask
from idp.kernel.db import db
from idp.kernel.registry import registry
from idp.oidc import claims_request
from idp.sessions.assurance import AAL1, AAL2, AAL3
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, granted, signed_in, told
from tests.support.requests import push, visit
from tests.support.statements import recorded

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def asks(userinfo: dict[str, Any] | None = None, id_token: dict[str, Any] | None = None) -> str:
    """A claims parameter."""
    both = {"userinfo": userinfo, "id_token": id_token}
    return json.dumps({place: claims for place, claims in both.items() if claims is not None})


def told_of(party: Party, browser: Browser, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the app learns: the claims of userinfo and of the ID token."""
    tokens = party.tokens(browser, **changes)
    return granted(party.userinfo(tokens["access_token"])), party.read(tokens["id_token"])


@pytest.fixture
def willing(at_home: Browser, party: Party, resident: Person) -> Browser:
    """The resident agreed to all that the app may ever ask for."""
    agree(resident, party.registered, claims=set(registry().claims_of(party.registered.client.scopes)))
    return at_home


def test_a_claim_asked_for_by_name_is_told_where_it_was_asked_for_and_nowhere_else(
    willing: Browser, party: Party
) -> None:
    userinfo, id_token = told_of(party, willing, scope="openid", claims=asks({"given_name": None}, {"email": None}))

    assert userinfo.keys() == {"sub", "given_name"}
    assert id_token["email"] and "given_name" not in id_token and "family_name" not in id_token


def test_claims_of_scopes_and_by_name_add_up(willing: Browser, party: Party) -> None:
    userinfo, _ = told_of(party, willing, scope="openid email", claims=asks({"family_name": {"essential": True}}))

    assert userinfo.keys() == {"sub", "email", "email_verified", "family_name"}


def test_a_refreshed_token_tells_the_same(willing: Browser, party: Party) -> None:
    tokens = party.tokens(willing, scope="openid offline_access", claims=asks({"name": None}, {"email": None}))
    again = granted(party.refresh(tokens["refresh_token"]))

    assert granted(party.userinfo(again["access_token"])).keys() == {"sub", "name"}
    assert party.read(again["id_token"])["email"]


def test_no_claim_is_told_that_the_app_may_not_have(
    browser: Browser, make_client: Callable[..., App], resident: Person
) -> None:
    party = Party(browser.app, make_client(scopes=("openid", "email"), first_party=True))
    names = ["email", "name", "birthdate", "password_hash", "is_admin", "__class__", "constructor", "sub", "iss", "acr"]
    everything = dict.fromkeys(names)
    userinfo, id_token = told_of(
        party, signed_in(browser, resident), scope="openid", claims=asks(everything, everything)
    )

    assert userinfo.keys() == {"sub", "email"}
    assert not {"name", "birthdate", "is_admin", "password_hash"} & id_token.keys()
    assert id_token["iss"] == party.issuer


def test_a_claim_registered_as_needed_may_be_asked_for_without_its_scope(
    browser: Browser, make_client: Callable[..., App], resident: Person
) -> None:
    party = Party(browser.app, make_client(scopes=("openid",), required_claims=("name",), first_party=True))

    userinfo, _ = told_of(party, signed_in(browser, resident), claims=asks({"name": None, "given_name": None}))
    assert userinfo.keys() == {"sub", "name"}


def test_an_essential_claim_that_is_not_there_is_left_out(willing: Browser, party: Party) -> None:
    essential = {"essential": True}
    wanted = {"nickname": essential, "verified_claims": essential, "é n-ode:#": essential, "middle_name": essential}

    assert told_of(party, willing, scope="openid", claims=asks(wanted, wanted))[0].keys() == {"sub"}


def test_a_value_that_is_not_the_wanted_one_is_left_out(willing: Browser, party: Party, resident: Person) -> None:
    fits = {"email": {"value": resident.email}, "given_name": {"values": ["Marisol", "Mary"]}}
    other = {"email": {"value": "x@y.example"}, "given_name": {"values": []}, "email_verified": {"value": 1}}

    assert told_of(party, willing, scope="openid", claims=asks(fits, fits))[0].keys() == {"sub", *fits}
    assert told_of(party, willing, scope="openid", claims=asks(other, other))[0].keys() == {"sub"}
    assert "email" not in told_of(party, willing, scope="openid email", claims=asks(other))[0]


def test_further_members_and_a_purpose_do_not_matter(willing: Browser, party: Party) -> None:
    claims = json.dumps({"userinfo": {"name": {"purpose": "To greet you", "x": [1]}}, "other": 5})

    assert told_of(party, willing, scope="openid", claims=claims)[0].keys() == {"sub", "name"}


def test_what_is_no_claims_parameter_is_an_error(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    deep = '{"userinfo":{"x":' + '{"x":' * 200 + "1" + "}" * 202
    wrong = ["[]", '"x"', "5", "null", "{", "[}", '{"userinfo":[]}', '{"id_token":"x"}', '{"userinfo":{"name":5}}']
    wrong += ['{"userinfo":{"name":{"essential":"yes"}}}', '{"id_token":{"acr":{"values":"x"}}}', deep, "[" * 4000]
    for claims in wrong:
        with subtests.test(claims[:40]):
            told(party.authorize(at_home, claims=claims), party, "invalid_request")


class TestConsent:
    def test_the_page_shows_what_is_asked_for_by_name_and_what_was_ticked_is_told(
        self, browser: Browser, party: Party, resident: Person
    ) -> None:
        party.authorize(
            signed_in(browser, resident), follow=True, scope="openid", claims=asks({"name": None}, {"email": None})
        )
        assert {str(box["value"]) for box in browser.page.select("input[name=claim]")} == {"name", "email"}

        browser.submit("share", claim=["name"])
        tokens = granted(party.redeem(browser.answer["code"]))
        assert granted(party.userinfo(tokens["access_token"])).keys() == {"sub", "name"}
        assert "email" not in party.read(tokens["id_token"])

    def test_a_claim_beyond_what_was_agreed_is_asked_about_first(
        self, browser: Browser, party: Party, resident: Person
    ) -> None:
        agree(resident, party.registered, "openid")
        signed_in(browser, resident)

        told(
            party.authorize(browser, scope="openid", prompt="none", claims=asks({"name": None})),
            party,
            "consent_required",
        )
        assert "code" in party.authorize(browser, scope="openid", prompt="none", claims=asks({"unknown": None})).answer

    def test_what_is_taken_back_is_told_no_more(self, willing: Browser, party: Party, resident: Person) -> None:
        tokens = party.tokens(willing, scope="openid", claims=asks({"name": None, "email": None}))
        consent.change(resident.id, party.registered.client, ["email"])

        assert granted(party.userinfo(tokens["access_token"])).keys() == {"sub", "email"}

    def test_page_and_gate_read_a_request_alike(self, app: Flask, party: Party) -> None:
        client = party.registered.client
        for scope, claims in (
            ("openid profile", ""),
            ("openid", asks({"name": None})),
            ("email", asks({"name": None})),
        ):
            asked = asking.of(client, scope, claims)
            assert asked.claims <= registry().claims_of(client.scopes)
            assert bool(asked.claims) is ("openid" in scope)


class TestSubject:
    """Section 5.5.1: a wanted ``sub`` must be who signs in."""

    def test_who_is_here_is_the_one_meant(self, at_home: Browser, party: Party) -> None:
        subject = party.read(party.tokens(at_home)["id_token"])["sub"]

        for claims in (asks(None, {"sub": {"value": subject}}), asks({"sub": {"values": ["x", subject]}})):
            assert "code" in party.authorize(at_home, prompt="none", claims=claims).answer

    def test_somebody_else_is_not_answered_for_them(
        self, at_home: Browser, party: Party, make_account: Callable[..., Person]
    ) -> None:
        other = make_account(totp=True)
        agree(other, party.registered)
        theirs = party.read(party.tokens(signed_in(at_home.another(), other))["id_token"])["sub"]
        mine = party.tokens(at_home)["id_token"]
        claims = asks(None, {"sub": {"value": theirs}})

        told(party.authorize(at_home, prompt="none", claims=claims), party, "login_required")
        told(party.authorize(at_home, prompt="none", claims=claims, id_token_hint=mine), party, "login_required")
        told(party.authorize(at_home, prompt="none", claims=asks(None, {"sub": {"value": 5}})), party, "login_required")

        party.authorize(at_home, claims=claims).follow()
        at_home.sign_in(other, path=None)
        assert party.read(granted(party.redeem(at_home.answer["code"]))["id_token"])["sub"] == theirs

    def test_what_can_be_no_subject_means_nobody(self, at_home: Browser, party: Party) -> None:
        subject = party.read(party.tokens(at_home)["id_token"])["sub"]
        strange = ["\ud800", "\0", subject + "\0", "é", "x" * 65, "", " \n", 5, None, [subject], {subject: 1}]
        for value in strange:
            for asked in (asks(None, {"sub": {"value": value}}), asks({"sub": {"values": [value]}})):
                told(party.authorize(at_home, prompt="none", claims=asked), party, "login_required")
        fits = asks(None, {"sub": {"values": [*strange[:9], subject]}})
        assert "code" in party.authorize(at_home, prompt="none", claims=fits).answer

    def test_a_few_may_be_named_and_they_are_looked_up_together(self, at_home: Browser, party: Party) -> None:
        subject = party.read(party.tokens(at_home)["id_token"])["sub"]
        others = [f"other-{number}" for number in range(10)]
        with recorded(db.engine) as statements:
            few = asks(None, {"sub": {"values": [*others[1:], subject]}})
            assert "code" in party.authorize(at_home, prompt="none", claims=few).answer
        assert sum("FROM subjects" in statement and " IN " in statement for statement in statements) == 1
        assert len(statements) < 10, statements

        with recorded(db.engine) as statements:
            for asked in (asks(None, {"sub": {"values": [*others, subject]}}), asks({"sub": {"values": ["x"] * 500}})):
                told(party.authorize(at_home, claims=asked), party, "invalid_request")
        assert not any("subjects" in statement for statement in statements)

    def test_a_subject_of_another_app_means_nobody(self, at_home: Browser, party: Party, another: Party) -> None:
        agree_subject = party.read(party.tokens(at_home)["id_token"])["sub"]
        clients.change(another.id, first_party=True)
        claims = asks(None, {"sub": {"value": agree_subject}})

        told(another.authorize(at_home, prompt="none", claims=claims), another, "login_required")


class TestStrength:
    """Section 5.5.1.1: an essential ``acr`` with values is a demand, any other a wish."""

    def demand(self, *levels: str) -> str:
        return asks(None, {"acr": {"essential": True, "values": list(levels)}})

    def test_a_demand_that_is_met_is_told(self, at_home: Browser, party: Party) -> None:
        assert told_of(party, at_home, claims=self.demand(AAL2, AAL3))[1]["acr"] == AAL2
        assert told_of(party, at_home, claims=asks(None, {"acr": {"essential": True, "value": AAL1}}))[1]["acr"] == AAL1

    def test_a_demand_in_reach_is_a_further_step(self, browser: Browser, party: Party, resident: Person) -> None:
        agree(resident, party.registered)
        signed_in(browser, resident, ("password",))

        told(party.authorize(browser, prompt="none", claims=self.demand(AAL2)), party, "interaction_required")
        party.authorize(browser, claims=self.demand(AAL2))
        assert (browser.location or "").startswith("/sign-in/step-up/")

    def test_a_demand_out_of_reach_is_an_error(self, at_home: Browser, party: Party) -> None:
        for level in ("http://idmanagement.gov/ns/assurance/aal/4", "gold", ""):
            told(party.authorize(at_home, claims=self.demand(level)), party, "unmet_authentication_requirements")
        nothing = asks(None, {"acr": {"essential": True, "values": []}})
        assert "code" in party.authorize(at_home, claims=nothing).answer

    def test_a_wish_is_never_an_error(self, at_home: Browser, party: Party) -> None:
        for wish in ({"values": ["gold", AAL3]}, {"essential": True}, None):
            assert told_of(party, at_home, claims=asks(None, {"acr": wish}))[1]["acr"] == AAL2

    def test_a_wish_in_reach_is_asked_for_once_also_where_it_is_registered(
        self, browser: Browser, party: Party, resident: Person, clock: Clock
    ) -> None:
        agree(resident, party.registered)
        signed_in(browser, resident, ("password",))
        assert "code" in party.authorize(browser).answer

        party.authorize(browser, claims=asks(None, {"acr": {"value": AAL2}}))
        assert (browser.location or "").startswith("/sign-in/step-up/")
        clients.change(party.id, default_acr_values=[AAL2])
        clock.advance(2)
        assert (party.authorize(browser).location or "").startswith("/sign-in/step-up/")
        assert "code" in party.authorize(browser, acr_values=AAL1).answer

    def test_auth_time_is_always_told(self, at_home: Browser, party: Party) -> None:
        assert told_of(party, at_home, claims=asks(None, {"auth_time": {"essential": True}}))[1]["auth_time"]


def test_it_can_be_pushed(willing: Browser, party: Party) -> None:
    visit(party, willing, push(party, scope="openid", claims=asks({"name": None})))

    tokens = granted(party.redeem(willing.answer["code"]))
    assert granted(party.userinfo(tokens["access_token"])).keys() == {"sub", "name"}


@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        request = asking.parse(json.dumps(value))
    except MalformedClaims:
        return
    assert isinstance(value, dict)
    for place, read in (("userinfo", request.userinfo), ("id_token", request.id_token)):
        assert read.keys() == (value.get(place) or {}).keys()


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(MalformedClaims):
        asking.parse(text)


WANTED = st.builds(Wanted, st.booleans(), st.none() | st.lists(JSON, max_size=3).map(tuple))
PART = st.dictionaries(st.text(max_size=5), WANTED, max_size=3)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(request=st.builds(ClaimsRequest, PART, PART))
def test_what_was_asked_comes_back_from_the_database_as_it_was(app: Flask, request: ClaimsRequest) -> None:
    sealed = claims_request.seal(request)

    assert (sealed is None) is not bool(request.names)
    assert claims_request.open_asked(sealed) == request


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), PART)
def test_only_values_that_would_do_are_told(values: dict[str, Any], wanted: dict[str, Wanted]) -> None:
    held = claims_request.held(wanted, values)

    assert all(held[name] == values[name] for name in held)
    for name in values.keys() - held.keys():
        assert wanted[name].values is not None
        assert json.dumps(values[name]) not in [json.dumps(one) for one in wanted[name].values or ()]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(st.sampled_from(["openid", "profile", "email", "phone", "OPENID", "*", "é", ""]), max_size=6))
def test_a_scope_gives_what_is_registered_and_no_more(app: Flask, make_client: Any, words: list[str]) -> None:
    client = _client(make_client)
    asked = asking.of(client, " ".join(words), "")

    assert asked.scopes == set(words) & {"openid", "email"}
    assert asked.claims == (registry().claims_of(asked.scopes) if "openid" in words else frozenset())
    assert asked == asking.of(client, " ".join([*reversed(words), *words]), "")
    assert Ask(client.id, asked.scopes, asked.claims).offline is False


def _client(make_client: Callable[..., App]) -> clients.Client:
    """The same for all examples of one test."""
    known = [one for one in clients.every() if one.name == "Scopes"]
    return known[0] if known else make_client(name="Scopes", scopes=("openid", "email")).client
