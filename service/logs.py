"""What happens -> lines of a log: for a person at a desk, or one JSON object per event for a machine.

One id goes from the upload to the document: the report's, with which the id of each of its jobs begins too. Until
there is a report, the id of the request (`request`, which the answer carries as X-Request-ID) holds its lines
together; the line "an upload was kept" has both, so that whoever knows the one finds the other.

In JSON nothing is said of people or of plans, which whoever reads logs need not know: no names, addresses, file names
or texts of cells. So our own messages hold ids, kinds, counts and codes alone; of what others log only the pattern is
written and never what they put into it; and of an exception where it came from, not what it says. On a desk, where the
log lies beside the data, everything stands in it.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

# Whose messages are written to these rules.
_OURS: Final = ("service.", "worker.")
# What they say of each task, our own lines say better.
_TALKATIVE: Final = ("celery", "kombu", "alembic", "gunicorn")

# What a field of a line may be called; the rest of what a record holds is the library's.
_FIELDS: Final = (
    *("request", "report", "job", "kind", "attempt", "outcome"),
    *("method", "endpoint", "status", "seconds", "waited", "bytes", "jobs"),
)

# Only of such a form is an id taken from whoever asks: nobody's name passes for one.
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)


def configure(program: str, *, as_json: bool) -> None:
    """Let this process log to its standard error, as the program of that name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_with_ids)
    handler.setFormatter(_JsonLines(program) if as_json else _Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def begin_request(asked: str, new_id: str) -> str:
    """From now on this thread's lines are of a request; its id, the one that was asked for where it can be one."""
    request_id = asked if _REQUEST_ID.fullmatch(asked) else new_id
    _about.set({"request": request_id})
    return request_id


def note(**ids: str) -> None:
    """From now on this thread's lines carry these ids too, until the request ends."""
    about = _about.get()
    if about is not None:
        about.update(ids)


def of_job(job_id: str) -> dict[str, str]:
    """The fields of a line about a job."""
    return {"job": job_id, "report": job_id.partition(".")[0]}


def _with_ids(record: logging.LogRecord) -> bool:
    for name, value in (_about.get() or {}).items():
        if not hasattr(record, name):
            setattr(record, name, value)
    return True


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}


class _Lines(logging.Formatter):
    """Lines for a person: when, how bad, what, and the fields behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line with its fields."""
        told = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = super().formatMessage(record)
        return f"{line} [{told}]" if told else line


class _JsonLines(JsonFormatter):
    """One object per event, without what concerns nobody who reads logs."""

    def __init__(self, program: str) -> None:
        super().__init__(json_ensure_ascii=False)
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        """The event as a line."""
        is_ours = record.name.startswith(_OURS)
        line = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "program": self._program,
            "event": record.getMessage() if is_ours else str(record.msg),
            **_fields(record),
        }
        if not is_ours:
            line["logger"] = record.name
        if record.exc_info and record.exc_info[1] is not None:
            line["error"], line["at"] = _told(record.exc_info[1])
        return self.serialize_log_record(line)


def _told(error: BaseException) -> tuple[str, list[str]]:
    """The names of an exception and of those that it came from, and where the first was raised; not their words."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    places = traceback.extract_tb(chain[-1].__traceback__)
    at = [f"{place.filename.rpartition('/')[2]}:{place.lineno} {place.name}" for place in places]
    return " < ".join(type(each).__name__ for each in chain), at
