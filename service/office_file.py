"""The office's own file (TOML, keys in Spanish) -> its settings: how its plans are read, and what frames its reports.

What the file does not say is as in the reference office. docs/ajustes-de-la-oficina.md tells whoever writes it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from service import disk
from service.domain.office import OfficeSettings
from service.office_said import BY_KEY, SIGNER_FIELDS, Unusable, settings_of
from service.pictures import LARGEST_LOGO

_TABLES: Final = frozenset(key.partition(".")[0] for key in BY_KEY if "." in key)


class UnusableOffice(Exception):
    """The office's file cannot be used; the message is for a person."""


def read_settings(path: Path) -> OfficeSettings:
    """The settings that the file describes; its logo lies where the file says, beside the file unless it says a folder.

    Raises:
        UnusableOffice: no such file, no TOML, a key that does not exist, or a value that a setting cannot have.
    """
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise UnusableOffice(f"no se puede leer {path}: {disk.reason(problem)}.") from problem
    except UnicodeDecodeError as problem:
        raise UnusableOffice(f"{path} no está en UTF-8: guárdelo con esa codificación.") from problem
    except tomllib.TOMLDecodeError as problem:
        raise UnusableOffice(f"{path} no es un archivo TOML bien escrito ({problem}).") from problem
    by_key = dict(_flat(path, said))
    unknown = [key for key in by_key if key not in BY_KEY]
    if unknown:
        raise UnusableOffice(f"{path} tiene un ajuste que no existe, «{unknown[0]}»; existen {', '.join(BY_KEY)}.")
    values = {BY_KEY[key].name: value for key, value in by_key.items()}
    if "logo" in values:
        values["logo"] = _picture(path, values["logo"])
    if isinstance(values.get("signers"), list):
        values["signers"] = [_signer(path, each) for each in values["signers"]]
    try:
        return settings_of(values)
    except Unusable as refusal:
        raise UnusableOffice("\n".join(f"{path}: {each.key} {each.reason}" for each in refusal.mistakes)) from refusal


def _picture(path: Path, name: Any) -> bytes | None:
    """The bytes of the logo that the file names; None where the name is empty."""
    if not isinstance(name, str):
        raise UnusableOffice(f"{path}: logo debe ser el nombre de un archivo entre comillas, no «{name}».")
    if not name:
        return None
    try:
        with (path.parent / Path(name).expanduser()).open("rb") as picture:
            # One byte more than a logo may have: enough to be refused for it.
            return picture.read(LARGEST_LOGO + 1)
    except OSError as problem:
        raise UnusableOffice(f"{path}: logo «{name}» no se puede leer: {disk.reason(problem)}.") from problem


def _flat(path: Path, said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The file's values, those of its tables with the table's name before theirs."""
    for key, value in said.items():
        if key not in _TABLES:
            yield key, value
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", each) for inner, each in value.items())
        else:
            inner = ", ".join(each.partition(".")[2] for each in BY_KEY if each.startswith(f"{key}."))
            raise UnusableOffice(f"{path}: {key} debe ser una sección, [{key}], con {inner}.")


def _signer(path: Path, said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    unknown = [key for key in said if key not in SIGNER_FIELDS]
    if unknown:
        known = ", ".join(SIGNER_FIELDS)
        raise UnusableOffice(f"{path}: firmantes tiene un dato que no existe, «{unknown[0]}»; existen {known}.")
    return {SIGNER_FIELDS[key]: value for key, value in said.items()}
