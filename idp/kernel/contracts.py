"""What rooms offer one another. Neighbours that may not import each other meet here, and through endpoint names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import click
from flask import Blueprint, Flask
from werkzeug.wrappers import Response

from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.crypto import ResidentKey

Label = Any
"""A lazy translation (``flask_babel.lazy_gettext``), turned into text in the reader's language when shown."""


SESSION_LIFE = 12 * HOUR
"""The longest a session lasts after a proof, and what hangs on it, in seconds (NIST SP 800-63B-4 section 2.2.3)."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """The facts of a live session that other rooms may see.

    ``auth_time`` is when the resident last proved who they are (seconds since 1970), ``methods`` the names of the
    authentication methods passed, ``acr`` and ``amr`` what was reached (OIDC Core section 2, RFC 8176). ``epoch`` is
    the account's, as it was when the session was read; ``new_browser`` says that nobody had finished a sign-in to the
    account in this browser before this session.
    """

    id: str
    account_id: str
    auth_time: int
    methods: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    epoch: int = 0
    new_browser: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """A valid authorization request on its way through the gates, each of which may narrow it.

    ``scopes`` and ``claims`` are what the app may still get. ``request_id`` is None until the request is parked.
    ``authenticated_at`` is when the resident signed in for this very request, ``decided`` whether they answered its
    consent page: both are facts of the parked row, so removing a parameter cannot fake them. ``acr_values`` are levels
    that the app prefers, one of ``demanded_acr`` it cannot do without.
    """

    client_id: str
    scopes: frozenset[str]
    claims: frozenset[str]
    prompts: frozenset[str] = frozenset()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    demanded_acr: tuple[str, ...] = ()
    login_hint: str = ""
    hinted_account: str | None = None
    request_id: str | None = None
    session: SessionView | None = None
    authenticated_at: int | None = None
    decided: bool = False

    def powers(self, informative: Iterable[str]) -> frozenset[str]:
        """The scopes that let the app act at another agency's API: all but ``informative``, which open claims here."""
        return self.scopes - frozenset(informative)

    @property
    def offline(self) -> bool:
        """Whether the app may act while the resident is away."""
        return "offline_access" in self.scopes

    def narrowed(self, scopes: frozenset[str], claims: frozenset[str]) -> Ask:
        """The same request with no more than these."""
        return replace(self, scopes=self.scopes & scopes, claims=self.claims & claims)


@dataclass(frozen=True, slots=True)
class Need:
    """What a gate says is owed before the request may go on.

    ``error`` answers ``prompt=none`` (OIDC Core section 3.1.2.6); ``endpoint`` is where the browser goes with the
    parked request's id otherwise. Without an endpoint the request ends with the error.
    """

    error: Literal[
        "login_required",
        "consent_required",
        "interaction_required",
        "account_selection_required",
        "unmet_authentication_requirements",
        "access_denied",
    ]
    endpoint: str | None
    reason: str


Gate = Callable[[Ask], Ask | Need]


Factor = Literal["know", "have", "are"]


@dataclass(frozen=True, slots=True)
class AuthMethod:
    """A way to prove who one is.

    ``factors`` are what it rests on: one, or two where the authenticator verifies its holder (NIST SP 800-63B-4
    section 2.2.1); ``amr`` its RFC 8176 values. ``hardware`` is a key that cannot leave its device, ``restricted``
    what may never be the only way offered nor remove a stronger one (section 3.2.9). ``challenge_endpoint`` and
    ``enrol_endpoint`` take ``attempt_id``. ``manage_endpoint`` is its page on the resident's desk, ``summary`` its
    one-line state there for an account; a method without one has no line there.
    """

    name: str
    factors: tuple[Factor, ...]
    amr: tuple[str, ...]
    label: Label
    enrolled: Callable[[str], bool]
    challenge_endpoint: str | None = None
    enrol_endpoint: str | None = None
    manage_endpoint: str | None = None
    summary: Callable[[str], Label] | None = None
    phishing_resistant: bool = False
    hardware: bool = False
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Resident:
    """What claim sources read from: one account with its own key, as one query loaded it."""

    account_id: str
    key: ResidentKey
    locale: str
    updated_at: int
    sealed_email: bytes | None
    email_confirmed: bool


@dataclass(frozen=True, slots=True)
class ClaimSpec:
    """One claim an app may ask for: its scope, the words a resident reads, and how its value is shown to them.

    ``edit`` is the address of the page on which a resident can add what is missing, given the own path to return to.
    A ``seldom`` one that they do not hold is not worth a line on a page that asks for several.
    """

    name: str
    scope: str
    label: Label
    sensitive: bool = False
    show: Callable[[Any], str] = str
    edit: Callable[[str], str] | None = None
    seldom: bool = False


@dataclass(frozen=True, slots=True)
class ClaimSource:
    """A room's claims. ``read`` returns only claims that have a value, typed as OIDC Core section 5.1 says."""

    name: str
    claims: tuple[ClaimSpec, ...]
    read: Callable[[Resident, frozenset[str]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Standing work of the worker, mostly deletion of what expired.

    ``run(limit)`` handles at most ``limit`` rows and returns how many; ``every`` is the time between runs in seconds.
    """

    name: str
    run: Callable[[int], int]
    every: int = MINUTE


@dataclass(frozen=True, slots=True)
class Courier:
    """Brings one kind of outbox message to its receiver; raises to be tried again later."""

    kind: str
    deliver: Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the resident's own menu. ``summary`` is its one-line state for an account, shown on account home."""

    endpoint: str
    label: Label
    order: int
    summary: Callable[[str], Label] | None = None


@dataclass(frozen=True, slots=True)
class ResidentOption:
    """An option of ``beacon resident add`` for something that another room keeps about a resident.

    ``option`` declares it. When it was given, ``apply`` gets the new account's id and the value, inside the command's
    transaction, and returns what the command prints beside the account's id, such as ``{"totp_secret": "…"}``.
    A wrong value raises a ``DomainError``, and no account is made.
    """

    option: click.Option
    apply: Callable[[str, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that a room keeps for residents, and what happens to it when the account is in danger or ends.

    ``quarantine(account_id, since)`` takes out of use what was added since a moment (seconds since the epoch) and
    returns how many; ``erase(account_id)`` deletes all of it. Both run in the transaction of the deed.
    """

    name: str
    quarantine: Callable[[str, int], int]
    erase: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Undo:
    """How to stop a change that is announced and still to come, from the link of its notice and without signing in.

    ``about`` is the notice's; ``label`` the words of the button. ``stop(account_id, subject)`` takes the change back,
    and raises a ``DomainError`` when it is too late.
    """

    about: str
    label: Label
    stop: Callable[[str, str | None], None]


Advance = Callable[[str], Response]
"""Given an attempt's id after a method was passed or set up, in a POST: go on to what is owed next, or finish."""


@dataclass(frozen=True, slots=True)
class Feature:
    """What one room offers to the roof."""

    name: str
    blueprints: tuple[Blueprint, ...] = ()
    commands: tuple[click.Command, ...] = ()
    methods: tuple[AuthMethod, ...] = ()
    claim_sources: tuple[ClaimSource, ...] = ()
    couriers: tuple[Courier, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    menu: tuple[MenuItem, ...] = ()
    resident_options: tuple[ResidentOption, ...] = ()
    holdings: tuple[Holding, ...] = ()
    undos: tuple[Undo, ...] = ()
    advance: Advance | None = None
    start: Callable[[Flask], None] | None = field(default=None)
