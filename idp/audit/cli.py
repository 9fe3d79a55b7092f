"""``beacon audit``: read the trail, and prove that nobody changed it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from idp.accounts import service as accounts
from idp.audit import service
from idp.audit.operator import data_command, emit, stamp
from idp.audit.service import Broken, Entry, Verdict

WHEN = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])

HARMS = {
    "edited": "The event at position {position} is not what was sealed there.",
    "removed": "The event at position {position} is missing.",
    "reordered": "The event at position {position} was moved there from another place.",
    "foreign": "The event at position {position} was never sealed by Beacon.",
    "head": "The head of the chain was changed or taken away.",
}


@click.group()
def audit() -> None:
    """Search the trail of what happened, and verify it."""


@audit.command("search")
@click.option("--account", help="Events of this resident, by account id or email address.")
@click.option("--client", help="Events of this app, by client id.")
@click.option("--kind", help="Events of this kind, such as account.locked.")
@click.option("--since", type=WHEN, help="From this time on (UTC).")
@click.option("--until", type=WHEN, help="Before this time (UTC).")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@data_command
def search(
    account: str | None,
    client: str | None,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Events, newest first."""
    who = accounts.id_of(account) if account else None
    found = service.search(
        account=who, client=client, kind=kind, since=_seconds(since), until=_seconds(until), limit=limit
    )
    emit([_readable(entry) for entry in found], as_json, "\n".join(map(_line, found)) or "No events.")


@audit.command("verify")
@data_command
def verify(as_json: bool) -> None:
    """Walk the chain of seals. Exits with 1 at the first event that was edited, removed, moved or put in."""
    verdict = service.verify()
    emit(_facts(verdict), as_json, _summary(verdict))
    if verdict.broken:
        raise click.ClickException(_harm(verdict.broken))


def _seconds(when: datetime | None) -> int | None:
    return None if when is None else int(when.replace(tzinfo=UTC).timestamp())


def _readable(entry: Entry) -> dict[str, object]:
    return asdict(entry) | {"time": stamp(entry.at)}


def _line(entry: Entry) -> str:
    about = (f"{name}={value}" for name, value in (("account", entry.account_id), ("client", entry.client_id)) if value)
    who = f"by {entry.actor}" + (f" ({entry.reason})" if entry.reason else "")
    facts = json.dumps(entry.facts, ensure_ascii=False) if entry.facts else ""
    return "  ".join(part for part in (stamp(entry.at), entry.kind, *about, who, facts) if part)


def _facts(verdict: Verdict) -> dict[str, object]:
    return {"sound": verdict.sound} | asdict(verdict)


def _summary(verdict: Verdict) -> str:
    state = "sound" if verdict.sound else "BROKEN"
    return (
        f"Chain {state}: {verdict.checked} events hold, {verdict.unsealed} wait to be sealed.\n"
        f"Head: position {verdict.position}, seal {verdict.seal}"
    )


def _harm(broken: Broken) -> str:
    return HARMS[broken.harm].format(position=broken.position)
