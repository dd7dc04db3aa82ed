"""Variables that name a file -> the secret that the file holds, where its own variable is looked for.

A secret in a variable is seen by every program that is started, and by whoever may look at processes or containers; in
a file it is for whoever may read the file. Assumes one secret a file, with or without a line break at its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from service import disk

_SUFFIX: Final = "_FILE"
_CLIENT_SECRET: Final = "FOLIO_OIDC_CLIENT_SECRET"  # noqa: S105 - the name of a variable
# Which address each password goes into.
_PASSWORDS: Final = {"DATABASE_PASSWORD_FILE": "DATABASE_URL", "REDIS_PASSWORD_FILE": "REDIS_URL"}

VARIABLES: Final = (*_PASSWORDS, f"{_CLIENT_SECRET}{_SUFFIX}")


class UnreadableSecret(Exception):
    """A file of a secret is not there, holds none, or says what a variable says; the message is for a person."""


def opened(environment: Mapping[str, str]) -> dict[str, str]:
    """The same variables, with what the files hold in its place.

    Raises:
        UnreadableSecret: a file that cannot be read, or a secret that is said twice.
    """
    found = dict(environment)
    for name, address in _PASSWORDS.items():
        if secret := _held(environment, name):
            found[address] = _with_password(found.get(address, "").strip(), secret, name, address)
    if secret := _held(environment, VARIABLES[-1], may_be_empty=True):
        if found.get(_CLIENT_SECRET, "").strip():
            raise UnreadableSecret(f"{_CLIENT_SECRET} y {VARIABLES[-1]} dicen lo mismo: deje uno solo de los dos.")
        found[_CLIENT_SECRET] = secret
    return found


def _held(environment: Mapping[str, str], name: str, *, may_be_empty: bool = False) -> str:
    file = environment.get(name, "").strip()
    if not file:
        return ""
    try:
        secret = Path(file).read_text("utf-8").rstrip("\r\n")
    except OSError as problem:
        raise UnreadableSecret(f"{name}: no se puede leer {file}: {disk.reason(problem)}.") from problem
    except UnicodeDecodeError as problem:
        raise UnreadableSecret(f"{name}: {file} no es un texto.") from problem
    if not secret and not may_be_empty:
        raise UnreadableSecret(f"{name}: {file} está vacío.")
    return secret


def _with_password(address: str, password: str, name: str, variable: str) -> str:
    parts = urlsplit(address)
    if not parts.hostname:
        raise UnreadableSecret(f"{name} necesita {variable} con el nombre de un servidor.")
    if parts.password:
        raise UnreadableSecret(f"{variable} ya trae una contraseña: quítela de ahí, o quite {name}.")
    who, _, where = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{who.rstrip(':')}:{quote(password, safe='')}@{where}").geturl()
