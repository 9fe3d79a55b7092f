"""Letters to the resident about their second factors: to the main address, in the account's language."""

from __future__ import annotations

from typing import Any

from idp.accounts import service as accounts
from idp.outbox.service import queue_letter


def authenticator_added(account_id: str, *, replaced: bool) -> None:
    """An authenticator app was set up, maybe in the place of another."""
    _write(account_id, "authenticator_added", replaced=replaced)


def turned_off(account_id: str, *, method: str) -> None:
    """A method was turned off after too many wrong codes. ``method`` is its name."""
    _write(account_id, "turned_off", method=method)


def recovery_codes_made(account_id: str) -> None:
    """A set of recovery codes was made, and any earlier one ended."""
    _write(account_id, "recovery_codes_made")


def recovery_code_used(account_id: str, *, left: int) -> None:
    """A recovery code was used; ``left`` are still good."""
    _write(account_id, "recovery_code_used", left=left)


def _write(account_id: str, letter: str, **words: Any) -> None:
    if (account := accounts.account(account_id)) is not None:
        to = accounts.main_email(account_id)
        queue_letter(f"mfa/{letter}", to=to, locale=account.locale, account_id=account_id, **words)
