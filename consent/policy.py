"""The rules of consent. Pure: values in, values out.

Asked again (threat model, class 9): never asked, expired, a claim or an API that was not asked before,
``offline_access`` for the first time, a claim that the app now needs but was not granted, ``prompt=consent``, and each
time for an app that cannot be told from another, or that is another one now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.kernel.clock import YEAR
from idp.kernel.contracts import Ask
from idp.kernel.crypto import digest

REMEMBERED_FOR = YEAR
OFFLINE = "offline_access"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Live:
    """The decision that stands between one resident and one app. Times in seconds since the epoch."""

    id: str
    asked_scopes: frozenset[str]
    asked_claims: frozenset[str]
    granted_claims: frozenset[str]
    decided_at: int
    expires_at: int
    identity: bytes | None = None

    @property
    def offline(self) -> bool:
        """Whether the app may act while the resident is away."""
        return OFFLINE in self.asked_scopes


def reason_to_ask(
    ask: Ask,
    live: Live | None,
    now: int,
    *,
    required: Iterable[str],
    assured: bool,
    powers: frozenset[str] = frozenset(),
    identity: bytes | None = None,
) -> str | None:
    """Why the resident must be asked before this request goes on; None when their answer is known.

    ``required`` are the claims that the app cannot do without; ``assured`` whether the app is known for certain;
    ``powers`` the asked scopes of other agencies' APIs; ``identity`` who the app is now.
    """
    if live is None:
        return "never asked"
    if live.expires_at <= now:
        return "the decision has expired"
    if ask.decided:
        return None
    reasons = {
        "the app wants it asked again": "consent" in ask.prompts,
        "the app cannot be told from another": not assured,
        "the app is not who it was": live.identity not in {None, identity},
        "the app asks for more": not ask.claims <= live.asked_claims,
        "the app asks to use another API": not powers <= live.asked_scopes,
        "the app needs a claim that was not granted": not ask.claims & frozenset(required) <= live.granted_claims,
        "the app asks to act while the resident is away": ask.offline and not live.offline,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def identity(name: str, agency: str | None, redirect_uris: Iterable[str]) -> bytes:
    """Who an app is to a resident: its name, its agency, and where it lives, as a digest."""
    homes = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, redirect_uris)}
    return digest("\n".join((name, agency or "", *sorted(homes))))


def granted(ask: Ask, live: Live) -> Ask:
    """The request cut down to what was agreed."""
    scopes = ask.scopes if live.offline else ask.scopes - {OFFLINE}
    return ask.narrowed(scopes, live.granted_claims)


def released(asked: frozenset[str], ticked: Iterable[str], required: Iterable[str]) -> frozenset[str]:
    """What an answer grants: of the claims asked for, those ticked and those that cannot be left out."""
    return asked & (frozenset(ticked) | frozenset(required))


def kept(earlier: Live | None, ask: Ask, now: int) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """What an earlier decision adds to a new one: scopes asked, claims asked and claims granted of which ``ask`` says
    nothing. So an app that asks in two steps is not asked about the first again."""
    if earlier is None or earlier.expires_at <= now:
        return frozenset(), frozenset(), frozenset()
    return earlier.asked_scopes, earlier.asked_claims - ask.claims, earlier.granted_claims - ask.claims


def assured(*, native: bool, redirect_uris: Iterable[str]) -> bool:
    """Whether an app that answers at these addresses is the one it says it is (RFC 8252 section 8.6).

    A public app on the resident's device proves nothing by a loopback address or a scheme of its own: any other
    program there can use the same.
    """
    return not native or all(_only_theirs(uri) for uri in redirect_uris)


def _only_theirs(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme == "https" and parts.hostname not in LOOPBACK
