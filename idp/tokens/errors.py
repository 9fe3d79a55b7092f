"""Refusals about codes and tokens. The protocol answers refused grants alike: ``invalid_grant`` or inactive."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.errors import Expired, Refused


class GrantRefused(Refused):
    """A code or refresh token that cannot be redeemed: unknown, spent, expired, revoked or another app's."""

    code = "invalid_grant"


class DeviceGone(Expired):
    """A device that no longer waits: its time is over, or somebody settled it."""

    code = "device_gone"

    def __init__(self) -> None:
        super().__init__(_l("The time for this code is over, or it was used. Please start again on your device."))
