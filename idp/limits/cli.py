"""``beacon limit``: how often what is allowed, whom it stops, and limits that only observe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict

import click

from idp.audit.operator import data_command, emit, operator_command, stamp
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.limits import modes, service, stops
from idp.limits.errors import UnknownLimit
from idp.limits.events import LimitEnforced, LimitObserved
from idp.limits.ladder import FREE, PROOF, Ladder, Spread
from idp.limits.policy import LIMITS, Budget, Limit
from idp.risk import rules
from idp.risk import service as risk

COLUMNS = "{:<20}  {:<8}  {:<8}  {}"
PROOFS = {FREE: "free", PROOF: "proof"}
UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
SPAN = re.compile(r"([1-9]\d{0,3})([mhd])")


@click.group()
def limit() -> None:
    """See how often what is allowed, and let a limit only observe."""


@limit.command("show")
@click.option("--account", default="", help="Also what this account key has used (an account id or a client id).")
@click.option("--network", default="", help="Also what this network has used, such as 203.0.113.0/24.")
@data_command
def show(account: str, network: str, as_json: bool) -> None:
    """The table of limits."""
    keys, observed = {"account": account, "network": network}, modes.since()
    facts = [_facts(each, keys, observed) for each in LIMITS.values()]
    lines = [COLUMNS.format("limit", "counts", "mode", "allows")]
    lines += [line for each in LIMITS.values() for line in _lines(each, keys, observed)]
    emit(facts, as_json, "\n".join(lines))


@limit.command("simulate")
@click.option("--since", default="7d", show_default=True, help="How far back: such as 30m, 12h or 7d, at most 8d.")
@data_command
def simulate(since: str, as_json: bool) -> None:
    """Whom each limit stopped, or would have stopped, and who of them then got it right."""
    start = clock.now() - _seconds(since)
    found = list(stops.simulate(start))
    lines = [f"Since {stamp(start)}:", *(_told(each) for each in found)]
    emit([asdict(each) for each in found], as_json, "\n".join(lines if found else [*lines, "nobody was stopped"]))


@limit.command("set")
@click.argument("name")
@click.option("--observe", "mode", flag_value="observe", help="Stop nobody; only note whom it would have stopped.")
@click.option("--enforce", "mode", flag_value="enforce", help="Work again.")
@operator_command
def set_mode(name: str, mode: str | None) -> None:
    """Let a limit, or a rule of `beacon risk`, only observe, or work again."""
    if mode is None:
        raise click.UsageError("Give --observe or --enforce.")
    if name not in {*LIMITS, *(risk.PREFIX + rule for rule in rules.BY_NAME)}:
        raise UnknownLimit(f"There is no limit and no rule named {name}.")
    observe = mode == "observe"
    (modes.observe if observe else modes.enforce)(name)
    record(LimitObserved(name) if observe else LimitEnforced(name))
    click.echo(f"{name} {'only observes' if observe else 'works'} now.", err=True)


def _facts(limit_: Limit, keys: dict[str, str], observed: dict[str, int]) -> dict[str, object]:
    used = {scope: asdict(service.use(limit_.name, scope, key)) for scope, key in keys.items() if key}
    facts = asdict(limit_) | {"observed_since": observed.get(limit_.name)}
    return facts | ({"use": used} if used else {})


def _lines(limit_: Limit, keys: dict[str, str], observed: dict[str, int]) -> Iterator[str]:
    mode = "observe" if limit_.name in observed else "enforce"
    for scope in ("account", "known", "network", "secret"):
        rule = getattr(limit_, scope)
        if rule is not None:
            key = keys.get(scope)
            used = f" (used {service.use(limit_.name, scope, key).used})" if key else ""
            yield COLUMNS.format(limit_.name, scope, mode, _words(rule) + used)


def _words(rule: Budget | Ladder | Spread) -> str:
    if isinstance(rule, Budget):
        return f"{rule.allowed} in {_span(rule.window)}"
    if isinstance(rule, Spread):
        crowds = "".join(f", from {crowd.over} {PROOFS.get(crowd.proof, 'dear proof')}" for crowd in rule.crowds)
        return f"accounts that fail in {_span(rule.window)}: free{crowds}, from {rule.alarm} alarm"
    first, words = 1, []
    for step in rule.steps:
        what = f"wait {_span(step.wait)}" if step.wait else PROOFS[step.proof]
        words.append(f"{first}- {what}" if step is rule.steps[-1] else f"{first}-{step.upto} {what}")
        first = step.upto + 1
    return "tries in a row: " + ", ".join(words)


def _span(seconds: int) -> str:
    return next(
        f"{seconds // size} {unit}" for size, unit in ((HOUR, "h"), (MINUTE, "min"), (1, "s")) if seconds % size == 0
    )


def _told(found: stops.Stopped) -> str:
    verb = "stopped" if found.enforced else "would have stopped"
    then = f"{found.then_right} of whom then signed in correctly"
    return f"{found.limit} ({found.scope}): {verb} {found.people} people, {then}"


def _seconds(span: str) -> int:
    matched = SPAN.fullmatch(span)
    seconds = int(matched[1]) * UNITS[matched[2]] if matched else 0
    if not 0 < seconds <= stops.KEPT:
        raise click.BadParameter("must be like 30m, 12h or 7d, and at most 8d.", param_hint="--since")
    return seconds
