"""No private key stands in the tree."""

from __future__ import annotations

import json
import re

from joserfc.jwk import ECKey

from tests.support.source import ROOT

NOT_OURS = {".git", ".venv", "instance", "__pycache__", "node_modules", "dist", "build"}
PRIVATE = re.compile(rb'-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]|"d": ?"[A-Za-z0-9_-]{40,}"')


def test_no_file_holds_a_private_key() -> None:
    files = [path for path in ROOT.rglob("*") if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts)]
    assert [str(path) for path in files if PRIVATE.search(path.read_bytes())] == []


def test_a_private_key_would_be_seen() -> None:
    key = ECKey.generate_key("P-256")
    assert PRIVATE.search(key.as_pem(private=True)) and PRIVATE.search(json.dumps(key.as_dict(private=True)).encode())
    assert not PRIVATE.search(key.as_pem(private=False))
