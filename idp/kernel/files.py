"""Files that are written once, for their owner's eyes only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_once(path: Path, text: str) -> None:
    """Write ``text`` to a new file of mode 600: whole or not at all, so that of two processes one is first.

    Raises :class:`FileExistsError` when the file is there already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.link(draft, path)
    finally:
        Path(draft).unlink()
