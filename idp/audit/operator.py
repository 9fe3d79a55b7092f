"""Commands at the terminal: the app around a verb, who runs it and why, and refusals as one sentence.

The roof puts a function without parameters that makes the app into ``ctx.obj``. A command that prints data is a
``@data_command``; one that changes something is an ``@operator_command``; one may be both.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import click
from flask import Flask, has_app_context
from sqlalchemy.exc import SQLAlchemyError

from idp.audit.actor import NOT_STAFF, acting, actor
from idp.kernel import db
from idp.kernel.errors import DomainError, Misconfigured, Refused

Verb = Callable[..., Any]

LONGEST_NAME = 64
LONGEST_REASON = 1000


class _DryRun(Exception):
    """Ends a dry run, so that its transaction is rolled back."""


def stamp(seconds: int) -> str:
    """A moment (epoch seconds) as commands print it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def data_command(verb: Verb) -> Verb:
    """A command that prints data: runs ``verb`` in the app and gives it ``as_json`` from ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(_in_the_app(verb))


def operator_command(verb: Verb, *, usual_reason: str | None = None) -> Verb:
    """A command that changes something: runs ``verb`` in one transaction, on record under an operator and a reason.

    Adds ``--reason`` (required, unless there is a usual one), ``--operator`` (the system user when not given) and
    ``--dry-run`` (does everything, then takes it back). The verb itself is given none of the three.
    """

    @wraps(verb)
    def deed(*args: Any, reason: str, operator: str, dry_run: bool, **options: Any) -> Any:
        name = f"operator {operator}" if operator in NOT_STAFF else operator  # nobody hides among the others
        with acting(name, reason), _one_transaction(dry_run):
            return verb(*args, **options)

    for option in (
        click.option("--dry-run", is_flag=True, help="Show what would happen, and change nothing."),
        click.option(
            "--operator",
            metavar="NAME",
            default=_system_user,
            show_default="the system user",
            callback=_one_line(LONGEST_NAME),
            help="Who does this.",
        ),
        click.option(
            "--reason",
            **({"required": True} if usual_reason is None else {"default": usual_reason, "show_default": True}),
            callback=_one_line(LONGEST_REASON),
            help="Why; goes on record.",
        ),
    ):
        deed = option(deed)
    return _in_the_app(deed)


def approved_command(verb: Verb) -> Verb:
    """An operator command that one person alone must not run: adds ``--approved-by``, which names another one.

    The verb is given ``approved_by``, to put it on record (NIST SP 800-63A-4 section 3.2.1, insider collusion).
    """

    @wraps(verb)
    def deed(*args: Any, approved_by: str, **options: Any) -> Any:
        if approved_by.casefold() == actor()[0].casefold():
            raise Refused("Somebody other than the operator must approve this.")
        return verb(*args, approved_by=approved_by, **options)

    asked = click.option(
        "--approved-by",
        metavar="NAME",
        required=True,
        callback=_one_line(LONGEST_NAME),
        help="Who else agreed to this; goes on record.",
    )
    return operator_command(asked(deed))


def adding_command(verb: Verb) -> Verb:
    """An operator command that adds something new, where the reason goes without saying."""
    return operator_command(verb, usual_reason="new")


def emit(data: Any, as_json: bool, human: str) -> None:
    """Print ``data`` as one JSON document, or else ``human``, in which nothing can steer the terminal."""
    click.echo(json.dumps(data, indent=1) if as_json else _harmless(human))


def the_app() -> Flask:
    """The app this command runs in, made by the roof's factory. Ends the command with a sentence when it cannot be."""
    with refusals_as_sentences():
        try:
            return click.get_current_context().obj()  # type: ignore[no-any-return]
        except OSError as error:
            raise Misconfigured(f"{error.strerror}: {error.filename}") from error


@contextmanager
def _app_at_hand() -> Iterator[None]:
    """The app around a block, entered unless it is there already; refusals and database errors end the command.

    Inside another command's transaction they are left to that one, which says them when its locks are free.
    """
    around = nullcontext() if has_app_context() else the_app().app_context()
    with around, nullcontext() if db.in_transaction() else refusals_as_sentences():
        yield


def _in_the_app(verb: Verb) -> Verb:
    @wraps(verb)
    def run(*args: Any, **options: Any) -> Any:
        with _app_at_hand():
            return verb(*args, **options)

    return run


@contextmanager
def _one_transaction(dry_run: bool) -> Iterator[None]:
    try:
        with db.transaction():
            yield
            if dry_run:
                raise _DryRun
    except _DryRun:
        click.echo("Dry run: nothing was changed.", err=True)


@contextmanager
def refusals_as_sentences() -> Iterator[None]:
    try:
        yield
    except DomainError as error:
        raise click.ClickException(_sentence(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(_database_sentence(error)) from error


def _sentence(error: DomainError) -> str:
    return _harmless(str(error.sentence) or error.detail or error.code)


def _database_sentence(error: SQLAlchemyError) -> str:
    """Why the database failed. Never the statement or its values, which may be personal."""
    try:
        db.demand_tables()
    except DomainError as cause:
        return _sentence(cause)
    return f"The database refused this ({type(error).__name__}). Nothing was changed. Run: beacon db status"


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"


def _one_line(longest: int) -> Callable[[click.Context, click.Parameter, str], str]:
    def check(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
        text = value.strip()
        if not text or len(text) > longest or not text.isprintable():
            raise click.BadParameter(f"must be one line of 1 to {longest} characters.")
        return text

    return check


def _harmless(text: str) -> str:
    return "".join(mark if mark.isprintable() or mark in "\n\t" else repr(mark)[1:-1] for mark in text)
