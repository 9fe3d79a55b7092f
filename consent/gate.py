"""The consent gate: has the resident agreed to this?"""

from __future__ import annotations

from consent import policy, service
from idp.clients import service as clients
from idp.kernel import clock
from idp.kernel.contracts import Ask, Need
from idp.kernel.registry import registry


def consent(ask: Ask) -> Ask | Need:
    """Let the request through with what the resident agreed to share, or say that they must be asked.

    First-party apps are a published allowlist (NIST SP 800-63C-4 section 4.6.1.1): they get what they ask for.
    """
    client = clients.find(ask.client_id)
    if ask.session is None or client is None:
        return Need("login_required", "signin.sign_in", "nobody is signed in")
    if client.first_party:
        return ask
    live = service.live(ask.session.account_id, client.id)
    assured = policy.assured(native=client.native, redirect_uris=client.redirect_uris)
    powers = ask.powers(registry().scopes)
    identity = policy.identity(client.name, client.agency, client.redirect_uris)
    reason = policy.reason_to_ask(
        ask,
        live,
        clock.now(),
        required=client.required_claims,
        assured=assured,
        powers=powers,
        identity=identity,
    )
    if live is None or reason is not None:
        return Need("consent_required", "consent.decide", reason or "never asked")
    return policy.granted(ask, live)
