"""How far an upload is -> what whoever waits for its answer can ask meanwhile, by the token that the sender made up.

The front is several processes, and the one that is asked is seldom the one that reads: each upload that says a token
has a small file that all of them see. It is a courtesy: where it cannot be written nothing else suffers. The file goes
with the answer; those of processes that were killed go when they are old, and there are never more than MOST.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from flask import Flask, current_app, request

from service.domain.progress import Progress, Stage, Tell, tell_nobody
from service.web.limits import SENDING_PATTERN

MOST: Final = 200
_OLD_SECONDS: Final = 600.0
_SECONDS_BETWEEN: Final = 0.2
_EXTENSION: Final = "folio-progress"


class ProgressBoard:
    """Keeps the progress of uploads in a folder; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def note(self, sending: str, progress: Progress) -> None:
        """Remember how far an upload is; too many at once, or a disk that is full, and it is not."""
        path = self._path(sending)
        if path is None:
            return
        words = json.dumps([progress.stage, progress.percent, progress.actions])
        with contextlib.suppress(OSError):
            if not path.exists() and not self._has_room(path.parent):
                return
            draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            draft.write_text(words, "ascii")
            draft.replace(path)

    def of(self, sending: str) -> Progress | None:
        """How far an upload is; None when nobody knows of it, or it has been answered."""
        path = self._path(sending)
        try:
            stage, percent, actions = json.loads(path.read_text("ascii")) if path else ("", 0, 0)
            return Progress(Stage(stage), percent, actions)
        except (OSError, ValueError):
            return None

    def forget(self, sending: str) -> None:
        """The upload has its answer."""
        path = self._path(sending)
        if path is not None:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _path(self, sending: str) -> Path | None:
        is_usable = self._folder is not None and re.fullmatch(SENDING_PATTERN, sending)
        return self._folder / sending if self._folder is not None and is_usable else None

    @staticmethod
    def _has_room(folder: Path) -> bool:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = 0
        for path in list(folder.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _OLD_SECONDS:
                    path.unlink()
                else:
                    kept += 1
        return kept < MOST


def keep_progress(app: Flask, board: ProgressBoard) -> None:
    """Have the uploads of an application tell the board, and be forgotten there once they are answered."""
    app.extensions[_EXTENSION] = board

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        if request.method == "POST" and (sending := request.args.get("sending")):
            board.forget(sending)


def progress_of(sending: str) -> Progress | None:
    """How far the upload with this token is, in the application that serves this request."""
    return _board().of(sending)


def telling() -> Tell:
    """Who hears how far the upload of this request is: the board, when the sender gave it a token."""
    sending = request.args.get("sending")
    return _Telling(_board(), sending) if sending else tell_nobody


def receiving(total: int | None) -> Callable[[int], None]:
    """Who hears how many bytes of this request have come, of `total` if that is known."""
    tell = telling()
    return lambda come: tell(Progress(Stage.RECEIVING, min(100, 100 * come // total) if total else 0))


class _Telling:
    """Passes on every new stage, and within it a few figures a second: files are not free."""

    def __init__(self, board: ProgressBoard, sending: str) -> None:
        self._board, self._sending = board, sending
        self._stage: Stage | None = None
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage is not self._stage or now >= self._next:
            self._stage, self._next = progress.stage, now + _SECONDS_BETWEEN
            self._board.note(self._sending, progress)


def _board() -> ProgressBoard:
    return cast(ProgressBoard, current_app.extensions[_EXTENSION])
