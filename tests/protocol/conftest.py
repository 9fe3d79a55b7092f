"""One resident, one app, and a browser that is signed in and has agreed: from here each test bends one thing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, signed_in

SCOPES = ("openid", "profile", "email", "offline_access")


@pytest.fixture
def resident(make_account: Callable[..., Person]) -> Person:
    """A resident with a filled profile and an authenticator app."""
    return make_account(totp=True, legal_name={"given": "Marisol", "family": "Okonkwo-Lindqvist"})


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App]) -> Party:
    """A confidential app of a third party."""
    return Party(app, make_client(scopes=SCOPES, post_logout_redirect_uris=("https://app.agency.example/bye",)))


@pytest.fixture
def another(app: Flask, make_client: Callable[..., App]) -> Party:
    """A second app, of somebody else."""
    return Party(app, make_client(name="Somebody else", redirect_uris=("https://other.example/cb",), scopes=SCOPES))


@pytest.fixture
def at_home(browser: Browser, resident: Person, party: Party) -> Browser:
    """The resident's browser: signed in, and the app is already agreed to."""
    agree(resident, party.registered)
    return signed_in(browser, resident)
