"""``beacon session``: what an operator may see and end."""

from __future__ import annotations

from dataclasses import asdict

import click

from idp import lifecycle
from idp.accounts import service as accounts
from idp.audit.operator import data_command, emit, operator_command
from idp.sessions.service import sessions_of


@click.group()
def session() -> None:
    """List and end sessions."""


@session.command("list")
@click.option("--account", help="Only this resident's, by account id or email address.")
@click.option("--all", "everything", is_flag=True, help="Ended ones too.")
@data_command
def list_sessions(account: str | None, everything: bool, as_json: bool) -> None:
    """Sessions, newest first."""
    who = accounts.id_of(account) if account else None
    rows = [asdict(facts) for facts in sessions_of(who, live_only=not everything)]
    emit(rows, as_json, "\n".join(f"{row['id']}  {row['account_id']}  {row['acr']}" for row in rows))


@session.command("end")
@click.argument("session_id")
@operator_command
def end_session(session_id: str) -> None:
    """End one session and the tokens that hang on it."""
    lifecycle.end_session(session_id)
    click.echo("Ended.", err=True)
