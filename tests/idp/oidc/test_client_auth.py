"""Reading the Authorization header of an app: right parts come back as they were, anything else is nobody."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.client_auth import basic_credentials
from idp.oidc.message import Message


def read(header: str) -> tuple[str, str]:
    return basic_credentials(Message("POST", {}, {"Authorization": header}))


@given(st.text(), st.text())
def test_encoded_parts_come_back_as_they_were(client_id: str, secret: str) -> None:
    raw = f"{quote_plus(client_id, errors='replace')}:{quote_plus(secret, errors='replace')}"
    read_id, read_secret = read("Basic " + base64.b64encode(raw.encode()).decode())

    assert (read_id, read_secret) == tuple(part.encode(errors="replace").decode() for part in (client_id, secret))


@given(st.text())
def test_any_text_is_read_without_a_fault(header: str) -> None:
    assert all(isinstance(part, str) for part in read(header))


@given(st.binary())
def test_any_bytes_are_read_without_a_fault(raw: bytes) -> None:
    client_id, _ = read("Basic " + base64.b64encode(raw).decode())
    try:
        raw.decode()
    except UnicodeDecodeError:
        assert client_id == ""
