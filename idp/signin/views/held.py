"""Accounts that their residents put away: who comes back to a frozen or a closing one, and who just left it."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.accounts import service as accounts
from idp.accounts import status
from idp.audit.actor import acting
from idp.kernel.registry import registry
from idp.sessions import attempt as attempts
from idp.sessions.assurance import AAL1, reached
from idp.sessions.attempt import Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.signin import recovering
from idp.signin.finish import advance, proven, resume, step_of
from idp.signin.views.hall import signin
from idp.web.forms import Form
from idp.web.pages import render


@signin.route("/sign-in/held/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def held(attempt_id: str) -> Response:
    """Say that the account is frozen or closing. Two factors unfreeze it; whoever came here may keep a closing one."""
    attempt, form = attempts.load(attempt_id), Form()
    if attempt.account_id is None or step_of(attempt).kind != "held":
        return resume(attempt)
    frozen = _status(attempt.account_id) == status.FROZEN
    may = not frozen or _two_factors(attempt)
    if may and form.validate_on_submit():
        with acting("resident"):
            (lifecycle.release if frozen else lifecycle.keep_open)(attempt.account_id)
        return advance(attempt_id)
    closes_at = status.closes_at(attempt.account_id)
    return render("signin/held.html", form=form, attempt=attempt, frozen=frozen, may=may, closes_at=closes_at)


@signin.post("/recover/freeze/<attempt_id>")
@open_to_all
def freeze(attempt_id: str) -> Response:
    """Freeze from a recovery under way: one thing that was shown is enough (NIST SP 800-63B-4 section 4.3)."""
    attempt = attempts.load(attempt_id)
    if attempt.account_id is None or not recovering.proven(attempt):
        raise AttemptGone("nothing proven")
    if Form().validate_on_submit():
        with acting("resident"):
            lifecycle.freeze(attempt.account_id)
    return redirect(url_for("signin.frozen"), 303)


@signin.get("/frozen")
@open_to_all
def frozen() -> Response:
    """Where a resident arrives who froze the account from their desk."""
    return render("signin/put_away.html", frozen=True)


@signin.get("/closing")
@open_to_all
def closing() -> Response:
    """Where a resident arrives who closed the account."""
    return render("signin/put_away.html", frozen=False)


def _status(account_id: str) -> str:
    account = accounts.account(account_id)
    return account.status if account else ""


def _two_factors(attempt: Attempt) -> bool:
    return reached(registry().methods[name] for name in proven(attempt))[0] != AAL1
