"""What the guide tells a developer to type is there to be typed."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from idp.cli import main
from idp.clients.cli import client
from tests.support.samples import EXAMPLES, commands
from tests.support.source import ROOT

GUIDE = sorted([ROOT / "docs" / "integrate.md", *ROOT.glob("docs/integrate/*.md"), *EXAMPLES.glob("*/README.md")])
KEYS = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "use": "sig"}]}'


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_the_guide_exists(page: Path):
    wrong = [word for words in commands(page.read_text()) for word in _unknown(words)]
    assert not wrong


def test_the_guide_and_its_samples_say_how_to_register():
    told = {page: [words[:2] for words in commands(page.read_text())] for page in GUIDE}
    assert [page.name for page, said in told.items() if ["client", "add"] not in said] == ["integrate.md"]


@pytest.mark.only_on("sqlite")
@pytest.mark.settings(fetch_allow="localhost")
def test_every_registration_in_the_guide_is_accepted(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("service.jwks", "payments.jwks"):
        Path(name).write_text(KEYS)
    apis_first = sorted(GUIDE, key=lambda page: "api" not in str(page))
    for page in apis_first:
        for words in commands(page.read_text()):
            if words[:2] == ["client", "add"] and page != EXAMPLES / "benefits_api" / "README.md":
                done = CliRunner().invoke(client, words[1:])
                assert done.exit_code == 0, f"{page}: {done.output}"


def _unknown(words: list[str]) -> list[str]:
    """The words of a command that mean nothing: a command or an option that is not there."""
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        if words[0] not in command.commands:
            return words[:1]
        command, words = command.commands[words[0]], words[1:]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    return [word for word in words if word.startswith("--") and word not in known]
