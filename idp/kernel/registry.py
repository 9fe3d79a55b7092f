"""The features of a running app, merged, checked and frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from idp.kernel.contracts import (
    Advance,
    Alert,
    AuthMethod,
    ClaimSource,
    ClaimSpec,
    Courier,
    Feature,
    Gate,
    Holding,
    MenuItem,
    Resident,
    ResidentOption,
    Retire,
    StartRecovery,
    Sweep,
    Undo,
)
from idp.kernel.errors import Misconfigured


@dataclass(frozen=True)
class Registry:
    """What all rooms offer together."""

    features: tuple[Feature, ...]
    gates: tuple[Gate, ...]
    methods: dict[str, AuthMethod]
    claim_sources: tuple[ClaimSource, ...]
    claims: dict[str, ClaimSpec]
    couriers: dict[str, Courier]
    sweeps: tuple[Sweep, ...]
    menu: tuple[MenuItem, ...]
    alerts: tuple[Alert, ...]
    resident_options: tuple[ResidentOption, ...]
    holdings: tuple[Holding, ...]
    undos: dict[str, Undo]
    advance: Advance | None
    start_recovery: StartRecovery | None
    retire: tuple[Retire, ...]

    def claims_of(self, scopes: Iterable[str]) -> frozenset[str]:
        """The claims that these scopes open."""
        opened = frozenset(scopes)
        return frozenset(name for name, claim in self.claims.items() if claim.scope in opened)

    def read_claims(self, resident: Resident, names: frozenset[str]) -> dict[str, Any]:
        """The values a resident holds for these claims; a claim without a value is left out."""
        return {name: value for source in self.claim_sources for name, value in source.read(resident, names).items()}

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every scope an app may ask for, in the order of the catalogue."""
        return ("openid", *dict.fromkeys(claim.scope for claim in self.claims.values()), "offline_access")


def install(app: Flask, features: tuple[Feature, ...], gates: tuple[Gate, ...]) -> Registry:
    """Merge ``features`` into a registry on ``app`` and start each of them, in order."""
    registry_ = Registry(
        features=features,
        gates=gates,
        methods=_unique("method", ((m.name, _as_offered(m, app)) for f in features for m in f.methods)),
        claim_sources=tuple(source for f in features for source in f.claim_sources),
        claims=_unique("claim", ((c.name, c) for f in features for s in f.claim_sources for c in s.claims)),
        couriers=_unique("courier", ((c.kind, c) for f in features for c in f.couriers)),
        sweeps=tuple(sweep for f in features for sweep in f.sweeps),
        menu=tuple(sorted((item for f in features for item in f.menu), key=lambda item: item.order)),
        alerts=tuple(alert for f in features for alert in f.alerts),
        resident_options=tuple(option for f in features for option in f.resident_options),
        holdings=tuple(holding for f in features for holding in f.holdings),
        undos=_unique("undo", ((undo.about, undo) for f in features for undo in f.undos)),
        advance=next((feature.advance for feature in features if feature.advance), None),
        start_recovery=next((feature.start_recovery for feature in features if feature.start_recovery), None),
        retire=tuple(feature.retire for feature in features if feature.retire),
    )
    app.extensions["beacon.registry"] = registry_
    for feature in features:
        for blueprint in feature.blueprints:
            app.register_blueprint(blueprint)
        if feature.start:
            feature.start(app)
    return registry_


def registry() -> Registry:
    """The registry of the running app."""
    return current_app.extensions["beacon.registry"]  # type: ignore[no-any-return]


def _as_offered(method: AuthMethod, app: Flask) -> AuthMethod:
    return method if method.offered is None or method.offered(app.extensions["beacon.settings"]) else method.closed


def _unique(what: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, value in pairs:
        if name in merged:
            raise Misconfigured(f"Two rooms offer the {what} {name}.")
        merged[name] = value
    return merged
