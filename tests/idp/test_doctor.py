"""What the doctor says of addresses that apps can make Beacon call, and of their certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from idp.doctor import examine

pytestmark = pytest.mark.only_on("sqlite")
VERSIONS: dict[str, Any] = {"database": "head", "wanted": "head"}


def said(what: str) -> list[tuple[bool, str]]:
    return [(finding.good, finding.says) for finding in examine(VERSIONS) if finding.what == what]


def test_nothing_is_said_of_what_is_not_set(app: Flask) -> None:
    assert said("fetches") == said("client certificates") == []


@pytest.mark.settings(fetch_allow=("keys.internal", "10.1.0.0/16"), fetch_ca_file=Path("missing.pem"))
def test_what_may_be_called_is_named(app: Flask) -> None:
    allowed, authority = said("fetches")

    assert allowed == (True, "apps can make Beacon call keys.internal, 10.1.0.0/16: list no more than they need")
    assert authority == (False, "there is no file missing.pem: check BEACON_FETCH_CA_FILE")


@pytest.mark.settings(client_cert_header="Client-Cert")
def test_certificates_need_a_trusted_proxy(app: Flask) -> None:
    assert said("client certificates") == [(False, "set BEACON_TRUSTED_PROXIES")]


@pytest.mark.settings(client_cert_header="Client-Cert", trusted_proxies="10.1.0.0/16")
def test_certificates_with_one(app: Flask) -> None:
    assert said("client certificates") == [(True, "Client-Cert counts: the proxy must always overwrite it")]
