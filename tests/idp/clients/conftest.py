"""A resident at home at an app, for what an operator does to apps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, signed_in


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App]) -> Party:
    """A confidential app."""
    return Party(app, make_client(scopes=("openid", "email", "offline_access")))


@pytest.fixture
def at_home(browser: Browser, make_account: Callable[..., Person], party: Party) -> Browser:
    """A signed-in browser, with the app agreed to."""
    person = make_account(totp=True)
    agree(person, party.registered)
    return signed_in(browser, person)
