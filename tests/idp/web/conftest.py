"""A small place with a few pages of its own, so that what all pages share can be tested without any other room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, g, jsonify, redirect, request
from flask.testing import FlaskClient
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from idp.app import create_app
from idp.kernel.contracts import Feature
from idp.kernel.errors import NotFound, TooMany
from idp.kernel.settings import Settings
from idp.web.browser import browser_digest
from idp.web.feature import FEATURE as WEB
from idp.web.forms import Form
from idp.web.headers import allow_form_to, script_nonce
from idp.web.origin import client_address, client_network


class Agency:
    """The app in whose name a page is shown."""

    name = "Parks & Trails"
    home = "https://parks.example/start"


class NameForm(Form):
    name = StringField("Name", [InputRequired("Enter your name.")])
    secret = PasswordField("Secret")


def open_to_all(view: Any) -> Any:
    view.guard = "open_to_all"
    return view


def protocol(view: Any) -> Any:
    view.guard = "protocol"
    return view


def pages() -> Blueprint:
    """Pages that do what a test needs."""
    place = Blueprint("place", "tests")
    views: dict[str, Any] = {
        "/where": lambda: jsonify(client_address(), client_network()),
        "/browser": lambda: browser_digest().hex(),
        "/nonce": script_nonce,
        "/fault": _fault,
        "/too-many": _too_many,
        "/gone-app": _gone_app,
        "/to-app": _to_app,
        "/form": _form,
    }
    for path, view in views.items():
        named = open_to_all(lambda view=view: view())
        place.add_url_rule(path, path.strip("/").replace("-", "_"), named, methods=["GET", "POST"])
    place.add_url_rule("/machine", "machine", protocol(_not_found), methods=["GET", "POST"])
    place.add_url_rule("/post-only", "post_only", open_to_all(lambda: "done"), methods=["POST"])
    return place


def elsewhere() -> Blueprint:
    """The pages of other rooms to which this room's pages link."""
    signin = Blueprint("signin", "tests")
    for name in ("sign_in", "sign_up"):
        signin.add_url_rule(f"/{name}", name, open_to_all(lambda: "elsewhere"))
    return signin


def _fault() -> str:
    raise ValueError("a value nobody may read")


def _too_many() -> str:
    raise TooMany(181)


def _not_found() -> str:
    raise NotFound("not here")


def _gone_app() -> str:
    g.asking = Agency()
    raise NotFound("That is over.")


def _to_app() -> Response:
    allow_form_to(request.args["uri"])
    return redirect("/", 303)


def _form() -> Any:
    form = NameForm()
    form.validate_on_submit()
    return jsonify(name=form.name.data, secret=form.secret.data, errors=form.errors)


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., FlaskClient]:
    """``place(**settings)`` makes a client of an app with this room alone, and no database."""

    def make(**facts: Any) -> FlaskClient:
        (tmp_path / "none.db").touch()
        facts = {"env": "development", "instance": tmp_path, "database_url": f"sqlite:///{tmp_path}/none.db"} | facts
        place = Feature("place", blueprints=(pages(), elsewhere()))
        app: Flask = create_app(Settings(**facts), features=(WEB, place), gates=())
        return app.test_client()

    return make


@pytest.fixture
def client(place: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of an app with ordinary settings."""
    return place()
