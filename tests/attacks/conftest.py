"""The attacker's world: one resident, one honest app, one browser that is signed in there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, signed_in


@pytest.fixture
def resident(make_account: Callable[..., Person]) -> Person:
    """A resident with an authenticator app."""
    return make_account(totp=True)


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App]) -> Party:
    """A confidential app of a third party."""
    return Party(app, make_client(scopes=("openid", "email", "offline_access")))


@pytest.fixture
def at_home(browser: Browser, resident: Person, party: Party) -> Browser:
    """The resident's browser: signed in, and the app is already agreed to."""
    agree(resident, party.registered)
    return signed_in(browser, resident)
