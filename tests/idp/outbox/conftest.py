"""A courier in place of the real one, and the app with other settings, such as those of production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from idp.app import create_app
from idp.kernel import db
from idp.kernel.contracts import Courier
from idp.kernel.settings import Settings
from idp.outbox.service import MAIL
from tests.idp.outbox.post import Bag, give_templates


@pytest.fixture(autouse=True)
def _templates(request: pytest.FixtureRequest) -> None:
    if "app" in request.fixturenames:
        give_templates(request.getfixturevalue("app"))


@pytest.fixture
def bag(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Bag:
    """The courier of letters is a bag."""
    bag = Bag()
    monkeypatch.setitem(app.extensions["beacon.registry"].couriers, MAIL, Courier(MAIL, bag.deliver))
    return bag


@pytest.fixture
def make_app(settings: Settings, clock: Any) -> Iterator[Callable[..., Flask]]:
    """``make_app(smtp_url=…)`` is the app with other settings, on the same database and keys."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        facts: dict[str, Any] = {
            "env": "development",
            "database_url": settings.database_url,
            "instance": settings.instance,
        }
        app = create_app(Settings(**(facts | changes)))
        give_templates(app)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.db.engine.dispose()


@pytest.fixture
def production(settings: Settings, make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The app as it runs in production, its context open."""
    app = make_app(
        env="production",
        issuer="https://beacon.example",
        secret_key="x" * 40,
        key_file=settings.instance / "beacon.keys",
    )
    with app.app_context():
        yield app
