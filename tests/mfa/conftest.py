"""Residents with second factors, and what the trail says of them."""

from __future__ import annotations

import pytest

from idp.audit.service import search
from mfa import codes as recovery_codes


@pytest.fixture
def kinds(app):
    """``kinds(person)``: what happened to a person, oldest first."""
    return lambda person: [entry.kind for entry in reversed(search(account=person.id))]


@pytest.fixture
def alice(make_account):
    return make_account(email="marked.alice@residents.example", totp=True)


@pytest.fixture
def bob(make_account):
    return make_account(email="marked.bob@residents.example", totp=True)


@pytest.fixture
def carol(make_account):
    """Has a password alone."""
    return make_account(email="marked.carol@residents.example")


@pytest.fixture
def codes(alice, marked):
    """Alice's recovery codes."""
    made = recovery_codes.make(alice.id)
    marked.add(*made)
    return made
