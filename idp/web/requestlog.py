"""One log line and one measurement a request. The line names the route, never the address: addresses hold ids."""

from __future__ import annotations

import structlog
from flask import Flask, g, request
from werkzeug.wrappers import Response

from idp.kernel import clock, crypto
from idp.kernel.logs import log
from idp.web import metrics

REQUEST_ID = "X-Request-ID"
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


def start(app: Flask) -> None:
    """Log and measure every request of ``app``."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = crypto.new_id()
    g.began = clock.precisely()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "began" not in g:
        return response
    took = max(clock.precisely() - g.began, 0.0)
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in METHODS else "other"
    metrics.count(route, method, response.status_code, took)
    log().info("request", method=method, route=route, status=response.status_code, duration_ms=round(took * 1000, 1))
    response.headers[REQUEST_ID] = g.request_id
    return response
