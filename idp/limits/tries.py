"""One try at something limited: what it owes for its account, its network and its secret, and where that is counted."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app

from idp.kernel import clock
from idp.kernel.crypto import blind_index
from idp.kernel.events import Event
from idp.limits import proof, stops
from idp.limits.errors import Throttled
from idp.limits.events import NetworkAlarm, SprayNoticed
from idp.limits.ladder import FREE, Ladder, Level, Owed, Spread, Wait
from idp.limits.lately import first
from idp.limits.modes import observed
from idp.limits.policy import LIMITS, Budget, Limit
from idp.limits.proof import Proof, Verdict
from idp.limits.store import Store

ALARM = "beacon.limits_alarm"
"""Where the app keeps what writes an event of ours into the trail: the trail is a neighbour."""

SPRAY = "_spray"
"""A limit's name and this is the limit that counts the accounts at which one secret was wrong."""


def digest(name: str, scope: str, key: str) -> bytes:
    """The keyed digest under which something is counted: it names nobody."""
    return blind_index("limit", f"{name}\0{scope}\0{key}")


@dataclass(slots=True)
class Try:
    """One try, counted in ``store``. ``known`` is the id of a browser that the account is known to."""

    limit: Limit
    account: str
    network: str
    known: str
    store: Store
    brought: Verdict = field(default_factory=Verdict)
    proven: Level = FREE

    def bring(self, given: Proof | None) -> None:
        """Spend the proof that came along, if it is good for this try."""
        self.brought = proof.examine(self.limit.name, self.account, given)
        if self.brought.level and self.store.burn(self.brought.name, self.brought.until):
            self.proven = self.brought.level

    def ask_patience(self) -> None:
        """Say that a wait is not over, before a proof is asked for in vain. Raises ``Throttled``."""
        if isinstance(self._rule, Ladder) and self.account:
            wait = self.store.rung(self._key(self._lane)).free_at - clock.now()
            if wait > 0 and self._stopped(self.limit.name, self._lane):
                raise Throttled(wait)

    def ask_network(self) -> None:
        """Ask for the proof owed for what others did here; a network with a budget is charged.

        Raises ``ProofOwed`` and ``Throttled``.
        """
        rule = self.limit.network
        if isinstance(rule, Budget) and self.network:
            self._charge("network", rule)
        if isinstance(rule, Spread) and self.network and not self.known:
            others = self.store.join(self._key("network"), rule, self._member)
            sound_alarm(self.store, self.limit.name, self.network, rule, others + 1)
            self._ask(self.limit.name, "network", rule.level(others))

    def ask_secret(self, tried: str) -> None:
        """Ask for the proof owed because the secret with this fingerprint was wrong at many accounts."""
        spray = LIMITS[self.limit.name + SPRAY]
        if spray.secret is not None:
            others = self.store.others(digest(spray.name, "secret", tried), spray.secret, self._member)
            self._ask(spray.name, "secret", spray.secret.level(others))

    def note_failure(self, tried: str) -> None:
        """Remember for a while that this secret was wrong here."""
        spray = LIMITS[self.limit.name + SPRAY]
        if spray.secret is not None:
            others = self.store.join(digest(spray.name, "secret", tried), spray.secret, self._member)
            sound_alarm(self.store, spray.name, tried, spray.secret, others + 1)

    def foresee(self) -> str:
        """The challenge that the next try owes, empty where it owes none. Nothing is counted."""
        rule, crowd, level = self._rule, self.limit.network, FREE
        if isinstance(rule, Ladder):
            level = rule.step(self.store.rung(self._key(self._lane)).failures + 1).proof
        if isinstance(crowd, Spread) and self.network and not self.known:
            level = max(level, crowd.level(self.store.others(self._key("network"), crowd, self._member)))
        owed = level > FREE and not observed(self.limit.name)
        return proof.challenge(self.limit.name, self.account, level) if owed else ""

    def take(self) -> None:
        """Count the try for its account. Raises ``Throttled`` and ``ProofOwed``."""
        rule = self._rule
        if isinstance(rule, Budget) and self.account:
            self._charge(self._lane, rule)
        if isinstance(rule, Ladder) and self.account:
            outcome = self.store.climb(self._key(self._lane), rule, self.proven)
            if isinstance(outcome, Owed):
                self._ask(self.limit.name, self._lane, outcome.level)
            if isinstance(outcome, Wait) and self._stopped(self.limit.name, self._lane):
                raise Throttled(outcome.seconds)

    def take_back(self) -> None:
        """It was right in the end."""
        if self.account:
            self.store.clear(self._key(self._lane))
        rule = self.limit.network
        if isinstance(rule, Budget) and self.network:
            self.store.give_back(self._key("network"), rule)
        if isinstance(rule, Spread) and self.network and not self.known:
            self.store.leave(self._key("network"), self._member)

    def demand(self, level: Level) -> None:
        """Raise ``ProofOwed`` unless a proof of this level came along."""
        if level > self.proven:
            raise proof.owed(self.limit.name, self.account, level, self.brought)

    def _ask(self, name: str, scope: str, level: Level) -> None:
        if level > self.proven and self._stopped(name, scope):
            self.demand(level)

    def _charge(self, scope: str, budget: Budget) -> None:
        counted = self.store.charge(self._key(scope), budget)
        if counted.used > budget.allowed and self._stopped(self.limit.name, scope):
            raise Throttled(max(1, (counted.resets_at or 0) - clock.now()))

    def _stopped(self, name: str, scope: str) -> bool:
        """Note that the limit ``name`` stops, or would stop, whoever tries; whether it really does."""
        enforced = not observed(name)
        alone = scope == "network" and isinstance(self.limit.network, Budget)
        stops.note(name, scope, self.network if alone else self.account or self.network, enforced=enforced)
        return enforced

    @property
    def _rule(self) -> Budget | Ladder | None:
        return (self.limit.known if self.known else None) or self.limit.account

    @property
    def _lane(self) -> str:
        return "known" if self.known else "account"

    @property
    def _member(self) -> bytes:
        """The account as one of many under a network or a secret."""
        return digest("", "member", self.account)

    def _key(self, scope: str) -> bytes:
        text = {"account": self.account, "known": f"{self.account}\0{self.known}", "network": self.network}[scope]
        return digest(self.limit.name, scope, text)


def sound_alarm(store: Store, name: str, key: str, spread: Spread, accounts: int) -> None:
    """Tell staff when a crowd becomes too large, once in a window."""
    told = digest(name, "alarm", key)
    if accounts < spread.alarm or not first(f"{told.hex()} {clock.now() // spread.window}"):
        return
    if store.charge(told, Budget(1, spread.window)).used > 1:
        return
    event: Event = (SprayNoticed if name.endswith(SPRAY) else NetworkAlarm)(name, spread.alarm)
    current_app.extensions[ALARM](event)
