"""``beacon key``: signing keys at the terminal."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from flask import Flask

from idp.kernel.clock import HOUR
from idp.kernel.crypto import KeyFile
from idp.keys import service as keys
from idp.keys.cli import key
from tests.support.clock import Clock

WHY = ("--reason", "test")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(key, arguments)


def said(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_keys_are_listed_without_their_private_part(app: Flask) -> None:
    listed = said("list")

    assert {one["alg"] for one in listed} == set(keys.ALGORITHMS)
    assert all(one.keys() == {"kid", "alg", "state", "active_at", "retired_at", "removed_at"} for one in listed)
    assert "PRIVATE" not in run("list").output


def test_keys_are_rotated(app: Flask, clock: Clock) -> None:
    old = keys.signer("ES256").kid
    (new,) = said("rotate", "--alg", "ES256", *WHY)["kids"]
    clock.advance(HOUR + 2)

    assert keys.signer("ES256").kid == new
    assert {one["kid"]: one["state"] for one in said("list")}[old] == "retired"
    assert len(said("rotate", *WHY)["kids"]) == 4


def test_a_key_is_retired_unless_it_is_the_last(app: Flask, clock: Clock) -> None:
    only = keys.signer("ES256").kid
    assert run("retire", only, *WHY).exit_code == 1
    assert run("retire", "made-up", *WHY).exit_code == 1

    run("rotate", "--alg", "ES256", *WHY)
    clock.advance(HOUR + 2)
    assert run("retire", keys.signer("ES256").kid, *WHY).exit_code == 1


def test_wrong_usage(app: Flask) -> None:
    for arguments in (("rotate", "--alg", "HS256", *WHY), ("retire", *WHY), ("bogus",)):
        assert run(*arguments).exit_code == 2


def test_a_key_file_is_made_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "beacon.keys"
    assert run("new-file", str(path)).exit_code == 0
    made = KeyFile.read(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    again = run("new-file", str(path))
    assert again.exit_code == 1 and str(path) in again.stderr
    assert KeyFile.read(path) == made
