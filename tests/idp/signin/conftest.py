"""What the tests of the hall share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import App, Person
from tests.support.agency import Agency


@pytest.fixture
def agency(app: Flask, make_client: Callable[..., App]) -> Agency:
    """An agency app that sends residents here and asks for nothing but who they are."""
    return Agency(app, make_client())


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    """A resident with a password and an authenticator app."""
    return make_account(totp=True)


@pytest.fixture
def bo(make_account: Callable[..., Person]) -> Person:
    """Another one."""
    return make_account(totp=True)
