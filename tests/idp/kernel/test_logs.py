"""Logs carry only what is allowed by name."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from idp.kernel import logs


@pytest.fixture
def written(monkeypatch) -> io.StringIO:
    """What production logging writes."""
    lines = io.StringIO()
    before = structlog.get_config()
    monkeypatch.setattr("sys.stderr", lines)
    logs.start(development=False)
    yield lines
    structlog.configure(**before)


def test_a_line_is_json_with_a_time_and_a_level(written):
    logs.log().info("request", route="/token", status=200)
    line = json.loads(written.getvalue())
    assert (line["event"], line["level"], line["route"], line["status"]) == ("request", "info", "/token", 200)
    assert line["timestamp"].endswith("Z")


def test_a_field_that_is_not_allowed_is_dropped(written):
    logs.log().info("request", email="marked@residents.example", account="an-id")
    assert "marked" not in written.getvalue()
    assert json.loads(written.getvalue())["account"] == "an-id"


def test_a_librarys_line_is_json_too(monkeypatch, written):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr("sys.stderr", written)
    logs.start(development=False)
    logging.getLogger("some.library").warning("%s is worn", "it", extra={"email": "marked@residents.example"})
    logging.getLogger("some.library").info("unheard")
    line = json.loads(written.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("it is worn", "warning", "some.library")
    assert set(line) == {"event", "level", "logger", "timestamp"}


def test_libraries_that_log_secrets_are_held_above_debug(written):
    for name in logs.CHATTY:
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    for name in logs.INDISCREET:
        assert not logging.getLogger(name).isEnabledFor(logging.CRITICAL)
