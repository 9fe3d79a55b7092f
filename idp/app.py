"""The roof: which rooms there are, and which gates a request must pass, as two lists to read aloud."""

from __future__ import annotations

from flask import Flask

from consent.feature import FEATURE as CONSENT
from consent.gate import consent
from idp.accounts.feature import FEATURE as ACCOUNTS
from idp.audit.feature import FEATURE as AUDIT
from idp.clients.feature import FEATURE as CLIENTS
from idp.kernel import db, logs, registry
from idp.kernel.contracts import Feature, Gate
from idp.kernel.secrets import install_secrets
from idp.kernel.settings import Settings
from idp.keys.feature import FEATURE as KEYS
from idp.limits.feature import FEATURE as LIMITS
from idp.oidc.feature import FEATURE as OIDC
from idp.outbox.feature import FEATURE as OUTBOX
from idp.risk.feature import FEATURE as RISK
from idp.sessions.feature import FEATURE as SESSIONS
from idp.signals.feature import FEATURE as SIGNALS
from idp.signin.feature import FEATURE as SIGNIN
from idp.signin.gate import sign_in
from idp.tokens.feature import FEATURE as TOKENS
from idp.web.feature import FEATURE as WEB
from mfa.feature import FEATURE as MFA
from mfa.gate import strength
from profiles.feature import FEATURE as PROFILES

FEATURES: tuple[Feature, ...] = (
    AUDIT,
    LIMITS,
    OUTBOX,
    WEB,
    ACCOUNTS,
    CLIENTS,
    KEYS,
    SESSIONS,
    TOKENS,
    RISK,
    SIGNIN,
    OIDC,
    SIGNALS,
    PROFILES,
    MFA,
    CONSENT,
)

GATES: tuple[Gate, ...] = (sign_in, strength, consent)


def create_app(
    settings: Settings, *, features: tuple[Feature, ...] = FEATURES, gates: tuple[Gate, ...] = GATES
) -> Flask:
    """Build the app from its settings. Raises ``Misconfigured`` when the operator must act first."""
    app = Flask("idp", static_folder=None, template_folder=None)
    app.extensions["beacon.settings"] = settings
    logs.start(development=settings.development)
    install_secrets(app, settings)
    db.start(app, settings.database_url)
    registry.install(app, features, gates)
    return app
