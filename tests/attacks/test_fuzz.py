"""Whatever comes in, no answer is a fault of ours. ``make fuzz`` sends a hundred thousand; the suite sends a sample."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.fuzz import malformed
from tests.support.party import Party, signed_in

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "1500"))
SEED = int(os.environ.get("FUZZ_SEED", "3"))


@pytest.mark.only_on("sqlite")
@pytest.mark.settings(registration="open", limits_exempt="127.0.0.0/8", client_cert_header="Client-Cert")
def test_no_malformed_request_is_answered_with_a_fault(
    app: Flask, browser: Browser, make_client: Callable[..., App], make_account: Callable[..., Person]
) -> None:
    party = Party(app, make_client(scopes=("openid", "profile"), first_party=True))
    signed_in(browser, make_account(totp=True))
    tokens = party.tokens(browser)
    known = (
        *(party.id, str(party.registered.secret), party.registered.redirect_uri, tokens["access_token"], "code"),
        *(tokens["id_token"], tokens["refresh_token"], party.code(browser), "openid profile", "authorization_code"),
    )

    for request in itertools.islice(malformed(app, SEED, known), REQUESTS):
        answer = browser.client.open(request.path, method=request.method, headers=request.headers, data=request.body)
        assert answer.status_code < 500, request

    assert party.tokens(signed_in(browser, make_account(totp=True)))["id_token"], "and everything still works"
