"""What the rooms offer, merged: no two may offer the same."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.kernel import registry
from idp.kernel.contracts import AuthMethod, ClaimSource, ClaimSpec, Courier, Feature, MenuItem
from idp.kernel.errors import Misconfigured


def claims(*names: str, scope: str = "profile") -> ClaimSource:
    return ClaimSource("a source", tuple(ClaimSpec(name, scope, name) for name in names), lambda _resident, _names: {})


def method(name: str) -> AuthMethod:
    return AuthMethod(name=name, factors=("know",), amr=("pwd",), label=name, enrolled=lambda _account: True)


def test_rooms_are_merged_in_their_order_and_the_menu_in_its_own():
    first = Feature("first", claim_sources=(claims("name"),), menu=(MenuItem("b", "B", 20),))
    second = Feature("second", claim_sources=(claims("email", scope="email"),), menu=(MenuItem("a", "A", 10),))
    merged = registry.install(Flask("x"), (first, second), ())
    assert list(merged.claims) == ["name", "email"]
    assert [item.endpoint for item in merged.menu] == ["a", "b"]
    assert merged.scopes == ("openid", "profile", "email", "offline_access")


def test_a_scope_opens_its_own_claims():
    merged = registry.install(
        Flask("x"), (Feature("f", claim_sources=(claims("name"), claims("email", scope="email"))),), ()
    )
    assert merged.claims_of(("openid", "email")) == {"email"}
    assert merged.claims_of(("openid",)) == frozenset()


@pytest.mark.parametrize(
    "twice",
    [
        {"claim_sources": (claims("name"),)},
        {"methods": (method("password"),)},
        {"couriers": (Courier("mail", lambda _payload: None),)},
    ],
)
def test_two_rooms_cannot_offer_the_same(twice):
    with pytest.raises(Misconfigured, match="Two rooms"):
        registry.install(Flask("x"), (Feature("one", **twice), Feature("two", **twice)), ())


def test_rooms_are_started_in_order():
    started = []
    features = tuple(Feature(name, start=lambda _app, name=name: started.append(name)) for name in ("a", "b"))
    registry.install(Flask("x"), features, ())
    assert started == ["a", "b"]


def test_the_running_app_knows_its_registry():
    app = Flask("x")
    merged = registry.install(app, (), ())
    with app.app_context():
        assert registry.registry() is merged
