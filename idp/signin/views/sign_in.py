"""Sign in with email and password."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.kernel.contracts import SessionView
from idp.limits.errors import ProofOwed, Throttled
from idp.sessions import attempt as attempts
from idp.sessions.current import session
from idp.sessions.guards import open_to_all
from idp.sessions.parked import Parked
from idp.signin.finish import advance
from idp.signin.forms import SignInForm
from idp.signin.gate import parked_owes_sign_in
from idp.signin.new_password import notes_on
from idp.signin.views.hall import return_to, signin, waiting
from idp.web.browser import known_as
from idp.web.origin import client_network
from idp.web.pages import render

_WRONG = _l("The email address or the password is not right. Check both and try again.")


@signin.route("/sign-in", methods=["GET", "POST"])
@signin.route("/sign-in/<request_id>", methods=["GET", "POST"])
@open_to_all
def sign_in(request_id: str | None = None) -> Response:
    """Ask for email and password; every kind of no is answered in the same words."""
    asked, form = waiting(request_id), SignInForm()
    if form.validate_on_submit():
        try:
            account_id = accounts.check_password(
                form.email.data, form.password.data, network=client_network(), browser=known_as()
            )
        except ProofOwed as owed:
            return _page(asked, form, request_id, challenge=owed.challenge)
        except Throttled as stopped:
            return _stopped(_page(asked, form, request_id, stopped.sentence), stopped)
        if account_id is not None:
            passed = notes_on(form.password.data)
            attempt = attempts.begin(
                "sign_in", request_id=request_id, account_id=account_id, return_to=return_to(), methods=passed
            )
            return advance(attempt.id)
        ahead = accounts.challenge_ahead(form.email.data, network=client_network(), browser=known_as())
        return _page(asked, form, request_id, _WRONG, ahead)
    return _page(asked, form, request_id)


def _page(
    asked: Parked | None, form: SignInForm, request_id: str | None, wrong: object = "", challenge: str = ""
) -> Response:
    """The page: with what is ``wrong``, or with the ``challenge`` that the next try owes."""
    here = session()
    if not form.is_submitted():
        form.email.data = _expected_email(asked, here)
    if wrong:
        form.form_errors.append(wrong)
    return render(
        "signin/sign_in.html",
        form=form,
        request_id=request_id,
        return_to=return_to(),
        standing=accounts.main_email(here.account_id) if here and not _owes(asked, here) else "",
        challenge=challenge,
    )


def _stopped(page: Response, stopped: Throttled) -> Response:
    """The page as an answer to too many tries: everything else on it still works."""
    page.status_code = stopped.status
    page.headers["Retry-After"] = str(stopped.wait)
    return page


def _owes(asked: Parked | None, here: SessionView) -> bool:
    if asked is None:
        return False
    return bool({"id_token_hint", "claims"} & asked.parameters.keys()) or parked_owes_sign_in(asked, here)


def _expected_email(asked: Parked | None, here: SessionView | None) -> str:
    """What the app believes, or whose session stands: so that nobody types an address twice."""
    hint = asked.parameters.get("login_hint", "") if asked else ""
    return hint if "@" in hint or here is None else accounts.main_email(here.account_id)
