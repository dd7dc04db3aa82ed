"""The environment becomes one frozen Settings; no other module reads the environment.

Every variable stands in `.env.example`, which tells whoever installs Folio what it is for; a test holds the two equal.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from service import hardening, secret_files
from service.domain.office import REFERENCE_SETTINGS, Office, OfficeSettings
from service.domain.people import Role
from service.office_file import UnusableOffice, read_settings

PROJECT: Final = Path(__file__).resolve().parent.parent
# The plan that Folio is tried with.
EXAMPLE: Final = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"

# The token with which a program asks a running Folio. It is of whoever gives an order and no setting of a Folio: it
# stands in no object that is shown or handed on, and no process that a Folio starts is given it.
_TOKEN: Final = "FOLIO_TOKEN"  # noqa: S105 - where it is, not what it is
_LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")
_HIGHEST_PORT: Final = 65_535
_DESK, _PRODUCTION = "desk", "production"
_TEXT, _JSON = "text", "json"
_MEGABYTE: Final = 1024 * 1024

# No user, query or fragment; nothing that a QR reader or a person could take for something else.
_PRINTED_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,253}(?:/[A-Za-z0-9._~\-/]{0,100})?")


class UnusableSettings(Exception):
    """The environment asks for what cannot be, or for what would be unsafe; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider (OpenID Connect) that vouches for people.

    `name` is what its button says. Whoever it vouches for and has no account gets one with `role`; None: nobody does.
    """

    issuer: str
    client_id: str
    client_secret: str
    name: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. `redis_url` None: the supervisor starts an embedded server.

    `public_url` is how people reach Folio from outside, without a slash at its end: it is printed on what is issued. In
    `secret_file` is what the codes of issued reports are made with; it is made when it is first needed.
    `office_settings` are what `office_file` says, or the reference office's when there is no such file.
    `trusted_proxies` are those of our own before the front. `provider` vouches for people who sign in; None: nobody
    but Folio. In production unsafe settings are refused (`service.hardening`). `metrics`: the host and port at which a
    Prometheus of the operator's finds them; None: nowhere. `drafts_kept_days`: after so many days a draft that was
    never issued is removed; None: never.
    """

    data_dir: Path
    database_url: str
    redis_url: str | None
    host: str
    port: int
    trusted_hosts: tuple[str, ...]
    templates_dir: Path
    office_file: Path | None
    office_settings: OfficeSettings
    worker_processes: int
    max_upload_bytes: int
    public_url: str
    secret_file: Path
    trusted_proxies: int
    provider: Provider | None
    is_production: bool
    logs_as_json: bool
    metrics: tuple[str, int] | None
    drafts_kept_days: int | None

    @property
    def office(self) -> Office:
        """How the office's plans are read."""
        return self.office_settings.office

    @classmethod
    def from_environment(cls, **given: str | None) -> Self:
        """The settings of this process.

        Args:
            given: variables (by their environment name) that the command line says and that win over the environment;
                None and empty texts say nothing.

        Raises:
            UnusableSettings: a value that cannot be read, or an unsafe combination.
        """
        environment = {**os.environ, **{name: value for name, value in given.items() if value}}
        try:
            settings = cls._from(secret_files.opened(environment))
        except secret_files.UnreadableSecret as problem:
            raise UnusableSettings(str(problem)) from problem
        if settings.is_production:
            problems = hardening.unsafe(
                environment,
                database_url=settings.database_url,
                redis_url=settings.redis_url,
                secret_file=settings.secret_file,
                is_nearby=is_loopback,
            )
            if problems:
                told = "".join(f"\n- {problem}" for problem in problems)
                raise UnusableSettings(f"FOLIO_ENV=production no admite estos ajustes:{told}")
        return settings

    @classmethod
    def at_start(cls) -> Self:
        """The settings of a program that only starts with sound ones; else it ends, and says why."""
        try:
            return cls.from_environment()
        except UnusableSettings as problem:
            raise SystemExit(str(problem)) from None

    @classmethod
    def _from(cls, environment: Mapping[str, str]) -> Self:
        def read(name: str, default: str = "") -> str:
            return environment.get(name, "").strip() or default

        data_dir = Path(read("FOLIO_DATA_DIR", str(PROJECT / "var"))).expanduser().absolute()
        host = read("FOLIO_HOST", "127.0.0.1")
        port = _whole_number("FOLIO_PORT", read("FOLIO_PORT", "8000"), highest=_HIGHEST_PORT)
        trusted_hosts = tuple(name.strip() for name in read("TRUSTED_HOSTS").split(",") if name.strip())
        if not is_loopback(host) and not trusted_hosts:
            raise UnusableSettings(
                f"FOLIO_HOST={host} abre Folio a otros equipos: diga en TRUSTED_HOSTS con qué nombres "
                "se le puede llamar (por ejemplo, TRUSTED_HOSTS=folio.entidad.gov.co)."
            )
        if any("*" in name for name in trusted_hosts):
            raise UnusableSettings(
                "TRUSTED_HOSTS no admite comodines: escriba cada nombre completo, separado por comas."
            )
        is_production = _choice("FOLIO_ENV", read("FOLIO_ENV", _DESK), (_DESK, _PRODUCTION)) == _PRODUCTION
        logs = read("FOLIO_LOG", _JSON if is_production else _TEXT)
        days = read("FOLIO_KEEP_DRAFTS_DAYS")
        office_file = Path(read("FOLIO_OFFICE_FILE")).expanduser().absolute() if read("FOLIO_OFFICE_FILE") else None
        return cls(
            data_dir=data_dir,
            database_url=read("DATABASE_URL", f"sqlite:///{data_dir / 'folio.db'}"),
            redis_url=read("REDIS_URL") or None,
            host=host,
            port=port,
            trusted_hosts=trusted_hosts or _LOCAL_HOSTS,
            templates_dir=Path(read("FOLIO_TEMPLATES_DIR", str(PROJECT / "templates_docx"))).expanduser().absolute(),
            office_file=office_file,
            office_settings=_office_settings(office_file),
            worker_processes=_whole_number("FOLIO_WORKERS", read("FOLIO_WORKERS", str(_cores())), highest=256),
            max_upload_bytes=_MEGABYTE
            * _whole_number("FOLIO_MAX_UPLOAD_MB", read("FOLIO_MAX_UPLOAD_MB", "20"), highest=200),
            public_url=_address("FOLIO_PUBLIC_URL", read("FOLIO_PUBLIC_URL", f"http://localhost:{port}")),
            secret_file=Path(read("FOLIO_SECRET_FILE", str(data_dir / "secret"))).expanduser().absolute(),
            trusted_proxies=_count("FOLIO_TRUSTED_PROXIES", read("FOLIO_TRUSTED_PROXIES", "0"), highest=10),
            provider=_provider(read),
            is_production=is_production,
            logs_as_json=_choice("FOLIO_LOG", logs, (_TEXT, _JSON)) == _JSON,
            metrics=_host_and_port("FOLIO_METRICS", read("FOLIO_METRICS")),
            drafts_kept_days=_whole_number("FOLIO_KEEP_DRAFTS_DAYS", days, highest=36_500) if days else None,
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
            "FOLIO_PUBLIC_URL": self.public_url,
            "FOLIO_SECRET_FILE": str(self.secret_file),
            "FOLIO_TRUSTED_PROXIES": str(self.trusted_proxies),
            "FOLIO_OIDC_ISSUER": self.provider.issuer if self.provider else "",
            "FOLIO_OIDC_CLIENT_ID": self.provider.client_id if self.provider else "",
            "FOLIO_OIDC_CLIENT_SECRET": self.provider.client_secret if self.provider else "",
            "FOLIO_OIDC_NAME": self.provider.name if self.provider else "",
            "FOLIO_OIDC_ROLE": (self.provider.role or "") if self.provider else "",
            "FOLIO_ENV": _PRODUCTION if self.is_production else _DESK,
            "FOLIO_LOG": _JSON if self.logs_as_json else _TEXT,
            "FOLIO_METRICS": "{}:{}".format(*self.metrics) if self.metrics else "",
            "FOLIO_KEEP_DRAFTS_DAYS": str(self.drafts_kept_days or ""),
            # What they hold stands above by now.
            **dict.fromkeys(secret_files.VARIABLES, ""),
        }

    def child_environment(self) -> dict[str, str]:
        """This process's whole environment with these settings in it, for the programs that the supervisor starts."""
        inherited = {name: value for name, value in os.environ.items() if name != _TOKEN}
        return {**inherited, **self.as_environment()}


def token_of_program() -> str:
    """The token in the environment of whoever gives an order; empty: there is none."""
    return os.environ.get(_TOKEN, "").strip()


def _office_settings(file: Path | None) -> OfficeSettings:
    try:
        return read_settings(file) if file else REFERENCE_SETTINGS
    except UnusableOffice as problem:
        raise UnusableSettings(f"FOLIO_OFFICE_FILE: {problem}") from problem


def _provider(read: Callable[[str], str]) -> Provider | None:
    issuer, client_id = read("FOLIO_OIDC_ISSUER").rstrip("/"), read("FOLIO_OIDC_CLIENT_ID")
    if not issuer and not client_id:
        return None
    if not issuer or not client_id:
        raise UnusableSettings("FOLIO_OIDC_ISSUER y FOLIO_OIDC_CLIENT_ID van juntos: falta uno de los dos.")
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise UnusableSettings(f"FOLIO_OIDC_ISSUER debe ser una dirección https, no «{issuer}».")
    role = read("FOLIO_OIDC_ROLE")
    if role and role not in set(Role):
        raise UnusableSettings(f"FOLIO_OIDC_ROLE es uno de {', '.join(Role)}, o nada; no «{role}».")
    name = read("FOLIO_OIDC_NAME") or parts.hostname or issuer
    return Provider(issuer, client_id, read("FOLIO_OIDC_CLIENT_SECRET"), name, Role(role) if role else None)


def _choice(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise UnusableSettings(f"{name} es {' o '.join(choices)}, no «{text}».")
    return text


def _host_and_port(name: str, text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host:
        raise UnusableSettings(f"{name} debe ser una dirección y un puerto, como 127.0.0.1:9464, no «{text}».")
    return host, _whole_number(name, port, highest=_HIGHEST_PORT)


def _count(name: str, text: str, *, highest: int) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > highest:
        raise UnusableSettings(f"{name} debe ser un número entero entre 0 y {highest}, no «{text}».")
    return int(text)


def _whole_number(name: str, text: str, *, highest: int) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= highest:
        raise UnusableSettings(f"{name} debe ser un número entero entre 1 y {highest}, no «{text}».")
    return int(text)


def _address(name: str, text: str) -> str:
    """An address to which "/verificar/..." can be put: it is printed on paper, so that it has to be plain."""
    try:
        parts = urlsplit(text)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or not _PRINTED_ADDRESS.fullmatch(text):
        raise UnusableSettings(
            f"{name} debe ser la dirección con que se llega a Folio desde afuera, como https://folio.entidad.gov.co, "
            f"no «{text}»."
        )
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, so that nobody reaches it from another."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _cores() -> int:
    # Not os.cpu_count(): a container or taskset may leave us fewer cores than the machine has.
    return len(os.sched_getaffinity(0))
