"""Security event tokens (RFC 8417), each about one resident and for one app.

A token names the resident by the subject that the app knows, and holds nothing else that is personal: what changed is
never told, only that it did (NIST SP 800-63C-4 section 4.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.kernel.settings import settings
from idp.tokens.telling import SecurityEvent

TYPE = "secevent+jwt"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"

EVENTS: Mapping[SecurityEvent, str] = {
    "account-disabled": RISC,
    "account-enabled": RISC,
    "account-purged": RISC,
    "credential-change": CAEP,
    "credential-compromise": RISC,
    "identifier-changed": RISC,
    "recovery-activated": RISC,
    "recovery-information-changed": RISC,
    "session-revoked": CAEP,
}
"""Where each event is defined: OpenID RISC Profile 1.0 section 2, OpenID CAEP 1.0 section 3."""


def claims_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """What the token of a message says. Its ``jti`` stays the same from try to try (RFC 8935 section 2)."""
    event: SecurityEvent = message["event"]
    issuer, said = settings().issuer, {"event_timestamp": message["at"]} | message["facts"]
    return {
        "iss": issuer,
        "aud": message["client_id"],
        "iat": message["at"],
        "jti": message["id"],
        "sub_id": {"format": "iss_sub", "iss": issuer, "sub": message["sub"]},
        "events": {EVENTS[event] + event: said},
    }
