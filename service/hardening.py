"""The settings of a production -> everything in them that would be unsafe there, each in a sentence.

On a desk the same settings are convenient: one machine, one person, nobody else on the line. It only looks.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_SHORTEST_PASSWORD: Final = 12
# What examples and images come with, with or without digits behind it.
_WELL_KNOWN: Final = ("contraseña", "changeme", "password", "postgres", "secreto", "folio", "clave", "redis", "admin")


def unsafe(
    environment: Mapping[str, str],
    *,
    database_url: str,
    redis_url: str | None,
    secret_file: Path,
    is_nearby: Callable[[str], bool],
) -> tuple[str, ...]:
    """What has to be mended before Folio starts, all of it at once.

    Args:
        environment: the variables as they were said.
        database_url: with its password.
        redis_url: with its password; None: the server that Folio brings along, at a socket.
        secret_file: what the codes of issued reports are made with.
        is_nearby: whether a host is this machine.
    """
    return (
        *_address(environment),
        *_names(environment),
        *_server("DATABASE_URL", "DATABASE_PASSWORD_FILE", database_url, is_nearby),
        *_server("REDIS_URL", "REDIS_PASSWORD_FILE", redis_url or "", is_nearby),
        *_one_database_for_all(database_url, redis_url or "", is_nearby),
        *_readable(secret_file),
        *_debugging(environment),
    )


def _address(environment: Mapping[str, str]) -> Iterator[str]:
    said = environment.get("FOLIO_PUBLIC_URL", "").strip()
    if not said.startswith("https://"):
        yield (
            "FOLIO_PUBLIC_URL debe decir la dirección pública, con https://: va impresa en cada informe, y sin https "
            f"las contraseñas viajarían a la vista. Ahora dice «{said}»."
        )


def _names(environment: Mapping[str, str]) -> Iterator[str]:
    names = {name.strip() for name in environment.get("TRUSTED_HOSTS", "").split(",") if name.strip()}
    if not names:
        yield "TRUSTED_HOSTS está vacío: diga con qué nombres se puede llamar a Folio."
        return
    host = urlsplit(environment.get("FOLIO_PUBLIC_URL", "").strip()).hostname
    if host and host not in names:
        yield f"TRUSTED_HOSTS no incluye {host}, el nombre de FOLIO_PUBLIC_URL: nadie podría entrar por esa dirección."


def _server(variable: str, by_file: str, address: str, is_nearby: Callable[[str], bool]) -> Iterator[str]:
    parts = urlsplit(address)
    if not parts.hostname or is_nearby(parts.hostname):
        return
    password = unquote(parts.password or "")
    if not password:
        yield f"{variable} no trae contraseña para {parts.hostname}, que se alcanza por la red: póngala en {by_file}."
    elif len(password) < _SHORTEST_PASSWORD or password.lower().rstrip("0123456789!.-_") in _WELL_KNOWN:
        yield (
            f"La contraseña de {variable} se adivina: use una de al menos {_SHORTEST_PASSWORD} caracteres hecha al "
            f"azar, por ejemplo con «openssl rand -hex 32», en {by_file}."
        )


def _one_database_for_all(database_url: str, redis_url: str, is_nearby: Callable[[str], bool]) -> Iterator[str]:
    host = urlsplit(redis_url).hostname
    if database_url.startswith("sqlite") and host and not is_nearby(host):
        yield (
            f"DATABASE_URL es un archivo de este equipo, y REDIS_URL una cola que otros comparten ({host}): cada "
            "equipo tendría sus propios informes. Use PostgreSQL."
        )


def _readable(secret_file: Path) -> Iterator[str]:
    try:
        mode = stat.S_IMODE(secret_file.stat().st_mode)
    except OSError:
        # It is made when it is first needed, for its owner alone; whoever has to read it says so where it cannot.
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield (
            f"FOLIO_SECRET_FILE ({secret_file}) lo pueden leer otros usuarios del equipo (permisos {mode:o}): con él "
            f"se falsifica el código de un informe. Ejecute: chmod 600 {secret_file}"
        )


def _debugging(environment: Mapping[str, str]) -> Iterator[str]:
    for name in ("FLASK_DEBUG", "PYTHONINSPECT"):
        if environment.get(name, "").strip().lower() not in {"", "0", "false", "no"}:
            yield f"{name} está puesto: muestra el interior de Folio a quien lo visita. Quítelo."
