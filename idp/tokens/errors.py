"""Refusals about codes and tokens. The protocol answers all of them alike: ``invalid_grant`` or inactive."""

from __future__ import annotations

from idp.kernel.errors import Refused


class GrantRefused(Refused):
    """A code or refresh token that cannot be redeemed: unknown, spent, expired, revoked or another app's."""

    code = "invalid_grant"
