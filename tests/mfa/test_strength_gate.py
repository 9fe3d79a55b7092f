"""The strength gate, and the decisions under it."""

from __future__ import annotations

import itertools

import pytest

from idp.kernel.contracts import Ask, AuthMethod, Need, SessionView
from idp.sessions.assurance import AAL1, AAL2, AAL3
from mfa import codes as recovery_codes
from mfa import policy
from mfa.gate import strength

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes


def method(name, kind, *, challenge=True, enrol=True):
    return AuthMethod(
        name=name,
        factors=(kind,),
        amr=(name,),
        label=name,
        enrolled=lambda _: True,
        challenge_endpoint=f"x.{name}" if challenge else None,
        enrol_endpoint=f"x.set_up_{name}" if enrol else None,
    )


PASSWORD = method("password", "know", challenge=False, enrol=False)
APP = method("totp", "have")
CODES = method("recovery_code", "have", enrol=False)
ALL = (PASSWORD, APP, CODES)


def test_two_levels_are_reached_only_with_two_kinds():
    for count in range(len(ALL) + 1):
        for some in itertools.combinations(ALL, count):
            assert (policy.best_acr(some) == AAL2) is (len({each.factors for each in some}) == 2)


# The gate


def session(person, *methods):
    return SessionView("s", person.id, 0, methods, AAL2 if len(methods) > 1 else AAL1, ())


def ask(client, standing, **facts):
    return Ask(client.id, frozenset({"openid"}), frozenset(), session=standing, **facts)


@pytest.fixture
def plain(make_client):
    return make_client()


@pytest.fixture
def strict(make_client):
    return make_client(require_acr=AAL2)


def test_an_app_that_asks_for_nothing_gets_what_there_is(plain, alice):
    request = ask(plain, session(alice, "password"))
    assert strength(request) is request


def test_nobody_signed_in_is_never_let_through(plain):
    assert strength(ask(plain, None)).error == "login_required"


def test_what_an_app_demands_is_owed_until_it_is_reached(strict, alice):
    weak = ask(strict, session(alice, "password"))
    assert strength(weak) == Need("interaction_required", "mfa.step_up", "the app demands a stronger sign-in")
    tried = ask(strict, session(alice, "password"), authenticated_at=1, decided=True)
    assert isinstance(strength(tried), Need)
    strong = ask(strict, session(alice, "password", "totp"))
    assert strength(strong) is strong


def test_what_an_app_demands_is_owed_where_no_second_factor_is_set_up(strict, carol):
    assert strength(ask(strict, session(carol, "password"))).endpoint == "mfa.step_up"


def test_what_no_method_reaches_ends_the_request(plain, alice):
    need = strength(ask(plain, session(alice, "password", "totp"), demanded_acr=("urn:unknown",)))
    assert (need.error, need.endpoint) == ("unmet_authentication_requirements", None)


def test_a_preference_is_asked_for_once(plain, alice):
    weak = session(alice, "password")
    assert strength(ask(plain, weak, acr_values=(AAL2,))).endpoint == "mfa.step_up"
    tried = ask(plain, weak, acr_values=(AAL2,), authenticated_at=1)
    assert strength(tried) is tried


@pytest.mark.parametrize("wanted", [(AAL1,), (AAL2, AAL1), (AAL3, AAL1)])
def test_one_satisfied_preference_is_enough(plain, alice, wanted):
    request = ask(plain, session(alice, "password"), acr_values=wanted)
    assert strength(request) is request


@pytest.mark.parametrize("wanted", [(AAL3,), ("urn:unknown",), ("0",)])
def test_a_preference_out_of_reach_is_no_obstacle(plain, alice, wanted):
    request = ask(plain, session(alice, "password"), acr_values=wanted)
    assert strength(request) is request


def test_a_preference_sends_nobody_to_set_something_up(plain, carol):
    request = ask(plain, session(carol, "password"), acr_values=(AAL2,))
    assert strength(request) is request


def test_recovery_codes_are_means_too(plain, carol):
    recovery_codes.make(carol.id)
    assert strength(ask(plain, session(carol, "password"), acr_values=(AAL2,))).endpoint == "mfa.step_up"
