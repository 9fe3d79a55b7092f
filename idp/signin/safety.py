"""What somebody may do who follows the link of a notice, without signing in: stop it, disown it, freeze the account.

All of it makes an account safer and none of it weaker, so the link is enough (NIST SP 800-63B-4 section 4.6).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from idp import lifecycle
from idp.accounts import notices
from idp.accounts.events import NoticeAnswered
from idp.accounts.notices import NoticeView
from idp.audit.actor import acting
from idp.audit.service import record
from idp.kernel.db import transaction
from idp.kernel.errors import DomainError
from idp.kernel.registry import registry
from idp.sessions.attempt import OPEN_FOR

Said = Literal["stop", "freeze", "secure"]

BEFORE = OPEN_FOR
"""How much earlier than its notice a deed may have begun, in seconds: a sign-in or a recovery may take that long."""

WEAKER: dict[str, tuple[str, ...]] = {"stop": (), "freeze": ("stop",), "secure": ("stop", "freeze")}
"""Each answer once under each notice, and those which it may follow."""


def answer(notice: NoticeView, said: Said) -> None:
    """Do what was said under a notice. What was said before is not done twice, but an account can be frozen again.

    Raises the ``DomainError`` of an ``Undo`` that comes too late; then nothing was done.
    """
    with acting("resident"), transaction():
        heard = notices.answer(notice, said, over=WEAKER[said])
        if said == "freeze":
            heard = lifecycle.freeze(notice.account_id) or heard
        elif heard and said == "stop":
            _stop(notice)
        elif heard:
            _secure(notice)
        if heard:
            record(NoticeAnswered(about=notice.about, answer=said), account_id=notice.account_id)


def _secure(notice: NoticeView) -> None:
    with suppress(DomainError):
        _stop(notice)
    lifecycle.disavow(notice.account_id, notice.created_at - BEFORE)


def _stop(notice: NoticeView) -> None:
    if undo := registry().undos.get(notice.about):
        undo.stop(notice.account_id, notice.subject)
