"""A Folio in use -> one file with all that it cannot do without; such a file -> an empty folder become that Folio.

In the file, a tar compressed by gzip: the database, the secret of the codes, the office's file if there is one, what
made it (`folio.json`), and the SHA-256 of each, in the form that `sha256sum -c` reads. It is there whole or not at all,
and never takes the place of another. What can be made again (the queue, the logs, the example) is not in it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import gzip
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from service import disk
from service.settings import Settings
from service.store import COPY_NAMES, CannotCopy, copy_database, database_file, database_kind, restore_database

SECRET: Final = "secret"  # noqa: S105 - a file's name
OFFICE: Final = "oficina.toml"
_ABOUT: Final = "folio.json"
_SUMS: Final = "SHA256SUMS"
_KNOWN: Final = {*COPY_NAMES.values(), SECRET, OFFICE, _ABOUT, _SUMS}
_FORMAT: Final = 1

# What is in it is compressed already, but for the readings.
_COMPRESSION: Final = 1
_CHUNK: Final = 1024 * 1024
_PREFIX: Final = ".folio-"
# Where a file system knows no second name of a file.
_NO_LINKS: Final = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}

_DAMAGED: Final = "La copia {} está dañada o incompleta, y nada se cambió: use otra."


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in a copy: the kind of database, when it was made (aware UTC), the names of its files and its size."""

    database: str
    made_at: dt.datetime
    files: tuple[str, ...]
    size: int


def back_up(settings: Settings, out: Path, now: dt.datetime) -> Backup:
    """Write a copy of all that a Folio keeps to `out`, while it goes on working.

    Raises:
        CannotCopy: there is a file of that name, or something could not be copied; no file is left then.
    """
    out = out.absolute()
    if os.path.lexists(out):
        raise CannotCopy(f"{out} ya existe y no se cambió: elija otro nombre.")
    try:
        with _folder_in(out.parent) as folder:
            files = [copy_database(settings.database_url, folder, settings.child_environment())]
            for name, source in ((SECRET, settings.secret_file), (OFFICE, settings.office_file)):
                if source is not None and source.exists():
                    files.append(Path(shutil.copyfile(source, folder / name)))
            database = database_kind(settings.database_url)
            about = folder / _ABOUT
            about.write_text(json.dumps({"format": _FORMAT, "database": database, "made_at": now.isoformat()}), "utf-8")
            files.append(about)
            sums = folder / _SUMS
            sums.write_text("".join(f"{_sha256(file)}  {file.name}\n" for file in files), "utf-8")
            whole = folder / "whole"
            _pack([*files, sums], whole, now)
            size = whole.stat().st_size
            _put_in_place(whole, out)
    except OSError as problem:
        raise CannotCopy(f"No se pudo escribir la copia {out}: {disk.reason(problem)}.") from problem
    return Backup(database, now, tuple(file.name for file in files if file is not about), size)


def restore(settings: Settings, copy: Path) -> Backup:
    """Make an empty folder of data, and on PostgreSQL an empty database, what the copy holds.

    Its sums are checked before anything is put anywhere.

    Raises:
        CannotCopy: there is something where the data would go, the copy is no copy or damaged, or it cannot be written.
    """
    data = settings.data_dir
    _must_be_empty(settings)
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _folder_in(data) as folder:
            about = _unpack(copy, folder)
            database = database_kind(settings.database_url)
            if about["database"] != database:
                raise CannotCopy(
                    f"La copia es de una base de datos {about['database']} y DATABASE_URL nombra una {database}: nada "
                    "se cambió."
                )
            files = tuple(sorted(file.name for file in folder.iterdir()))
            _arrange(settings, folder)
    except OSError as problem:
        raise CannotCopy(f"No se pudo recuperar la copia en {data}: {disk.reason(problem)}.") from problem
    return Backup(database, dt.datetime.fromisoformat(about["made_at"]), files, copy.stat().st_size)


def _must_be_empty(settings: Settings) -> None:
    data = settings.data_dir
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise CannotCopy(f"{data} no está vacía, y nada se cambió: indique con --data una carpeta nueva o vacía.")
    for path in (database_file(settings.database_url), settings.secret_file):
        if path is not None and path.exists():
            raise CannotCopy(f"{path} ya existe, y nada se cambió: muévalo a otro lugar antes de recuperar la copia.")


def _arrange(settings: Settings, folder: Path) -> None:
    """Put each file where the settings have it: first what may be refused, last the database of a folder."""
    database = folder / COPY_NAMES[database_kind(settings.database_url)]
    place = database_file(settings.database_url)
    if place is None:
        restore_database(settings.database_url, database, settings.child_environment())
    _put(folder / SECRET, settings.secret_file)
    _put(folder / OFFICE, settings.data_dir / OFFICE)
    if place is not None:
        _put(database, place)


def _put(file: Path, place: Path) -> None:
    if file.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(file, place)
        _sync(place.parent)


@contextlib.contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    """A folder that only its owner sees, on the disk where its files will be; it goes with what is left in it."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pack(files: Iterable[Path], target: Path, now: dt.datetime) -> None:
    with target.open("xb") as file:
        # The secret is in it.
        target.chmod(0o600)
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_COMPRESSION) as archive:
            for each in files:
                member = tarfile.TarInfo(each.name)
                member.size, member.mode, member.mtime = each.stat().st_size, 0o600, int(now.timestamp())
                with each.open("rb") as content:
                    archive.addfile(member, content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(whole: Path, out: Path) -> None:
    """Give the file its name, unless there is by now another of it."""
    try:
        os.link(whole, out)
    except FileExistsError as problem:
        raise CannotCopy(f"{out} ya existe y no se cambió: elija otro nombre.") from problem
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        whole.rename(out)
    try:
        _sync(out.parent)
    except OSError:
        out.unlink()
        raise


def _unpack(copy: Path, folder: Path) -> dict[str, str]:
    """Take the copy's files into the folder, and see that they are those that were put in; what it says of itself."""
    try:
        with tarfile.open(copy, "r:gz") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() and member.name in _KNOWN else None
                if content is None:
                    raise CannotCopy(_DAMAGED.format(copy))
                _take(content, folder / member.name)
        return _checked(folder)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError, KeyError) as problem:
        raise CannotCopy(_DAMAGED.format(copy)) from problem


def _take(content: IO[bytes], target: Path) -> None:
    with target.open("xb") as file:
        target.chmod(0o600)
        shutil.copyfileobj(content, file, _CHUNK)
        file.flush()
        os.fsync(file.fileno())


def _checked(folder: Path) -> dict[str, str]:
    """What the copy says of itself; the sums and the description are not left among its files.

    Raises:
        ValueError, KeyError: a file is missing, was changed, or cannot be understood.
    """
    sums, about = folder / _SUMS, folder / _ABOUT
    if not sums.exists():
        raise ValueError("a copy without its sums")
    told = {name: sha256 for sha256, name in map(_of_line, sums.read_text("utf-8").splitlines())}
    sums.unlink()
    there = {file.name: _sha256(file) for file in folder.iterdir()}
    if there != told or not set(told) & set(COPY_NAMES.values()):
        raise ValueError("a copy whose files are not those of its sums")
    described: dict[str, str] = json.loads(about.read_text("utf-8"))
    if int(described["format"]) != _FORMAT:
        raise ValueError("a copy of another form")
    about.unlink()
    return described


def _of_line(line: str) -> tuple[str, str]:
    sha256, name = line.split("  ")
    return sha256, name


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    """Have the names in the folder on the disk too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
