"""The office's own file (TOML, keys in Spanish) -> Office: its units, its vocabularies, how strict its checks are.

What the file does not say is as in the reference office. docs/ajustes-de-la-oficina.md tells whoever writes it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from service import disk
from service.domain.office import Office
from service.domain.values import PlainText, UnacceptableText

_MOST_NAMES: Final = 2_000


class UnusableOffice(Exception):
    """The office's file cannot be used; the message is for a person."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Between which numbers a threshold lies, and what it counts."""

    lowest: float
    highest: float


# Key in the file -> field of Office. Its editors are officials, as those of the templates.
KEYS: Final[Mapping[str, str]] = {
    "dependencias": "units",
    "periodicidades": "periodicities",
    "fuentes_de_financiacion": "funding_sources",
    "unidades_de_medida": "measurement_units",
    "siglas": "acronyms",
    "avance_mas_corto": "shortest_progress",
    "parecido_de_repetidas": "duplicate_similarity",
    "sobrecumplimiento": "overachievement",
    "aprueba_el_comite": "committee_fields",
    "imprime_control_de_cambios": "tells_change_log",
}

# What the templates call a field -> what the plan does. A column of the office's own goes by its header.
_FIELDS: Final = {
    "titulo": "title",
    "objetivo": "objective",
    "accion": "action",
    "responsable": "lead",
    "indicador": "indicator",
    "unidad_de_medida": "unit",
    "meta": "target",
    "fecha_inicio": "starts_on",
    "fecha_fin": "ends_on",
    "seguimiento": "periodicity",
    "fuente_de_financiacion": "funding_source",
}

_LIMITS: Final = {
    "shortest_progress": _Limits(0, 1_000),
    "duplicate_similarity": _Limits(0.5, 1),
    "overachievement": _Limits(1, 100),
}


def read_office(path: Path) -> Office:
    """The office that the file describes.

    Raises:
        UnusableOffice: no such file, no TOML, a key that does not exist, or a value of another kind.
    """
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise UnusableOffice(f"no se puede leer {path}: {disk.reason(problem)}.") from problem
    except UnicodeDecodeError as problem:
        raise UnusableOffice(f"{path} no está en UTF-8: guárdelo con esa codificación.") from problem
    except tomllib.TOMLDecodeError as problem:
        raise UnusableOffice(f"{path} no es un archivo TOML bien escrito ({problem}).") from problem
    unknown = [key for key in said if key not in KEYS]
    if unknown:
        raise UnusableOffice(f"{path} tiene un ajuste que no existe, «{unknown[0]}»; existen {', '.join(KEYS)}.")
    defaults = {field.name: field.default for field in fields(Office)}
    values = {KEYS[key]: _value(path, key, value, defaults[KEYS[key]]) for key, value in said.items()}
    return Office(**values)


def _value(path: Path, key: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        names = _names(path, key, value)
        return tuple(_field(path, key, name) for name in names) if KEYS[key] == "committee_fields" else names
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise UnusableOffice(f"{path}: {key} debe ser true (sí) o false (no), no «{value}».")
        return value
    limits = _LIMITS[KEYS[key]]
    kind, asked = (int, "un número entero") if isinstance(default, int) else ((int, float), "un número")
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    if not is_number or not limits.lowest <= value <= limits.highest:
        raise UnusableOffice(
            f"{path}: {key} debe ser {asked} entre {limits.lowest:g} y {limits.highest:g}, no «{value}»."
        )
    return type(default)(value)


def _names(path: Path, key: str, value: Any) -> tuple[str, ...]:
    trouble = f"{path}: {key} debe ser una lista de textos entre comillas, sin repetidos ni vacíos."
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        raise UnusableOffice(trouble)
    try:
        names = tuple(str(PlainText.admit(name.strip())) for name in value)
    except UnacceptableText as problem:
        raise UnusableOffice(f"{path}: {key} tiene un carácter que no puede imprimirse.") from problem
    if len(set(names)) != len(names) or not 0 < len(names) <= _MOST_NAMES:
        raise UnusableOffice(trouble)
    return names


def _field(path: Path, key: str, name: str) -> str:
    """The field of a name; what is not written as names are is the header of a column of the office's own."""
    if name not in _FIELDS and re.fullmatch(r"[a-z_]+", name):
        raise UnusableOffice(
            f"{path}: {key} nombra un dato que no existe, «{name}»; existen {', '.join(_FIELDS)}. "
            "Una columna propia se escribe con su encabezado, con sus mayúsculas y tildes."
        )
    return _FIELDS.get(name, name)
