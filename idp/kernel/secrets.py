"""Where the secrets of an installation come from: demanded in production, made once and kept in development.

Processes that start at the same time all keep what the first of them made.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import Flask

from idp.kernel import crypto
from idp.kernel.crypto import KeyFile
from idp.kernel.files import write_once
from idp.kernel.settings import Settings


def install_secrets(app: Flask, settings: Settings) -> None:
    """Give ``app`` its key file and its form-token secret. Raises ``Misconfigured`` when the key file is not one."""
    app.extensions["beacon.keys"] = KeyFile.read(_key_file(settings))
    app.secret_key = settings.secret_key.get_secret_value() if settings.secret_key else _kept_secret(settings)


def _key_file(settings: Settings) -> Path:
    path = settings.key_file or settings.instance / "beacon.keys"
    if settings.development and not path.exists():
        with suppress(FileExistsError):
            KeyFile.make().write(path)
    return path


def _kept_secret(settings: Settings) -> str:
    path = settings.instance / "secret_key"
    if not path.exists():
        with suppress(FileExistsError):
            write_once(path, crypto.token())
    return path.read_text()
