"""What gunicorn tells -> lines like all others of this program, by gunicorn's `--logger-class`.

Its first process, which only watches over those that answer, reads the settings here: unsafe ones end it with their
sentences before anybody is answered.
"""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from service import logs
from service.settings import Settings


class GunicornLines(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own logger, without a handler and a format of its own."""

    def setup(self, cfg: Any) -> None:
        """Hand everything on to the log of the program."""
        logs.configure("front", as_json=Settings.at_start().logs_as_json)
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
