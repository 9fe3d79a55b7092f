"""What the trail is made of: the kernel's :class:`Event`, so that rooms on this floor have events too."""

from __future__ import annotations

from idp.kernel.events import Event, Fact

__all__ = ["Event", "Fact"]
