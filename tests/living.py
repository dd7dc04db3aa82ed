"""Process numbers -> whether they still run: one that has ended and that nobody has buried yet does not."""

from __future__ import annotations

from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process runs; whoever should bury one that ended (`init`, for an orphan) may take its time."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
