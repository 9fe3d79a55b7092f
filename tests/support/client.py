"""Flask's test client, made to behave like a separate visitor even while a test has an app context open."""

from __future__ import annotations

import contextvars
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Visitor(FlaskClient):
    """A test client whose every request runs in an empty context, as on a server.

    Flask lets a request share an app context that is already open, and with it ``g``. A test that calls services
    directly has one open, so without this two requests would see each other's memory.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("buffered", True)
        return contextvars.Context().run(super().open, *args, **kwargs)
