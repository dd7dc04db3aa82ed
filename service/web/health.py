"""Whether the process lives and whether it can do its work, for whoever watches over it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, jsonify

from service.domain.errors import StoreUnavailable
from service.web.front import front

health: Final = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers; nothing else is asked, so that a database's outage restarts no front."""
    return jsonify({"status": "alive"})


@health.get("/readyz")
def ready() -> Response:
    """Uploads can be accepted: the database answers. Without Redis they wait for the reconciler but none is lost."""
    try:
        front().store.ping()
    except StoreUnavailable:
        has_store = False
    else:
        has_store = True
    response = jsonify(
        {
            "status": "ready" if has_store else "unavailable",
            "database": "up" if has_store else "down",
            "redis": "up" if front().bell.waiting() is not None else "down",
        }
    )
    response.status_code = 200 if has_store else 503
    return response
