"""The pictures of apps: fetched by the worker or given by an operator, drawn anew as small PNG, and served by us.

A stranger's file is never passed on: what a resident's browser gets was painted here, from its dots alone.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image
from sqlalchemy import delete, select

from idp.clients.errors import BadMetadata
from idp.clients.models import ClientLogo, ClientRow
from idp.kernel import clock, db
from idp.kernel.db import execute, transaction
from idp.kernel.fetch import FetchRefused, fetch
from idp.kernel.logs import log
from idp.outbox.service import drop, queue

KIND = "logo"
FORMATS = ("PNG", "JPEG", "WEBP")
TYPES = "image/png, image/jpeg, image/webp"
SIDE = 256
MOST_DOTS = 2048 * 2048
LARGEST_FILE = 1024 * 1024


def want(client_id: str, uri: str | None) -> None:
    """Forget an app's picture, and let the worker fetch the one at ``uri`` alone, in the transaction of the deed."""
    with transaction() as connection:
        connection.execute(delete(ClientLogo).where(ClientLogo.client_id == client_id))
        drop(KIND, client_id)
        if uri is not None:
            queue(KIND, {"client_id": client_id, "uri": uri}, client_id=client_id)


def bring(message: Mapping[str, Any]) -> None:
    """The worker's errand: fetch what :func:`want` named, unless the app wants another picture by now.

    An address that does not answer is tried again; what is not a picture is not.
    """
    client_id, uri = message["client_id"], message["uri"]
    kept = execute(select(ClientRow.extra).where(ClientRow.id == client_id)).scalar()
    if kept is None or kept.get("logo_uri") != uri:
        return
    answer = fetch(uri, accept=TYPES)
    if answer.status != 200:
        raise FetchRefused(detail=f"status {answer.status}")
    try:
        keep(client_id, answer.body)
    except BadMetadata:
        log().warning("logo is not a picture", client=client_id)


def keep(client_id: str, file: bytes) -> None:
    """Draw a picture file anew and keep it as the app's. Raises :class:`BadMetadata` for what is not one."""
    values = {"png": drawn(file), "made_at": clock.now()}
    with transaction() as connection:
        connection.execute(
            db.insert(ClientLogo)
            .values(client_id=client_id, **values)
            .on_conflict_do_update(index_elements=["client_id"], set_=values)
        )


def of(client_id: str) -> bytes | None:
    """An app's picture as PNG."""
    return execute(select(ClientLogo.png).where(ClientLogo.client_id == client_id)).scalar()


def drawn(file: bytes) -> bytes:
    """A picture as PNG, at most 256 dots each way, with nothing in it but its dots.

    Its size is read from its head before any dot is unpacked. Raises :class:`BadMetadata`.
    """
    if len(file) > LARGEST_FILE:
        raise BadMetadata("The picture is too large.")
    try:
        with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_DOTS:
                raise BadMetadata("The picture has too many dots.")
            dots = picture.convert("RGBA")
        dots.thumbnail((SIDE, SIDE))
        plain, png = Image.frombytes("RGBA", dots.size, dots.tobytes()), io.BytesIO()
        plain.save(png, "PNG", optimize=True)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise BadMetadata("The picture must be PNG, JPEG or WebP.") from error
    return png.getvalue()
