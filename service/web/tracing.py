"""A request -> a line in the log about it, under an id that its answer carries; never who asked, nor for what.

The address is told by the name of its endpoint: a path may hold a one-time key, or the code of a paper.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final

from flask import Flask, Response, g, request

from service import logs

HEADER: Final = "X-Request-ID"
# Asked every few seconds by whoever watches; a line for each would hide the others.
_NOT_TOLD: Final = {"static", "health.alive", "health.ready"}

_log: Final = logging.getLogger(__name__)


def keep_trace(app: Flask) -> None:
    """Tell of each request of an application, whatever becomes of it. It has to be told of a request first."""

    @app.before_request
    def begin() -> None:
        g.request_id = logs.begin_request(request.headers.get(HEADER, ""), secrets.token_hex(16))
        g.began = time.monotonic()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        if request.endpoint not in _NOT_TOLD:
            _log.info(
                "answered",
                extra={
                    "method": request.method,
                    "endpoint": request.endpoint or "none",
                    "status": response.status_code,
                    "seconds": round(time.monotonic() - g.began, 3),
                    "bytes": request.content_length or 0,
                },
            )
        return response
