"""An office's settings -> what is shown of them: values for people and for programs, and what changed, in words."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

from service.domain.frame import Signer
from service.domain.office import REFERENCE_SETTINGS, OfficeSettings
from service.domain.values import printed_date
from service.office_said import COMMITTEE_FIELDS, SETTINGS, Kind, Setting, values_of

Json = dict[str, Any]

_FIELD_NAMES: Final = {field: name for name, field in COMMITTEE_FIELDS.items()}


def settings_to_shown(settings: OfficeSettings) -> Json:
    """The settings as plain values, those of a group in an object; dates are ISO, the logo is in base64."""
    shown: Json = {}
    for name, value in values_of(settings).items():
        group, _, inner = name.partition(".")
        if group == "logo":
            continue
        (shown.setdefault(group, {}) if inner else shown)[inner or group] = _plain(value)
    logo = settings.frame.logo
    if logo is None:
        return shown | {"logo": None}
    about = {name: getattr(logo, name) for name in ("description", "media_type", "width", "height")}
    return shown | {"logo": {**about, "content": base64.b64encode(logo.content).decode()}}


def told(setting: Setting, value: Any) -> str:
    """A value as a person reads it; empty where there is none."""
    match setting.kind:
        case Kind.PICTURE:
            return f"{round(len(value) / 1000) or 1} KB" if value else ""
        case Kind.SIGNERS:
            return "; ".join(signer_told(signer) for signer in value)
        case Kind.DAY:
            return printed_date(value) if value else ""
        case Kind.NAMES:
            return "; ".join(_names(setting, value))
        case Kind.WHOLE | Kind.NUMBER:
            return f"{value:g}".replace(".", ",")
        case _:
            return str(value) if setting.kind is Kind.TEXT else "sí" if value else "no"


def as_text(setting: Setting, value: Any) -> str:
    """A value as a form holds it, and as `value_in` understands it: names one a line, dates ISO."""
    match setting.kind:
        case Kind.NAMES:
            return "\n".join(_names(setting, value))
        case Kind.DAY:
            return value.isoformat() if value else ""
        case _:
            return told(setting, value)


def signer_told(signer: Signer) -> str:
    """A signer in a line: "Aprobó: Persona de Ejemplo, Directora General (E)"."""
    return f"{signer.role.label}: {signer.name}, {signer.printed_position}"


def what_changed(before: OfficeSettings, after: OfficeSettings) -> tuple[str, ...]:
    """Each setting that is another now, in a sentence."""
    old, new = values_of(before), values_of(after)
    return tuple(
        f"{setting.label}: {_change(setting, old[setting.name], new[setting.name])}."
        for setting in SETTINGS
        if old[setting.name] != new[setting.name]
    )


def story_of(newest_first: Iterable[OfficeSettings]) -> Iterator[tuple[str, ...]]:
    """What each of the settings that were kept changed of the ones before; the first, of the reference office's."""
    for after, before in pairwise((*newest_first, REFERENCE_SETTINGS)):
        yield what_changed(before, after)


def _change(setting: Setting, old: Any, new: Any) -> str:
    if setting.kind is Kind.FLAG:
        return told(setting, new)
    if setting.kind in {Kind.NAMES, Kind.SIGNERS}:
        return _change_of_list(setting, old, new)
    if setting.kind is Kind.PICTURE:
        return "se quitó" if not new else "se cambió" if old else "se puso"
    before, after = told(setting, old), told(setting, new)
    if not after:
        return f"se borró «{before}»"
    return f"ahora «{after}», antes «{before}»" if before else f"«{after}»"


def _change_of_list(setting: Setting, old: tuple[Any, ...], new: tuple[Any, ...]) -> str:
    def named(values: Iterable[Any]) -> str:
        return ", ".join(f"«{told(setting, (value,))}»" for value in values)

    added, removed = [each for each in new if each not in old], [each for each in old if each not in new]
    parts = ([f"se agregó {named(added)}"] if added else []) + ([f"se quitó {named(removed)}"] if removed else [])
    return "; ".join(parts) or "cambió el orden"


def _names(setting: Setting, value: Iterable[str]) -> Iterator[str]:
    return (_FIELD_NAMES.get(name, name) if setting.name == "committee_fields" else name for name in value)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Signer):
        return {"role": value.role.value, "name": value.name, "position": value.position, "is_acting": value.is_acting}
    return value.isoformat() if hasattr(value, "isoformat") else value
