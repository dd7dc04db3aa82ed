"""Whether the process lives and whether it can do its work, for whoever watches over it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from flask import Blueprint, Response, jsonify

from service.readiness import readiness
from service.web.front import front

health: Final = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers; nothing else is asked, so that a database's outage restarts no front."""
    return jsonify({"status": "alive"})


@health.get("/readyz")
def ready() -> Response:
    """How Folio is, and what is amiss; 503 when no upload can be accepted. Whatever else is missing, they wait."""
    found = readiness(front().store, front().bell, front().clock())
    response = jsonify({**asdict(found), "problems": list(found.problems)})
    response.status_code = 503 if found.status == "unavailable" else 200
    return response
