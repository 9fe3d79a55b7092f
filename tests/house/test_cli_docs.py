"""docs/cli.md lists exactly the commands and options that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from idp.app import FEATURES
from idp.cli import main
from tests.support.source import ROOT

PAGE = ROOT / "docs" / "cli.md"
SECTION = re.compile(r"^### `(beacon [a-z -]+)`.*?$(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
OFFERED = "beacon resident add"


def test_the_page_lists_every_command_and_no_other():
    assert set(_told()) == set(_real())


def test_the_page_lists_every_option_and_no_other():
    told = _told()
    wrong = {name: options ^ told[name] for name, options in _real().items() if options ^ told[name]}
    assert not wrong


def _told() -> dict[str, set[str]]:
    """The options of each command: from the first column of its table, and from the line of common ones."""
    return {name: set(_named(text)) for name, text in SECTION.findall(PAGE.read_text() + "\n##")}


def _named(text: str) -> Iterator[str]:
    for line in text.splitlines():
        first = line.split("|")[1] if line.startswith("| `") else line if line.startswith("Also ") else ""
        yield from re.findall(r"`(--[a-z-]+)`", first)


def _real() -> dict[str, set[str]]:
    offered = {name for feature in FEATURES for each in feature.resident_options for name in each.option.opts}
    return {name: options | (offered if name == OFFERED else set()) for name, options in _leaves(main, "beacon")}


def _leaves(command: click.Command, path: str) -> Iterator[tuple[str, set[str]]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _leaves(inner, f"{path} {name}")
        return
    options = (each for each in command.params if isinstance(each, click.Option))
    yield path, {name for each in options for name in (*each.opts, *each.secondary_opts) if name.startswith("--")}
