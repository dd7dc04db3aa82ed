"""The very front, which kills itself at a step of answering a request that says so: `tests.chaos.dying_front:app`.

A step is whatever another could see of it: the request's headers and body, each statement and COMMIT, the ring of the
bell, and each part of the answer. `Dies-At` names one, or says the how manieth; with 0 the request is answered. What it
went through is written down, and where it died.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import sqlalchemy as sa

from service.jobs import Bell
from service.settings import Settings
from service.web.wsgi import app as whole_front

STEPS: Final = "steps.json"
DEATHS: Final = "deaths.txt"
WHOLE: Final = "; whole"

_FOLDER: Final = Settings.from_environment().data_dir
_RINGS: Final = Bell.ring

_at = threading.local()


def reach(step: str) -> None:
    """One step more of the request of this thread: its last, if it was to die here."""
    if getattr(_at, "steps", None) is None:
        return
    _at.steps.append(step)
    if _at.dies_at in {str(len(_at.steps)), step}:
        with (_FOLDER / DEATHS).open("a", encoding="utf-8") as deaths:
            deaths.write(f"{step}\n")
        # The one process that answers, or with it all that gunicorn started.
        (os.killpg if _at.whole else os.kill)(os.getpgid(0) if _at.whole else os.getpid(), signal.SIGKILL)


class _Body:
    """What is sent, each piece of which is a step."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, *size: int) -> bytes:
        piece: bytes = self._stream.read(*size)
        reach("a piece of the body")
        return piece


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The front between the steps of its server."""
    if "HTTP_DIES_AT" not in environ:
        return whole_front(environ, start_response)
    asked = environ["HTTP_DIES_AT"]
    _at.steps, _at.dies_at, _at.whole = [], asked.removesuffix(WHOLE), asked.endswith(WHOLE)
    _at.keeps = False
    reach("the headers")
    environ["wsgi.input"] = _Body(environ["wsgi.input"])
    return _answered(whole_front(environ, start_response))


def _answered(answer: Iterable[bytes]) -> Iterator[bytes]:
    reach("before the answer")
    for part in answer:
        # In two, so that the client has one half when the other does not come.
        yield part[: len(part) // 2]
        reach("half of the answer")
        yield part[len(part) // 2 :]
    reach("the answer")
    (_FOLDER / STEPS).write_text(json.dumps(_at.steps))
    _at.steps = None


@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def _statement(_connection: sa.Connection, _cursor: Any, statement: str, *_more: Any) -> None:
    words = " ".join(statement.split()[:3])
    _at.keeps = words == "INSERT INTO reports" or getattr(_at, "keeps", False)
    reach(f"before {words}")


@sa.event.listens_for(sa.Engine, "commit")
def _commit(_connection: sa.Connection) -> None:
    reach("before COMMIT of the report" if getattr(_at, "keeps", False) else "before COMMIT")
    _at.keeps = False


def _ring(self: Bell, job_ids: Iterable[str], together: Iterable[str] = ()) -> bool:
    reach("after COMMIT, before the bell")
    heard = _RINGS(self, job_ids, together)
    reach("after the bell")
    return heard


Bell.ring = _ring  # type: ignore[method-assign]
