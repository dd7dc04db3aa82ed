"""What is said of the office, in a file, on a page or to a program -> its settings, or all that is wrong with it.

Every door brings plain values by the names of `SETTINGS`, and tells a mistake by its own word for the name. What is not
said stays as it was. Nothing half said is taken.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import Any, Final

from service.domain.frame import Approval, FormatBox, Frame, Logo, Role, Signer, in_signing_order
from service.domain.office import REFERENCE_SETTINGS, Office, OfficeSettings
from service.domain.typography import crowds_the_page
from service.domain.values import PlainText, UnacceptableText
from service.pictures import UnusablePicture, logo_of
from service.said import FIELDS

LONGEST_NAME: Final = 200
# What Excel's printed header holds: 255 characters with the commands of entity, code, version and date, which count an
# "&" twice. Process and name of the format are left out where they do not fit.
LONGEST_ENTITY, LONGEST_CODE, LONGEST_VERSION = 100, 30, 20
LONGEST_OBJECTIVE: Final = 8_000
MOST_SIGNERS: Final = 12
_MOST_NAMES: Final = 2_000
_SHOWN: Final = 80

# What the committee may approve; the rest of FIELDS are each quarter's own. A column of the office's own goes by its
# header.
COMMITTEE_FIELDS: Final[Mapping[str, str]] = {
    "titulo": "title",
    "objetivo": "objective",
    **{name: field for name, field in FIELDS.items() if field not in {"number", "qualitative_progress"}},
}
SIGNER_FIELDS: Final = {"rol": "role", "nombre": "name", "cargo": "position", "encargo": "is_acting"}

_SIGNER_LABELS: Final = {"role": "Rol", "name": "Nombre", "position": "Cargo", "is_acting": "Encargo"}
_YES: Final = frozenset({"true", "sí", "si", "1"})
_NO: Final = frozenset({"false", "no", "0", ""})


class Kind(Enum):
    """What a setting holds."""

    TEXT = auto()
    NAMES = auto()
    WHOLE = auto()
    NUMBER = auto()
    FLAG = auto()
    DAY = auto()
    SIGNERS = auto()
    PICTURE = auto()


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting by its name for programs, its key in the file and the terminal, and its label on the page."""

    name: str
    key: str
    label: str
    kind: Kind
    limits: tuple[float, float] = (0, LONGEST_NAME)


# In the order in which they are shown. Keys are Spanish: their editors are officials, as those of the templates.
SETTINGS: Final = (
    Setting("entity", "entidad", "Nombre de la entidad", Kind.TEXT, (0, LONGEST_ENTITY)),
    Setting("logo", "logo", "Logo", Kind.PICTURE),
    Setting("logo.description", "logo_descripcion", "Descripción del logo", Kind.TEXT),
    Setting("objective", "objetivo", "Objetivo del plan", Kind.TEXT, (0, LONGEST_OBJECTIVE)),
    Setting("signers", "firmantes", "Firmantes", Kind.SIGNERS),
    Setting("approval.instance", "aprobacion.instancia", "Instancia que aprueba", Kind.TEXT),
    Setting("approval.act", "aprobacion.acto", "Acta o acto de aprobación", Kind.TEXT),
    Setting("approval.date", "aprobacion.fecha", "Fecha de aprobación", Kind.DAY),
    Setting("format_box.process", "formato_sgc.proceso", "Proceso del SGC", Kind.TEXT),
    Setting("format_box.name", "formato_sgc.nombre", "Nombre del formato", Kind.TEXT),
    Setting("format_box.code", "formato_sgc.codigo", "Código del formato", Kind.TEXT, (0, LONGEST_CODE)),
    Setting("format_box.version", "formato_sgc.version", "Versión del formato", Kind.TEXT, (0, LONGEST_VERSION)),
    Setting("format_box.valid_from", "formato_sgc.vigencia", "Vigencia del formato", Kind.DAY),
    Setting("has_radicado_zone", "zona_de_radicado", "Espacio para el radicado", Kind.FLAG),
    Setting("has_seal", "codigo_de_verificacion", "Código de verificación", Kind.FLAG),
    Setting("tells_change_log", "imprime_control_de_cambios", "Imprimir el control de cambios", Kind.FLAG),
    Setting("issues_by_another", "emite_otra_persona", "Emite otra persona", Kind.FLAG),
    Setting("units", "dependencias", "Dependencias", Kind.NAMES),
    Setting("periodicities", "periodicidades", "Periodicidades", Kind.NAMES),
    Setting("funding_sources", "fuentes_de_financiacion", "Fuentes de financiación", Kind.NAMES),
    Setting("measurement_units", "unidades_de_medida", "Unidades de medida", Kind.NAMES),
    Setting("acronyms", "siglas", "Siglas", Kind.NAMES),
    Setting("shortest_progress", "avance_mas_corto", "Avance más corto", Kind.WHOLE, (0, 1_000)),
    Setting("duplicate_similarity", "parecido_de_repetidas", "Parecido de repetidas", Kind.NUMBER, (0.5, 1)),
    Setting("overachievement", "sobrecumplimiento", "Sobrecumplimiento", Kind.NUMBER, (1, 100)),
    Setting("follow_up_days", "dias_para_entregar", "Días hábiles para entregar", Kind.WHOLE, (1, 60)),
    Setting("committee_fields", "aprueba_el_comite", "Lo que aprueba el comité", Kind.NAMES),
)
_IN_SHORT_HEADERS: Final = {"entity", "format_box.code", "format_box.version"}
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
BY_KEY: Final = {setting.key: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A value that a setting cannot have: `reason` goes on where the setting's name ends, "debe ser…"."""

    name: str
    value: str
    reason: str

    @property
    def told(self) -> str:
        """The whole sentence, for the page."""
        return f"«{label_of(self.name)}» {self.reason}"

    @property
    def key(self) -> str:
        """The setting by its key in the file; of a signer, which one it is and of what."""
        at = _signer_at(self.name)
        keys = {name: key for key, name in SIGNER_FIELDS.items()}
        return f"firmantes {at[0] + 1}: {keys[at[1]]}" if at else BY_NAME[self.name].key


class Unusable(Exception):
    """What was said cannot be the office's settings."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(" ".join(mistake.told for mistake in mistakes))
        self.mistakes = mistakes


def label_of(name: str) -> str:
    """What the page calls a setting, or a field of the n-th signer ("signers.0.name")."""
    at = _signer_at(name)
    return f"{_SIGNER_LABELS[at[1]]} de la persona {at[0] + 1}" if at else BY_NAME[name].label


def values_of(settings: OfficeSettings) -> dict[str, Any]:
    """Every setting's value by its name."""
    office, frame = settings.office, settings.frame
    box, approval = frame.format_box, frame.approval
    values = {field.name: getattr(office, field.name) for field in fields(Office)}
    values |= {name: getattr(frame, name) for name in ("entity", "signers", "has_radicado_zone", "has_seal")}
    values |= {f"format_box.{field.name}": getattr(box, field.name) for field in fields(FormatBox)}
    values |= {"approval.instance": approval.instance, "approval.act": approval.act, "approval.date": approval.on}
    values["logo"] = frame.logo.content if frame.logo else None
    values["logo.description"] = frame.logo.description if frame.logo else ""
    return {setting.name: values[setting.name] for setting in SETTINGS}


def settings_of(said: Mapping[str, Any], before: OfficeSettings = REFERENCE_SETTINGS) -> OfficeSettings:
    """The settings once this is said of them, by the names of `SETTINGS`; of what is not said, as before.

    Raises:
        Unusable: with everything that is wrong.
    """
    values, mistakes = values_of(before), list[Mistake]()
    for name, value in said.items():
        try:
            values[name] = _signers(value) if name == "signers" else _value(BY_NAME[name], value)
        except _Refused as refusal:
            mistakes.append(Mistake(name, _shown(value), str(refusal)))
        except Unusable as many:
            mistakes += many.mistakes
    logo = None
    try:
        logo = None if mistakes else _logo(values["logo"], values["logo.description"])
    except Unusable as one:
        mistakes += one.mistakes
    if mistakes:
        raise Unusable(tuple(mistakes))
    return OfficeSettings(
        Office(**{field.name: values[field.name] for field in fields(Office)}),
        Frame(
            entity=values["entity"],
            logo=logo,
            signers=values["signers"],
            approval=Approval(values["approval.instance"], values["approval.act"], values["approval.date"]),
            format_box=FormatBox(**{field.name: values[f"format_box.{field.name}"] for field in fields(FormatBox)}),
            has_radicado_zone=values["has_radicado_zone"],
            has_seal=values["has_seal"],
        ),
    )


def value_in(setting: Setting, text: str) -> Any:
    """What a text means where a setting is said by text alone: names in lines or between ";", decimals with a comma.

    A text that means nothing of the kind is given back, for `settings_of` to refuse.
    """
    text = text.strip()
    match setting.kind:
        case Kind.NAMES:
            return [name for name in map(str.strip, re.split(r"[\n;]", text)) if name]
        case Kind.WHOLE if re.fullmatch("[0-9]{1,9}", text):
            return int(text)
        case Kind.NUMBER if re.fullmatch("[0-9]{1,9}(?:[.,][0-9]{1,9})?", text):
            return float(text.replace(",", "."))
        case Kind.FLAG if text.lower() in _YES | _NO:
            return text.lower() in _YES
        case _:
            return text


class _Refused(Exception):
    """The reason of a Mistake."""


def _value(setting: Setting, value: Any) -> Any:
    match setting.kind:
        case Kind.TEXT:
            text = _text(value, int(setting.limits[1]), counts_twice="&" if setting.name in _IN_SHORT_HEADERS else "")
            if setting.name == "objective" and crowds_the_page(text):
                raise _Refused("es tan largo que no deja lugar a la tabla: unas diez líneas son más que suficientes.")
            return text
        case Kind.NAMES:
            names = _names(value)
            return tuple(map(_field, names)) if setting.name == "committee_fields" else names
        case Kind.FLAG:
            if not isinstance(value, bool):
                raise _Refused(f"debe ser true (sí) o false (no), no «{_shown(value)}».")
            return value
        case Kind.DAY:
            return _day(value)
        case Kind.PICTURE:
            if value is not None and not isinstance(value, bytes):
                raise _Refused("debe ser una imagen PNG o JPEG.")
            return value or None
        case _:
            return _number(setting, value)


def _text(value: Any, longest: int, counts_twice: str = "") -> str:
    if not isinstance(value, str):
        raise _Refused(f"debe ser un texto, no «{_shown(value)}».")
    try:
        text = str(PlainText.admit(" ".join(value.split())))
    except UnacceptableText as problem:
        raise _Refused("tiene un carácter que no puede imprimirse: escríbalo de nuevo.") from problem
    twice = text.count(counts_twice) if counts_twice else 0
    if len(text) + twice > longest:
        counted = f" (cada «{counts_twice}» cuenta por dos)" if twice else ""
        raise _Refused(f"tiene {len(text) + twice} caracteres{counted} y caben {longest}: acórtelo.")
    return text


def _number(setting: Setting, value: Any) -> float:
    is_whole = setting.kind is Kind.WHOLE
    kind, asked = (int, "un número entero") if is_whole else ((int, float), "un número")
    lowest, highest = setting.limits
    if not isinstance(value, kind) or isinstance(value, bool) or not lowest <= value <= highest:
        raise _Refused(f"debe ser {asked} entre {lowest:g} y {highest:g}, no «{_shown(value)}».")
    return value if is_whole else float(value)


def _names(value: Any) -> tuple[str, ...]:
    trouble = "debe ser una lista de textos, sin repetidos ni vacíos, y con uno por lo menos."
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name.strip() for name in value):
        raise _Refused(trouble)
    names = tuple(_text(name, LONGEST_OBJECTIVE) for name in value)
    if len(set(names)) != len(names) or not 0 < len(names) <= _MOST_NAMES:
        raise _Refused(trouble)
    return names


def _field(name: str) -> str:
    """The field of a name; what is not written as names are is the header of a column of the office's own."""
    if name in COMMITTEE_FIELDS.values():
        return name
    if name not in COMMITTEE_FIELDS and re.fullmatch(r"[a-z_]+", name):
        raise _Refused(
            f"nombra un dato que no existe, «{name}»; existen {', '.join(COMMITTEE_FIELDS)}. "
            "Una columna propia se escribe con su encabezado, con sus mayúsculas y tildes."
        )
    return COMMITTEE_FIELDS.get(name, name)


def _day(value: Any) -> dt.date | None:
    if value is None or value == "":
        return None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
            return dt.date.fromisoformat(value.strip())
    except ValueError:
        pass
    raise _Refused(f"debe ser una fecha que exista, como 2024-09-10 (año-mes-día), no «{_shown(value)}».")


def _signers(value: Any) -> tuple[Signer, ...]:
    """Whoever signs, in the order of their roles."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping | Signer) for each in value):
        raise _Refused("debe ser una lista de personas, cada una con rol, nombre y cargo.")
    if len(value) > MOST_SIGNERS:
        raise _Refused(f"son {len(value)} y caben {MOST_SIGNERS}: deje menos.")
    signers, mistakes = list[Signer](), list[Mistake]()
    for at, each in enumerate(value):
        if isinstance(each, Signer):
            signers.append(each)
            continue
        mistakes += (wrong := list(_wrong_in_signer(f"signers.{at}", each)))
        if not wrong:
            name, position = (_text(each[field], LONGEST_NAME) for field in ("name", "position"))
            signers.append(Signer(Role(each["role"]), name, position, each.get("is_acting", False)))
    if mistakes:
        raise Unusable(tuple(mistakes))
    return in_signing_order(signers)


def _wrong_in_signer(prefix: str, said: Mapping[str, Any]) -> Iterator[Mistake]:
    role, is_acting = said.get("role"), said.get("is_acting", False)
    if not isinstance(role, str) or role not in set(Role):
        known = ", ".join(Role)
        yield Mistake(
            f"{prefix}.role", _shown(role or ""), f"debe ser uno de estos: {known}, no «{_shown(role or '')}»."
        )
    for field in ("name", "position"):
        try:
            if not _text(said.get(field) or "", LONGEST_NAME):
                yield Mistake(f"{prefix}.{field}", "", "está vacío: de quien firma se dicen el nombre y el cargo.")
        except _Refused as refusal:
            yield Mistake(f"{prefix}.{field}", _shown(said[field]), str(refusal))
    if not isinstance(is_acting, bool):
        reason = f"debe ser true (sí) o false (no), no «{_shown(is_acting)}»."
        yield Mistake(f"{prefix}.is_acting", _shown(is_acting), reason)


def _logo(content: bytes | None, description: str) -> Logo | None:
    if content is None:
        return None
    if not description:
        reason = "está vacía: diga qué muestra el logo, para quien no puede verlo."
        raise Unusable((Mistake("logo.description", "", reason),))
    try:
        return logo_of(content, description)
    except UnusablePicture as problem:
        raise Unusable((Mistake("logo", "", str(problem)),)) from problem


def _signer_at(name: str) -> tuple[int, str] | None:
    found = re.fullmatch(r"signers\.(\d+)\.(\w+)", name)
    return (int(found[1]), found[2]) if found else None


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
