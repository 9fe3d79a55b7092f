"""The guarded fetcher: the only way in which Beacon calls an address that somebody else named."""

from __future__ import annotations

from dataclasses import dataclass

from idp.kernel.errors import Refused

LARGEST = 64 * 1024
"""Bytes that an answer may have."""


class FetchRefused(Refused):
    """An address that must not be fetched, or one that did not answer as it should. ``detail`` says why."""

    code = "fetch_refused"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. ``content_type`` is the media type alone, in lower case."""

    status: int
    content_type: str
    body: bytes


def demand_fetchable(url: str) -> None:
    """Raise :class:`FetchRefused` for an address that could never be fetched, without any look-up."""
    return


def fetch(url: str, *, accept: str = "application/json", form: dict[str, str] | None = None) -> Fetched:
    """Get ``url``, or post ``form`` to it. Raises :class:`FetchRefused`."""
    raise FetchRefused(detail="not yet")
