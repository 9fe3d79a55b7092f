"""What the documentation points at is there: pages, files and tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.source import ROOT

PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:idp|profiles|mfa|consent|tests|examples)/[\w./-]+\.\w+)(?:::(\w+))?[`:]")
PROTOCOL = re.compile(r"`(test_\w+\.py)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_reference_leads_somewhere(page: Path):
    text = page.read_text()
    missing = [target for target in LINK.findall(text) if not (page.parent / target).exists()]
    missing += [
        f"tests/protocol/{name}" for name in PROTOCOL.findall(text) if not (ROOT / "tests/protocol" / name).exists()
    ]
    for name, test in FILE.findall(text):
        file = ROOT / name
        if not file.exists() or (test and f"def {test}(" not in file.read_text()):
            missing.append(f"{name}::{test}" if test else name)
    assert not missing
