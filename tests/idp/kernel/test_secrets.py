"""Development makes its secrets once and keeps them; production is given them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from flask import Flask
from pydantic import SecretStr

from idp.kernel.crypto import KeyFile
from idp.kernel.errors import Misconfigured
from idp.kernel.files import write_once
from idp.kernel.secrets import install_secrets
from idp.kernel.settings import Settings
from tests.support.source import ROOT

STARTS = """
import pathlib, sys
from tests.idp.kernel.test_secrets import Settings, started
for line in sys.stdin:
    app = started(Settings(env="development", instance=pathlib.Path(line.strip())))
    print(app.secret_key, app.extensions["beacon.keys"].keys, flush=True)
"""


def started(settings: Settings) -> Flask:
    app = Flask("x")
    install_secrets(app, settings)
    return app


def test_development_keeps_what_it_made(tmp_path):
    settings = Settings(env="development", instance=tmp_path / "instance")
    first, second = started(settings), started(settings)
    assert first.secret_key == second.secret_key
    assert first.extensions["beacon.keys"] == second.extensions["beacon.keys"]


def test_what_development_keeps_only_its_owner_can_read(tmp_path):
    started(Settings(env="development", instance=tmp_path))
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "beacon.keys": 0o600,
        "secret_key": 0o600,
    }


def test_processes_that_start_at_once_keep_the_same(tmp_path):
    both = [
        subprocess.Popen((sys.executable, "-c", STARTS), cwd=ROOT, stdin=-1, stdout=-1, text=True) for _ in range(2)
    ]
    for instance in (tmp_path / str(number) for number in range(50)):
        for process in both:
            process.stdin.write(f"{instance}\n")
        for process in both:
            process.stdin.flush()
        first, second = [process.stdout.readline() for process in both]
        assert first and first == second
        assert {path.name for path in instance.iterdir()} == {"beacon.keys", "secret_key"}
    for process in both:
        process.communicate()


def test_what_is_written_once_is_never_replaced_and_leaves_no_draft(tmp_path):
    write_once(tmp_path / "a", "first")
    with pytest.raises(FileExistsError):
        write_once(tmp_path / "a", "second")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["first"]


def test_production_makes_nothing(tmp_path):
    settings = Settings(
        env="production",
        issuer="https://login.example.gov",
        secret_key=SecretStr("s" * 32),
        key_file=tmp_path / "missing.keys",
        instance=tmp_path,
    )
    with pytest.raises(Misconfigured, match="cannot be read"):
        started(settings)
    assert not list(tmp_path.iterdir())


def test_production_uses_what_it_is_given(tmp_path):
    keys = KeyFile.make()
    keys.write(tmp_path / "given.keys")
    settings = Settings(
        env="production",
        issuer="https://login.example.gov",
        secret_key=SecretStr("s" * 32),
        key_file=tmp_path / "given.keys",
        instance=tmp_path / "instance",
    )
    app = started(settings)
    assert app.secret_key == "s" * 32
    assert app.extensions["beacon.keys"] == keys
    assert not (tmp_path / "instance").exists()
