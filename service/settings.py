"""The environment becomes one frozen Settings; no other module reads the environment.

Every variable stands in `.env.example`, which tells whoever installs Folio what it is for; a test holds the two equal.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self

from service.domain.office import Office
from service.office_file import UnusableOffice, read_office

PROJECT: Final = Path(__file__).resolve().parent.parent

_LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")
_HIGHEST_PORT: Final = 65_535
_MEGABYTE: Final = 1024 * 1024


class UnusableSettings(Exception):
    """The environment asks for what cannot be, or for what would be unsafe; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. `redis_url` None: the supervisor starts an embedded server.

    `office` is what `office_file` says, or the reference office when there is no such file.
    """

    data_dir: Path
    database_url: str
    redis_url: str | None
    host: str
    port: int
    trusted_hosts: tuple[str, ...]
    templates_dir: Path
    office_file: Path | None
    office: Office
    worker_processes: int
    max_upload_bytes: int

    @classmethod
    def from_environment(cls, **given: str | None) -> Self:
        """The settings of this process.

        Args:
            given: variables (by their environment name) that the command line says and that win over the environment;
                None and empty texts say nothing.

        Raises:
            UnusableSettings: a value that cannot be read, or an unsafe combination.
        """
        return cls._from({**os.environ, **{name: value for name, value in given.items() if value}})

    @classmethod
    def _from(cls, environment: Mapping[str, str]) -> Self:
        def read(name: str, default: str = "") -> str:
            return environment.get(name, "").strip() or default

        data_dir = Path(read("FOLIO_DATA_DIR", str(PROJECT / "var"))).expanduser().absolute()
        host = read("FOLIO_HOST", "127.0.0.1")
        trusted_hosts = tuple(name.strip() for name in read("TRUSTED_HOSTS").split(",") if name.strip())
        if not _is_loopback(host) and not trusted_hosts:
            raise UnusableSettings(
                f"FOLIO_HOST={host} abre Folio a otros equipos: diga en TRUSTED_HOSTS con qué nombres "
                "se le puede llamar (por ejemplo, TRUSTED_HOSTS=folio.entidad.gov.co)."
            )
        if any("*" in name for name in trusted_hosts):
            raise UnusableSettings(
                "TRUSTED_HOSTS no admite comodines: escriba cada nombre completo, separado por comas."
            )
        office_file = Path(read("FOLIO_OFFICE_FILE")).expanduser().absolute() if read("FOLIO_OFFICE_FILE") else None
        return cls(
            data_dir=data_dir,
            database_url=read("DATABASE_URL", f"sqlite:///{data_dir / 'folio.db'}"),
            redis_url=read("REDIS_URL") or None,
            host=host,
            port=_whole_number("FOLIO_PORT", read("FOLIO_PORT", "8000"), highest=_HIGHEST_PORT),
            trusted_hosts=trusted_hosts or _LOCAL_HOSTS,
            templates_dir=Path(read("FOLIO_TEMPLATES_DIR", str(PROJECT / "templates_docx"))).expanduser().absolute(),
            office_file=office_file,
            office=_office(office_file),
            worker_processes=_whole_number("FOLIO_WORKERS", read("FOLIO_WORKERS", str(_cores())), highest=256),
            max_upload_bytes=_MEGABYTE
            * _whole_number("FOLIO_MAX_UPLOAD_MB", read("FOLIO_MAX_UPLOAD_MB", "20"), highest=200),
        )

    def as_environment(self) -> dict[str, str]:
        """The variables from which a child process reads these same settings."""
        return {
            "FOLIO_DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url or "",
            "FOLIO_HOST": self.host,
            "FOLIO_PORT": str(self.port),
            "TRUSTED_HOSTS": ",".join(self.trusted_hosts),
            "FOLIO_TEMPLATES_DIR": str(self.templates_dir),
            "FOLIO_OFFICE_FILE": str(self.office_file or ""),
            "FOLIO_WORKERS": str(self.worker_processes),
            "FOLIO_MAX_UPLOAD_MB": str(self.max_upload_bytes // _MEGABYTE),
        }

    def child_environment(self) -> dict[str, str]:
        """This process's whole environment with these settings in it, for the programs that the supervisor starts."""
        return {**os.environ, **self.as_environment()}


def _office(file: Path | None) -> Office:
    try:
        return read_office(file) if file else Office()
    except UnusableOffice as problem:
        raise UnusableSettings(f"FOLIO_OFFICE_FILE: {problem}") from problem


def _whole_number(name: str, text: str, *, highest: int) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= highest:
        raise UnusableSettings(f"{name} debe ser un número entero entre 1 y {highest}, no «{text}».")
    return int(text)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _cores() -> int:
    # Not os.cpu_count(): a container or taskset may leave us fewer cores than the machine has.
    return len(os.sched_getaffinity(0))
