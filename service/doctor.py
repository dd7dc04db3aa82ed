"""This machine becomes a list of symptoms: what Folio needs, whether it is here, and what its absence costs.

It only looks: it creates nothing, changes nothing and asks nobody outside this machine but the queue and the database
that the settings name.
"""

from __future__ import annotations

import io
import shlex
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from service.domain.errors import StoreUnavailable
from service.domain.values import printed_number
from service.jobs import Bell
from service.serve import valkey_server
from service.settings import PROJECT, Settings
from service.store import open_store

# The first releases with the corrections for hostile zip files (docs/data-flow.md).
_SOUND_PYTHONS: Final = {(3, 11): 14, (3, 12): 12, (3, 13): 10}
_PATIENCE_SECONDS: Final = 20
_SCARCE_DISK_BYTES: Final = 1024**3
_OFFICIAL_TEMPLATES: Final = ("plan_de_accion.docx", "plan_de_accion.xlsx")
_YEAR_TEMPLATES: Final = ("seguimiento_anual.docx", "seguimiento_anual.xlsx")
# Where worker.documents.pdf looks for them, in words of the shell.
_LIBREOFFICES: Final = "/usr/lib/libreoffice/program/soffice /opt/libreoffice*/program/soffice"
_PYTHONS: Final = "/opt/libreoffice*/program/python /usr/bin/python3"
_CONFINED: Final = PROJECT / "worker" / "documents" / "confined.py"


class Health(Enum):
    """How bad it is; the value is the mark that the terminal shows."""

    SOUND = "✓"
    LIMITED = "!"
    GRAVE = "✗"


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing looked at. `cost` says what is lost and what to do; empty when it is sound."""

    subject: str
    health: Health
    state: str
    cost: str = ""

    @property
    def is_grave(self) -> bool:
        """Folio cannot do its main job."""
        return self.health is Health.GRAVE

    def as_text(self) -> str:
        """A line, and a second one with the cost."""
        line = f"{self.health.value} {self.subject:<22} {self.state}"
        return f"{line}\n{' ' * 25}{self.cost}" if self.cost else line


def examine(settings: Settings) -> tuple[Symptom, ...]:
    """Look at everything that Folio needs or can use."""
    return (
        _python(),
        _data(settings),
        _database(settings),
        _queue(settings),
        _templates(settings),
        _office(),
        _uno(),
        _confinement(),
        _fonts(),
        _poppler(),
    )


def _python() -> Symptom:
    major, minor, patch = sys.version_info[:3]
    state = f"{major}.{minor}.{patch}"
    if patch >= _SOUND_PYTHONS.get((major, minor), 0) or _refuses_a_lying_archive():
        return Symptom("Python", Health.SOUND, state)
    wanted = f"{major}.{minor}.{_SOUND_PYTHONS[major, minor]}"
    return Symptom(
        "Python",
        Health.LIMITED,
        state,
        f"Desde la {wanted} lee con más seguridad archivos comprimidos dañinos; conviene actualizarlo.",
    )


def _refuses_a_lying_archive() -> bool:
    """Whether this Python has those corrections all the same: a distribution puts them into releases of before."""
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 0, 0, 0, 0)
    # It says that the end is somewhere else than where it is.
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 7, 1)
    old_end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    try:
        zipfile.ZipFile(io.BytesIO(end + locator + old_end)).close()
    except zipfile.BadZipFile:
        return True
    return False


def _data(settings: Settings) -> Symptom:
    there = next(folder for folder in (settings.data_dir, *settings.data_dir.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    state = f"{settings.data_dir}, con {printed_number(Decimal(free // 1024**2))} MB libres"
    if free < _SCARCE_DISK_BYTES:
        return Symptom("Carpeta de datos", Health.LIMITED, state, "Queda poco disco: libere espacio.")
    return Symptom("Carpeta de datos", Health.SOUND, state)


def _database(settings: Settings) -> Symptom:
    name = settings.database_url.partition(":")[0]
    if name == "sqlite" and not (settings.data_dir / "folio.db").exists():
        return Symptom("Base de datos", Health.SOUND, f"{name}; se crea con el primer «make run»")
    store = open_store(settings.database_url)
    try:
        store.ping()
    except StoreUnavailable as problem:
        cost = f"Nada se puede recibir ni guardar: revise DATABASE_URL. {problem.detail}"
        return Symptom("Base de datos", Health.GRAVE, f"{name} no responde", cost)
    finally:
        store.close()
    return Symptom("Base de datos", Health.SOUND, f"{name} responde")


def _queue(settings: Settings) -> Symptom:
    if settings.redis_url is None:
        server = valkey_server()
        if server is None or (version := _output([str(server), "--version"])) is None:
            cost = "«make run» no puede escribir documentos: instale Redis y diga su dirección en REDIS_URL."
            return Symptom("Cola", Health.GRAVE, "no hay servidor propio para este equipo", cost)
        return Symptom("Cola", Health.SOUND, f"servidor propio, {version.partition('sha=')[0].strip()}")
    bell = Bell(settings.redis_url)
    try:
        waiting = bell.waiting()
    finally:
        bell.close()
    if waiting is None:
        cost = "Los libros se reciben, pero nada se escribe hasta que responda: revise REDIS_URL."
        return Symptom("Cola", Health.GRAVE, "el servidor de REDIS_URL no responde", cost)
    return Symptom("Cola", Health.SOUND, "el servidor de REDIS_URL responde")


def _templates(settings: Settings) -> Symptom:
    missing = [
        name for name in (*_OFFICIAL_TEMPLATES, *_YEAR_TEMPLATES) if not (settings.templates_dir / name).is_file()
    ]
    if not missing:
        there = len(_OFFICIAL_TEMPLATES) + len(_YEAR_TEMPLATES)
        return Symptom("Plantillas", Health.SOUND, f"{there} en {settings.templates_dir}")
    if len(missing) == 1:
        named, cost = f"falta {missing[0]}", "Sin ella no se escribe ese documento."
    else:
        named = f"faltan {', '.join(missing[:-1])} y {missing[-1]}"
        cost = "Sin ellas no se escriben esos documentos."
    health = Health.GRAVE if set(missing) & set(_OFFICIAL_TEMPLATES) else Health.LIMITED
    return Symptom("Plantillas", health, f"{named} en {settings.templates_dir}", cost)


def _office() -> Symptom:
    return _outside_program(
        "LibreOffice",
        ["sh", "-c", f"for program in {_LIBREOFFICES}; do [ -x $program ] && exec $program --version; done; exit 1"],
        lambda output: " ".join(output.split()[:2]),
        cost="No habrá PDF; Word y Excel se escriben igual. Instale libreoffice-writer-nogui y libreoffice-calc-nogui.",
    )


def _uno() -> Symptom:
    return _outside_program(
        "python3-uno",
        ["sh", "-c", f"for python in {_PYTHONS}; do $python -c 'import uno' && exec echo presente; done 2>&-; exit 1"],
        str.strip,
        cost="No habrá PDF, porque Folio no puede hablar con LibreOffice. Instale python3-uno.",
    )


def _confinement() -> Symptom:
    """The worker's own program tries the bounds of LibreOffice on itself and prints which there are."""
    subject = "LibreOffice encerrado"
    program = shlex.quote(str(_CONFINED))
    tried = f"for python in {_PYTHONS}; do [ -x $python ] && exec $python -I {program}; done; exit 1"
    bounds = _output(["sh", "-c", tried])
    if bounds is None:
        return Symptom(subject, Health.LIMITED, "no se pudo probar", "Sin python3 no habrá PDF.")
    reaches = {"files": "los demás archivos", "network": "la red"}
    reached = " y ".join(named for bound, named in reaches.items() if bound not in bounds.split())
    if not reached:
        return Symptom(subject, Health.SOUND, "no alcanza ni la red ni los demás archivos")
    cost = (
        "Solo se lo impiden sus propios ajustes. Para que se lo impida también el sistema hacen falta Landlock (Linux "
        "5.13 o posterior, sin desactivarlo) y seccomp."
    )
    return Symptom(subject, Health.LIMITED, f"el sistema lo deja alcanzar {reached}", cost)


def _fonts() -> Symptom:
    return _outside_program(
        "Letra como Arial",
        ["fc-match", "--format=%{family}", "Arial"],
        lambda family: family if family in {"Arial", "Liberation Sans", "Arimo"} else None,
        cost="Las páginas del PDF no serán las que muestra Word. Instale fonts-liberation (o fonts-liberation2).",
    )


def _poppler() -> Symptom:
    return _outside_program(
        "poppler",
        ["sh", "-c", "pdftotext -v 2>&1"],
        lambda output: output.splitlines()[0].removeprefix("pdftotext version ") if "version" in output else None,
        cost="Las pruebas no pueden leer los PDF; el trabajo diario no lo necesita. Instale poppler-utils.",
    )


def _outside_program(subject: str, command: list[str], shown: Callable[[str], str | None], *, cost: str) -> Symptom:
    output = _output(command)
    state = shown(output) if output else None
    if state is None:
        return Symptom(subject, Health.LIMITED, "no está", cost)
    return Symptom(subject, Health.SOUND, state)


def _output(command: list[str]) -> str | None:
    """What a program prints; None when it is not there, fails or takes too long."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout
