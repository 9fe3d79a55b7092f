"""Turning refusals into pages.

Views whose guard is ``protocol`` are called by machines: rooms with such views bring their own translators on their
blueprint, and the few that have none answer with a short JSON object here.
"""

from __future__ import annotations

import traceback
from typing import Any

from flask import Flask, current_app, jsonify, make_response, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed
from werkzeug.wrappers import Response

from idp.kernel.clock import MINUTE
from idp.kernel.errors import DomainError, TooMany
from idp.kernel.logs import log
from idp.web.pages import show_error

REDIRECTS = range(300, 400)
SERVER_FAULT = 500

TITLES = {
    400: _l("We cannot do that"),
    403: _l("You cannot open this page"),
    404: _l("We cannot find that page"),
    405: _l("This page cannot be opened that way"),
    410: _l("This page is no longer open"),
    413: _l("That is too large"),
    429: _l("Too many tries"),
    503: _l("We are closed for a moment"),
}
FAULT_TITLE = _l("Something went wrong on our side")

SENTENCES = {
    400: _l("Your browser sent something that we could not read. Please go back and try again."),
    403: _l("You may not have the right to see this page. If you think that is wrong, sign in again."),
    404: _l("The address may have a mistake in it, or the page may have moved."),
    405: _l("Please start from the home page."),
    410: _l("You may have finished already, or waited too long. Please start again."),
    413: _l("What you sent is larger than we can take. Please make it shorter and try again."),
    429: _l("Please wait a while before you try again."),
    503: _l("Please try again in a few minutes."),
}
FAULT = _l("It is not your fault, and nothing you typed was shown to anyone. Please try again in a few minutes.")

CODES = {403: "forbidden", 404: "not_found", 405: "method_not_allowed", 410: "gone", 413: "too_large", 503: "closed"}


def start(app: Flask) -> None:
    """Let ``app`` answer every error with a page."""
    app.register_error_handler(DomainError, refusal_page)
    app.register_error_handler(CSRFError, form_token_page)
    app.register_error_handler(HTTPException, http_page)
    app.register_error_handler(InternalServerError, fault_page)
    app.log_exception = _log_fault  # type: ignore[method-assign,assignment]


def refusal_page(error: DomainError) -> Response:
    """A refusal of one of our services, in the words it brought."""
    if error.status >= SERVER_FAULT:
        log().error("fault", code=error.code, detail=error.detail)
        return fault_page(error)
    log().info("refused", code=error.code, detail=error.detail)
    if error.onward and not for_machines():
        return redirect(error.onward, 303)
    response = _answer(error.code, error.status, _waiting(error) or str(error.sentence))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.wait)
    return response


def form_token_page(_error: CSRFError) -> Response:
    """A form without its token: a page open too long, cookies that were refused, or another site's doing."""
    sentence = _l(
        "We could not tell that this form came from you. The page may have been open for too long, or your browser "
        "may not accept cookies. Nothing was changed. Please open the page again."
    )
    readable = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
    back = request.path if readable else url_for("web.home")
    return show_error("csrf", TITLES[400], sentence, 400, back=back, back_label=_l("Open the page again"))


def http_page(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse: unknown addresses, wrong methods, bodies that are too large."""
    status = error.code or SERVER_FAULT
    if error.response is not None or status in REDIRECTS:
        return make_response(error.get_response())
    response = _answer(CODES.get(status, "bad_request" if status < SERVER_FAULT else "fault"), status, "")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    return response


def fault_page(_error: Exception) -> Response:
    """A mistake of ours."""
    return _answer("fault", SERVER_FAULT, "")


def for_machines() -> bool:
    """Whether this request is for a view that a machine calls."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "guard", None) == "protocol"


def _answer(code: str, status: int, sentence: str) -> Response:
    if for_machines():
        return make_response(jsonify(error=code), status)
    title, default = TITLES.get(status, TITLES[400]), SENTENCES.get(status, SENTENCES[400])
    if status >= SERVER_FAULT and status not in TITLES:
        title, default = FAULT_TITLE, FAULT
    return show_error(code, title, sentence or default, status)


def _waiting(error: DomainError) -> str:
    if not isinstance(error, TooMany) or error.sentence:
        return ""
    minutes = -(-error.wait // MINUTE)
    sentence: str = ngettext(
        "There were too many tries. Please wait %(num)s minute, then try again.",
        "There were too many tries. Please wait %(num)s minutes, then try again.",
        max(minutes, 1),
    )
    return sentence


def _log_fault(raised: Any) -> None:
    """Stands in for Flask's own line, whose address and message could hold a personal value or a secret."""
    error = raised[1]
    log().error("fault", error=type(error).__name__, exception=_path_of(error))


def _path_of(error: BaseException) -> str:
    frames = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{type(error).__name__} at {frames}" + (f"; from {_path_of(cause)}" if cause else "")
