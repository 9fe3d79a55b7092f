"""Refusals, drawn as a tree.

DomainError
├── Refused        what was asked is not allowed or not right         page 400, terminal 1
│   ├── NotFound   what was asked for is not there (or not yours)     page 404
│   ├── Expired    it was there, and its time is over                 page 410
│   └── TooMany    too often; carries how long to wait                page 429
└── Misconfigured  the operator must act; stops a start or a command  terminal 1

Services raise these and know no HTTP. Three translators turn them into an answer: ``idp.web.errors`` (page),
``idp.oidc.errors`` (protocol), ``idp.audit.operator`` (terminal).
"""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A refusal with a stable code, a sentence fit for a resident, and private detail for the log.

    ``sentence`` may be a lazy translation; ``detail`` must never hold a secret or a personal value. ``onward`` is where
    a browser is better sent than shown the refusal.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, sentence: object = "", *, detail: str = "", onward: str | None = None) -> None:
        self.sentence = sentence
        self.detail = detail
        self.onward = onward
        super().__init__(detail or self.code)


class Refused(DomainError):
    """What was asked is not allowed, or not right."""


class NotFound(Refused):
    """What was asked for does not exist, or is not the asker's."""

    code = "not_found"
    status = 404


class Expired(Refused):
    """It existed, and its time is over."""

    code = "expired"
    status = 410


class TooMany(Refused):
    """Too often. ``wait`` is in seconds."""

    code = "too_many"
    status = 429

    def __init__(self, wait: int, sentence: object = "") -> None:
        self.wait = wait
        super().__init__(sentence, detail=f"wait {wait}s")


class Misconfigured(DomainError):
    """The operator must act before this can go on."""

    code = "misconfigured"
    status = 500

    def __str__(self) -> str:
        """What to do: a start that fails shows it as it is."""
        return str(self.sentence)
