"""What is known of one action when it is assessed: plain facts, gathered by whoever asks. No address, no header."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signals:
    """The facts of one action. Ages are in seconds, None where it never happened.

    ``stranger`` is a browser in which nobody finished a sign-in to the account, ``new_browser`` one in which the first
    was less than a day ago. ``phishable`` is a proof that a page in the middle could have passed on. ``country_moved``
    is how long ago the account was signed in to in another country. ``failures`` are wrong tries in the hour before,
    ``failing_accounts`` different accounts that failed in the same network.
    """

    stranger: bool = False
    new_browser: bool = False
    phishable: bool = False
    known_bad_password: bool = False
    drifted: bool = False
    failures: int = 0
    failing_accounts: int = 0
    country_moved: int | None = None
    credentials_age: int | None = None
    recovery_age: int | None = None
