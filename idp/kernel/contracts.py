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
from idp.kernel.settings import Settings

Label = Any
"""A lazy translation (``flask_babel.lazy_gettext``), turned into text in the reader's language when shown."""


SESSION_LIFE = 12 * HOUR
"""The longest a session lasts after a proof, and what hangs on it, in seconds (NIST SP 800-63B-4 section 2.2.3)."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """The facts of a live session that other rooms may see.

    ``auth_time`` is when the resident last proved who they are (seconds since 1970), ``methods`` the names of the
    authentication methods passed, ``acr`` and ``amr`` what was reached (OIDC Core section 2, RFC 8176). ``epoch`` is
    the account's, as it was when the session was read. ``new_browser`` says that the browser was new to the account
    when it signed in; ``drifted`` that the session turned up in another network and another kind of browser, so that
    its proof is good for nothing sensitive until there is a new one.
    """

    id: str
    account_id: str
    auth_time: int
    methods: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    epoch: int = 0
    new_browser: bool = False
    drifted: bool = False


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
    one-line state there for an account; a method without one has no line there. ``advice`` is a sentence for whoever
    may choose it. ``held`` is whether an account has one at all, even one that is suspended, turned off or on its way
    out: what cannot be used still guards the account. Without it, what is enrolled is what is held. ``lasting`` is how
    many of an account's work and stay, for those that it may have several of or that may be on their way out. A
    ``spare`` one is asked for only where nothing else is at hand. ``offered`` is whether an installation with these
    settings can use it at all; without it, every one can.
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
    advice: Label = ""
    held: Callable[[str], bool] | None = None
    lasting: Callable[[str], int] | None = None
    phishing_resistant: bool = False
    hardware: bool = False
    restricted: bool = False
    spare: bool = False
    offered: Callable[[Settings], bool] | None = None

    @property
    def closed(self) -> AuthMethod:
        """The same where it cannot be used or set up. What a resident holds of it is still looked after."""
        unused = replace(self, enrolled=lambda _account_id: False, challenge_endpoint=None, enrol_endpoint=None)
        return replace(unused, held=self.held or self.enrolled, lasting=None)


@dataclass(frozen=True, slots=True)
class Resident:
    """What claim sources read from: one account with its own key, as one query loaded it.

    ``acr`` is what the sign-in reached that is asked about, empty where none is. ``credentials_changed_at`` is when a
    way to sign in was last added, changed or removed (seconds since the epoch).
    """

    account_id: str
    key: ResidentKey
    locale: str
    updated_at: int
    sealed_email: bytes | None
    email_confirmed: bool
    acr: str = ""
    credentials_changed_at: int | None = None


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
class Alert:
    """Something on account home that wants the resident's eye. ``text`` says it for an account, or None where there is
    nothing; ``label`` is the link to the page ``endpoint``, where something can be done."""

    text: Callable[[str], Label | None]
    endpoint: str
    label: Label


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


Retire = Callable[[str, int], int]
"""Given an account and the moment its recovery began: take out of use each way to sign in that was neither set up nor
used since then, and return how many. Runs in the transaction that ends the recovery."""


Advance = Callable[[str], Response]
"""Given an attempt's id after a method was passed or set up, in a POST: go on to what is owed next, or finish."""


StartRecovery = Callable[[str], int]
"""Begin the guarded recovery of an account for an operator; returns when it can be used (seconds since the epoch)."""


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
    alerts: tuple[Alert, ...] = ()
    resident_options: tuple[ResidentOption, ...] = ()
    holdings: tuple[Holding, ...] = ()
    undos: tuple[Undo, ...] = ()
    advance: Advance | None = None
    start_recovery: StartRecovery | None = None
    retire: Retire | None = None
    start: Callable[[Flask], None] | None = field(default=None)
