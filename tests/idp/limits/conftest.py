"""What the tests of limits share: a server for counters, and each test of counting in both places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from idp.limits.service import STORE
from idp.limits.valkey import ValkeyStore
from tests.support.proofs import make_cheap
from tests.support.valkey import Valkey


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One server for this test process."""
    server = Valkey()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def cheap_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Challenges that cost next to nothing."""
    make_cheap(monkeypatch)


@pytest.fixture(params=["database", "valkey"])
def counted_in(request: pytest.FixtureRequest, app: Flask) -> str:
    """Where this test's app keeps its counters."""
    if request.param == "valkey":
        server: Valkey = request.getfixturevalue("valkey")
        server.empty()
        app.extensions[STORE] = ValkeyStore(server.client)
    return str(request.param)
