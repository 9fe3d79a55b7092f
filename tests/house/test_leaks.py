"""The database tells a thief nothing: a full journey leaves no personal value, secret or usable token in it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from idp.kernel.crypto import keyring
from idp.kernel.db import Base, execute
from tests.support.browser import Browser
from tests.support.leaks import SHORTEST

ATTRIBUTES = {
    "legal_name": {"given": "Marisolmarked", "family": "Reyesmarked"},
    "preferred_name": "Solmarked",
    "birthdate": "1987-06-05",
    "phone_number": "+16175550142",
    "residential_address": {
        "line1": "12 Markedharbor Street",
        "city": "Markedham",
        "region": "MA",
        "postal_code": "02110",
    },
}
SHARED = ("given_name", "birthdate", "phone_number", "address", "email")
SCOPE = "openid profile email phone address offline_access"


def test_a_whole_journey_leaves_nothing_readable_in_the_database(
    app: Flask, make_account, make_agency, browser, letters
):
    agency = make_agency(scopes=SCOPE.split())
    person = make_account(totp=True, **ATTRIBUTES)
    tokens = agency.sign_in(browser, person, SCOPE, share=SHARED)
    claims = agency.userinfo(tokens["access_token"]).get_json()
    assert {"birthdate", "phone_number"} <= set(claims), "the journey shared too little to prove anything"
    renewed = agency.refresh(tokens["refresh_token"]).get_json()
    newcomer = browser.another()
    newcomer.get("/sign-up").submit(email="newcomer.marked@residents.example")
    code = letters()[-1].code
    agency.authorize(browser, "openid", login_hint=person.email, prompt="login")

    secrets = [agency.app.secret, agency.verifier, *cookies(browser), *cookies(newcomer), *tokens_in(tokens, renewed)]
    secrets += [base64.b64encode(key).decode() for key in keyring().keys.values()]
    wanted: list[str] = [*person.private, "newcomer.marked@residents.example", *secrets]
    cells = list(every_cell())
    assert len(cells) > 100
    found = [
        f"{table}.{column} holds {secret!r}"
        for table, column, cell in cells
        for secret in wanted
        if len(secret) >= SHORTEST and any(form in cell for form in forms(secret))
    ]
    assert not found, "\n".join(found)
    alone = re.compile(rb"(?<!\d)" + code.encode() + rb"(?!\d)")
    assert not [f"{table}.{column}" for table, column, cell in cells if alone.search(cell)]


def test_the_search_finds_what_lies_open(app: Flask, make_account, make_client):
    make_client(name="Openly named app")
    assert any(b"Openly named app" in cell for _table, _column, cell in every_cell())


@pytest.mark.only_on("sqlite")
def test_the_leak_check_notices_a_private_value_on_an_error_page(marked, app: Flask):
    marked.add("marked@residents.example")
    marked.error_pages.append("<p>We cannot find marked@residents.example</p>")
    with pytest.raises(AssertionError, match="error page"):
        marked.check()
    marked.error_pages.clear()


def every_cell() -> Iterator[tuple[str, str, bytes]]:
    """Each value in the database as raw bytes, with its table and column."""
    for table in Base.metadata.sorted_tables:
        for row in execute(text(f'SELECT * FROM "{table.name}"')).mappings():
            for column, value in row.items():
                if value is not None:
                    raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    yield table.name, column, raw


def forms(secret: str) -> list[bytes]:
    """The ways in which a value might lie about: as it is, in hexadecimal, in base64."""
    raw = secret.encode()
    return [raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")]


def cookies(browser: Browser) -> list[str]:
    """What a browser would have to send to be taken for this one."""
    return [cookie.value for cookie in browser.client._cookies.values() if len(cookie.value) > 16]


def tokens_in(*answers: dict[str, str]) -> list[str]:
    """Every token, and each part of one that has parts."""
    whole = [answer[name] for answer in answers for name in ("access_token", "refresh_token", "id_token")]
    return [*whole, *(part for token in whole for part in token.split(".") if len(part) > 40)]
