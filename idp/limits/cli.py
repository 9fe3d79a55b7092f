"""``beacon limit``: how often what is allowed."""

from __future__ import annotations

from dataclasses import asdict

import click

from idp.audit.operator import data_command, emit
from idp.kernel import clock
from idp.limits import service
from idp.limits.policy import LIMITS, Budget, Limit

COLUMNS = "{:<14}  {:<22}  {}"


@click.group()
def limit() -> None:
    """See how often what is allowed."""


@limit.command("show")
@click.option("--account", default="", help="Also what this account key has used (an account id or a client id).")
@click.option("--network", default="", help="Also what this network has used, such as 203.0.113.0/24.")
@data_command
def show(account: str, network: str, as_json: bool) -> None:
    """The table of limits."""
    keys = {"account": account, "network": network}
    limits = [_facts(each, keys) for each in LIMITS.values()]
    lines = [COLUMNS.format("limit", "account", "network"), *(_line(each, keys) for each in LIMITS.values())]
    emit(limits, as_json, "\n".join(lines))


def _facts(limit_: Limit, keys: dict[str, str]) -> dict[str, object]:
    used = {scope: asdict(service.use(limit_.name, scope, key)) for scope, key in keys.items() if key}
    return asdict(limit_) | ({"use": used} if used else {})


def _line(limit_: Limit, keys: dict[str, str]) -> str:
    return COLUMNS.format(limit_.name, *(_cell(limit_, scope, key) for scope, key in keys.items()))


def _cell(limit_: Limit, scope: str, key: str) -> str:
    budget: Budget = getattr(limit_, scope)
    allowed = f"{budget.allowed} in {budget.window // clock.MINUTE} min"
    return f"{allowed} (used {service.use(limit_.name, scope, key).used})" if key else allowed
