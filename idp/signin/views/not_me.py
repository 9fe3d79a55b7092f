"""The page behind the link in every letter about a change: was this not you?"""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response

from idp.accounts import notices, status
from idp.accounts import service as accounts
from idp.accounts.errors import NoticeGone
from idp.accounts.notices import NoticeView
from idp.kernel.errors import Expired, Refused
from idp.kernel.registry import registry
from idp.limits import service as limits
from idp.outbox import letters
from idp.sessions.guards import open_to_all
from idp.signin import safety
from idp.signin.safety import WEAKER
from idp.signin.views.hall import signin
from idp.web.forms import Form
from idp.web.i18n import locale
from idp.web.pages import render


@signin.route("/not-me/<secret>", methods=["GET", "POST"])
@open_to_all
def not_me(secret: str) -> Response:
    """Say what the notice was about, and offer what may be done. Looking at it changes nothing and spends nothing."""
    form = Form()
    try:
        notice = notices.find(secret)
    except NoticeGone as error:
        return render("signin/notice_gone.html", 410, expired=error.detail == "expired")
    if request.method == "POST":
        limits.spend("notice", account=notice.account_id)
    if form.validate_on_submit() and (said := request.form.get("action")) in WEAKER:
        try:
            safety.answer(notice, said)  # type: ignore[arg-type]
        except (Refused, Expired) as error:
            form.form_errors.append(error.sentence)
        else:
            return redirect(request.path, 303)
    return render("signin/not_me.html", form=form, **_words(notice))


def _words(notice: NoticeView) -> dict[str, Any]:
    """What the page says: nothing that is personal, since whoever holds the link reads it."""
    account, undo = accounts.account(notice.account_id), registry().undos.get(notice.about)
    return {
        "notice": notice,
        "what": letters.subject(notice.letter, locale()),
        "undo": undo.label if undo and notice.answer is None else None,
        "frozen": account is not None and account.status == status.FROZEN,
    }
