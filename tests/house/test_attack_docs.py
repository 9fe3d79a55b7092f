"""The table of attacks is in order, and no row of it is empty-handed."""

from __future__ import annotations

import re

from tests.support.source import ROOT

ROW = re.compile(r"^\| (\d{3}) \| [^|]+ \| ([^|]+) \|$")
TEST = re.compile(r"`tests/[\w/]+\.py::test_\w+`")


def test_every_attack_stands_once_with_the_test_that_tries_it() -> None:
    lines = [line for line in (ROOT / "docs/attacks.md").read_text().splitlines() if line.startswith("|")][2:]
    rows = [row.groups() if (row := ROW.match(line)) else (line, "") for line in lines]
    numbers = [number for number, _ in rows]

    assert rows and numbers == sorted(set(numbers))
    assert not [number for number, tried in rows if not (TEST.search(tried) or tried.startswith("does not apply: "))]
