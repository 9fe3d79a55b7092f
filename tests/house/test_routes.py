"""Every view says who may open it; addresses are plain; and GET only looks."""

from __future__ import annotations

import ast
import inspect
import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from idp.kernel.db import db
from tests.support.source import functions, modules
from tests.support.statements import recorded, writes

pytestmark = pytest.mark.only_on("sqlite")

ROUTES = {"route", "get", "post"}
GUARDS = {"open_to_all", "signed_in", "fresh", "recent", "protocol"}
PART = re.compile(r"^(\.?[a-z0-9]+([-.][a-z0-9]+)*)?$")

MAY_WRITE = {
    "oidc.authorize": "it parks the request, which starts a sign-in but changes nothing of the resident's",
    "oidc.jwks": "it notes the network that read the key set, once a minute, and nothing of anybody's",
    "oidc.resume": "the same request again: it notes which page is owed now, or is answered",
}
"""GET views that write, each with its reason."""


def test_every_view_declares_exactly_one_guard_right_under_its_routes():
    wrong = []
    for module in modules():
        for function in functions(module.tree):
            names = [_last_name(decorator) for decorator in function.decorator_list]
            if ROUTES & set(names):
                after_routes = [name for name in names if name not in ROUTES]
                if len(GUARDS & set(names)) != 1 or after_routes[:1] != [*(GUARDS & set(names))]:
                    wrong.append(f"{module}:{function.lineno} {function.name} is decorated by {names}")
    assert not wrong, "\n".join(wrong)


def test_no_route_escapes_the_guards(app: Flask):
    wrong = [rule.rule for rule in _rules(app) if getattr(app.view_functions[rule.endpoint], "guard", "") not in GUARDS]
    assert not wrong


def test_addresses_are_lower_case_words_with_hyphens(app: Flask):
    parts = {part for rule in _rules(app) for part in re.sub(r"<[^>]*>", "", rule.rule).split("/")}
    assert not [part for part in parts if not PART.match(part)]


def test_every_part_of_an_address_that_varies_is_typed(app: Flask):
    wrong = []
    for rule in _rules(app):
        parameters = inspect.signature(inspect.unwrap(app.view_functions[rule.endpoint])).parameters
        wrong += [
            f"{rule.rule}: {name}"
            for name in rule.arguments
            if name not in parameters or parameters[name].annotation is inspect.Parameter.empty
        ]
    assert not wrong


def test_get_writes_nothing(app: Flask, browser, make_account, make_agency, clock):
    person = make_account(totp=True)
    agency = make_agency(scopes=("openid", "email"))
    stranger = browser.another()
    agency.sign_in(browser, person, "openid email")
    parked = _id_in(agency.authorize(stranger, "openid").path)
    attempt = _id_in(stranger.submit("sign-in", email=person.email, password=person.password).path)
    known = {"request_id": parked, "attempt_id": attempt, "client_id": agency.app.id, "page": "name"}
    wrong = []
    for visitor in (browser, stranger):
        for rule in _rules(app):
            if rule.endpoint in MAY_WRITE or "GET" not in (rule.methods or ()):
                continue
            with recorded(db.engine) as statements:
                visitor.get(rule.build({name: known.get(name, "x") for name in rule.arguments})[1], follow=False)
            assert visitor.status < 500, rule.rule
            wrong += [f"{rule.rule}: {statement}" for statement in writes(statements)]
    assert not wrong, "\n".join(wrong)


def test_the_exceptions_still_exist(app: Flask):
    assert set(MAY_WRITE) <= {rule.endpoint for rule in _rules(app)}


def _rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def _id_in(path: str) -> str:
    return path.rpartition("/")[2]


def _last_name(decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(target).rpartition(".")[2]
