"""The trail starts empty: the making of the signing keys is on record in a fresh database."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from idp.audit.models import EventRow
from idp.kernel import db


@pytest.fixture(autouse=True)
def _empty_trail(request: pytest.FixtureRequest) -> None:
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        with db.transaction():
            db.execute(delete(EventRow))
