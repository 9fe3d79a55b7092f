"""For load balancers and monitors."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, make_response
from werkzeug.wrappers import Response

from idp.kernel.settings import settings
from idp.sessions.guards import protocol
from idp.web import metrics, origin, readiness

health = Blueprint("health", "idp.web")


@health.get("/healthz")
@protocol
def alive() -> Response:
    """The process answers. Touches nothing else."""
    return jsonify(status="ok")


@health.get("/readyz")
@protocol
def ready() -> Response:
    """Everything this process needs works: 200, else 503, with each part named."""
    states = readiness.states()
    parts = {name: "ok" if passed else "failing" for name, passed in states.items()}
    ok = all(states.values())
    return make_response(jsonify(status="ok" if ok else "failing", parts=parts), 200 if ok else 503)


@health.get("/metrics")
@protocol
def numbers() -> Response:
    """Prometheus metrics, for the networks in ``BEACON_METRICS_ALLOW`` only."""
    if not origin.within(settings().metrics_allow):
        abort(404)
    response = make_response(metrics.read_out())
    response.content_type = metrics.CONTENT_TYPE
    return response
