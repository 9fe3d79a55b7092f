"""The samples of ``examples/``: loaded as they are, registered with the very command of their README, and served."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from tests.support.server import Server
from tests.support.source import ROOT

EXAMPLES = ROOT / "examples"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def load(path: str) -> ModuleType:
    """One sample as a module."""
    name = "sample_" + re.sub(r"\W", "_", path)
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / path)
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands(text: str) -> list[list[str]]:
    """The ``beacon`` commands that a page tells its reader to type."""
    lines = "\n".join(BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("beacon ")]


def register(live: Server, sample: str, old: str = "", new: str = "") -> dict[str, str]:
    """Register a sample as its README says, with ``new`` in the place of ``old``: a port, a file."""
    (command,) = commands((EXAMPLES / sample / "README.md").read_text())
    registered: dict[str, str] = json.loads(live.beacon(*(word.replace(old, new) if old else word for word in command)))
    return registered


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """A sample's pages, on ``port``."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def environment(live: Server, registered: dict[str, str], **further: Any) -> dict[str, str]:
    """What a sample reads at its start."""
    given = {name.upper(): value for name, value in registered.items() if value is not None}
    return {"BEACON_ISSUER": live.origin} | given | {name: str(value) for name, value in further.items()}
