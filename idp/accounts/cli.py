"""``beacon resident``: what an operator may do for a resident."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import has_app_context

from idp import lifecycle
from idp.accounts import service
from idp.accounts.errors import NoSuchResident, NotInUse
from idp.accounts.events import FactorResetBegun
from idp.accounts.service import AccountView
from idp.audit.operator import (
    adding_command,
    approved_command,
    data_command,
    emit,
    operator_command,
    stamp,
    the_app,
)
from idp.audit.service import record
from idp.kernel.registry import registry
from idp.sessions.service import sessions_of
from idp.web.i18n import LOCALES


class AddCommand(click.Command):
    """A command with the options of ``Feature.resident_options`` beside its own. Its help needs no database."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not has_app_context():
            try:
                ctx.with_resource(the_app().app_context())
            except click.ClickException:
                if not set(args) & set(ctx.help_option_names):
                    raise
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        offered = registry().resident_options if has_app_context() else ()
        return [*(each.option for each in offered), *super().get_params(ctx)]


def names_a_resident(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Take a resident by account id or by address, and give ``verb`` the account as ``found``."""

    @wraps(verb)
    def run(*args: Any, who: str | None, email: str | None, **options: Any) -> Any:
        if (who is None) is (email is None):
            raise click.UsageError("Name one resident: an account id, an email address, or --email.")
        found = service.account(service.id_of(who or email or ""))
        if found is None:
            raise NoSuchResident
        return verb(*args, found=found, **options)

    run = click.option("--email", help="The resident's email address, instead of the argument.")(run)
    return click.argument("who", metavar="ID_OR_EMAIL", required=False)(run)


@click.group()
def resident() -> None:
    """Add, find, stop, sign out and erase residents."""


@resident.command("add", cls=AddCommand)
@click.option("--email", required=True, help="The resident's email address.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--verified", is_flag=True, help="The resident has proven to read this address.")
@click.option("--locale", type=click.Choice(LOCALES), help="The resident's language; without it, their browser's.")
@adding_command
@data_command
def add(email: str, password_stdin: bool, verified: bool, locale: str | None, as_json: bool, **more: Any) -> None:
    """Open an account. Without a password nobody can sign in to it yet."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    account_id = service.open_account(email, password, locale or "", confirmed=verified)
    told: dict[str, Any] = {"id": account_id}
    for offered in registry().resident_options:
        value = more.get(offered.option.name or "")
        if value not in (None, False, ()):
            told |= offered.apply(account_id, value)
    emit(told, as_json, _lines(told))


@resident.command("find")
@data_command
@names_a_resident
def find(found: AccountView, as_json: bool) -> None:
    """The account id behind an email address."""
    facts = {"id": found.id, "status": found.status}
    emit(facts, as_json, _lines(facts))


@resident.command("show")
@data_command
@names_a_resident
def show(found: AccountView, as_json: bool) -> None:
    """What is known of an account, without secrets."""
    facts = {
        "id": found.id,
        "status": found.status,
        "email": service.main_email(found.id),
        "email_verified": service.resident(found.id).email_confirmed,
        "locale": found.locale,
        "created_at": found.created_at,
        "methods": [method.name for method in registry().methods.values() if method.enrolled(found.id)],
        "sessions": len(sessions_of(found.id)),
    }
    emit(facts, as_json, _lines(facts))


@resident.command("lock")
@operator_command
@names_a_resident
def lock(found: AccountView) -> None:
    """Stop every sign-in, session and token of a resident."""
    lifecycle.lock(found.id)
    click.echo("Locked. Every session and token has ended.", err=True)


@resident.command("unlock")
@operator_command
@names_a_resident
def unlock(found: AccountView) -> None:
    """Let a resident sign in again, also where too many wrong passwords had stopped them."""
    lifecycle.unlock(found.id)
    click.echo("Unlocked.", err=True)


@resident.command("sign-out")
@operator_command
@names_a_resident
def sign_out(found: AccountView) -> None:
    """End every session and token of a resident."""
    ended = lifecycle.sign_out(found.id)
    click.echo(f"Signed out. Sessions ended: {ended}.", err=True)


@resident.command("freeze")
@operator_command
@names_a_resident
def freeze(found: AccountView) -> None:
    """Stop every use of an account until its resident unfreezes it with two factors."""
    if not lifecycle.freeze(found.id):
        raise NotInUse
    click.echo("Frozen. Every session and token has ended.", err=True)


@resident.command("release")
@operator_command
@names_a_resident
def release(found: AccountView) -> None:
    """Take a frozen account back into use."""
    lifecycle.release(found.id)
    click.echo("Released.", err=True)


@resident.command("close")
@operator_command
@names_a_resident
def close(found: AccountView) -> None:
    """Let an account end in fourteen days, as its resident may do; until then it can be kept."""
    click.echo(f"Closing. It will be erased at {stamp(lifecycle.close(found.id))}.", err=True)


@resident.command("keep-open")
@operator_command
@names_a_resident
def keep_open(found: AccountView) -> None:
    """Keep an account that is closing."""
    lifecycle.keep_open(found.id)
    click.echo("Kept.", err=True)


@resident.command("erase")
@approved_command
@names_a_resident
def erase(found: AccountView, approved_by: str) -> None:
    """Erase a resident for good, at once and without a word to them. Nothing brings it back."""
    if not lifecycle.erase(found.id, approved_by=approved_by):
        raise NotInUse
    click.echo("Erased. The resident's key is destroyed.", err=True)


@resident.command("reset-factor")
@click.argument("method")
@approved_command
@names_a_resident
def reset_factor(found: AccountView, method: str, approved_by: str) -> None:
    """Begin the guarded recovery for a resident who lost METHOD. They are written to; only they can finish it."""
    known, begin = registry().methods.get(method), registry().start_recovery
    if known is None or begin is None or not (known.held or known.enrolled)(found.id):
        raise click.UsageError(f"METHOD must be one that the resident has: {', '.join(_methods(found.id)) or 'none'}.")
    if found.status not in service.PROVABLE:
        raise NotInUse
    record(FactorResetBegun(method=method, approved_by=approved_by), account_id=found.id)
    click.echo(f"Begun. The resident can finish it from {stamp(begin(found.id))}.", err=True)


def _methods(account_id: str) -> list[str]:
    return [one.name for one in registry().methods.values() if (one.held or one.enrolled)(account_id)]


def _lines(facts: dict[str, Any]) -> str:
    words = {name: ", ".join(value) if isinstance(value, list) else value for name, value in facts.items()}
    return "\n".join(f"{name}: {word}" for name, word in words.items())
