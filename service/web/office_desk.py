"""What a form or a program says of the office -> its settings, kept; or a Problem with every field that cannot be used.

While a file governs, nothing is changed here. Whoever says which settings they saw is told when others came meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask import Request

from service.domain.archive import Json
from service.domain.office import REFERENCE_SETTINGS, OfficeSettings
from service.office_said import BY_NAME, MOST_SIGNERS, SETTINGS, Kind, Mistake, Unusable, settings_of, value_in
from service.office_shown import settings_to_shown, story_of, what_changed
from service.pictures import LARGEST_LOGO
from service.store import SOMEBODY, KeptSettings
from service.web.asker import name_of_asker
from service.web.bodies import json_object, text_in
from service.web.front import Front
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.shown import instant
from service.web.uploads import who_in
from service.web.wording import printed_instant

# One more than may sign: whoever types too many is told, and nobody is dropped in silence.
ROWS: Final = MOST_SIGNERS + 2
_SIGNER: Final = ("name", "position")
_LONGEST_SEQ: Final = 9
# The form's last field: a browser that is cut off never sends it, and what a form does not say it takes away.
_LAST_FIELD: Final = "complete"
# Of the settings as JSON: twice what a logo may have, which travels there in base64.
_MOST_BYTES: Final = 2 * LARGEST_LOGO


def office_to_json(front: Front) -> Json:
    """The settings that count, who kept them and when; of settings that nobody ever kept, null.

    Raises:
        StoreUnavailable: they cannot be had.
    """
    kept = front.kept_settings()
    return {
        "seq": kept.seq if kept else 0,
        "at": instant(kept.at) if kept else None,
        "by": kept.by if kept else None,
        "file": front.office_file.path.name if front.office_file else None,
        "settings": settings_to_shown(kept.settings if kept else REFERENCE_SETTINGS),
    }


def history_of(front: Front) -> tuple[tuple[KeptSettings, tuple[str, ...]], ...]:
    """All settings that were ever kept, newest first, each with what it changed.

    Raises:
        StoreUnavailable: they cannot be had.
    """
    front.kept_settings()
    history = front.store.office_history()
    return tuple(zip(history, story_of(kept.settings for kept in history), strict=True))


def changed_by_program(front: Front, request: Request) -> KeptSettings | Problem:
    """Keep what a JSON object says in `settings`: all of them, as the reference office has those that it does not say.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    data = json_object(request, _MOST_BYTES)
    if isinstance(data, Problem):
        return data
    errors: list[FieldError] = []
    settings, seq = data.get("settings"), data.get("seq")
    if not isinstance(settings, dict):
        errors.append(FieldError("settings", "", "«settings» es un objeto con los ajustes, como lo da GET."))
    if seq is not None and (not isinstance(seq, int) or isinstance(seq, bool)):
        errors.append(FieldError("seq", "", "«seq» es el número de los ajustes que se cambian, como lo da GET."))
    by = who_in(text_in("by", data.get("by"), errors), errors)
    said = dict(_flat(settings, errors)) if isinstance(settings, dict) else {}
    if errors:
        return invalid_request(tuple(errors))
    return _kept(front, said, REFERENCE_SETTINGS, seq=seq, by=by, prefix="settings.")


def changed_by_form(front: Front, request: Request) -> KeptSettings | Problem:
    """Keep what the page's form says, if all of it came; of a logo that is not chosen anew, as before.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    if front.office_file:
        return _governed(front)
    seq = request.form.get("seq", "")
    if _LAST_FIELD not in request.form or not re.fullmatch(f"[0-9]{{1,{_LONGEST_SEQ}}}", seq):
        return Problem(
            ProblemType.MALFORMED,
            "El formulario de los ajustes no llegó completo, y no se guardó nada: valen los que había. Vuelva a la "
            "página de la oficina, revise lo que escribió y guárdelo de nuevo.",
        )
    return _kept(front, said_in_form(request), front.office_settings, seq=int(seq), by=name_of_asker())


def restored(front: Front, seq: int) -> KeptSettings | Problem:
    """Keep earlier settings again.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    if front.office_file:
        return _governed(front)
    found = next((kept for kept in front.store.office_history() if kept.seq == seq), None)
    if found is None:
        return Problem(ProblemType.NOT_FOUND, f"No hay ajustes con el número {seq}.")
    return front.store.keep_office(found.settings, now=front.clock(), by=name_of_asker())


def said_in_form(request: Request) -> dict[str, Any]:
    """What the form says, by the names of the settings; rows of signers that are empty say nobody."""
    said: dict[str, Any] = {"signers": signers_in_form(request.form)}
    for setting in SETTINGS:
        if setting.kind is Kind.FLAG:
            said[setting.name] = setting.name in request.form
        elif setting.kind not in {Kind.SIGNERS, Kind.PICTURE} and setting.name in request.form:
            said[setting.name] = value_in(setting, request.form[setting.name])
    chosen = request.files.get("logo")
    if chosen and chosen.filename:
        said["logo"] = chosen.stream.read(LARGEST_LOGO + 1)
    elif "logo.remove" in request.form:
        said["logo"] = None
    return said


def signers_in_form(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of the form where somebody is named, without those between them that are empty."""
    rows = []
    for at in range(ROWS):
        row: dict[str, Any] = {name: form.get(f"signers.{at}.{name}", "").strip() for name in ("role", *_SIGNER)}
        if any(row[name] for name in _SIGNER):
            rows.append({**row, "is_acting": f"signers.{at}.is_acting" in form})
    return rows


def _kept(
    front: Front, said: Mapping[str, Any], before: OfficeSettings, *, seq: int | None, by: str, prefix: str = ""
) -> KeptSettings | Problem:
    if front.office_file:
        return _governed(front)
    try:
        settings = settings_of(said, before)
    except Unusable as refusal:
        return invalid_request(tuple(_error(mistake, prefix) for mistake in refusal.mistakes))
    now = front.kept_settings()
    if seq is not None and now and now.seq != seq:
        return _meanwhile(front, now, seq)
    return front.store.keep_office(settings, now=front.clock(), by=by)


def _meanwhile(front: Front, now: KeptSettings, seq: int) -> Problem:
    seen = next((kept.settings for kept in front.store.office_history() if kept.seq == seq), REFERENCE_SETTINGS)
    changes = " ".join(what_changed(seen, now.settings))
    somebody = now.by.replace(SOMEBODY, f"alguien {SOMEBODY}", 1) if now.by.startswith(SOMEBODY) else now.by
    detail = (
        f"El {printed_instant(now.at)}, {somebody} guardó otros ajustes. {changes} Revise los suyos y guárdelos de "
        "nuevo, si deben valer en lugar de esos."
    )
    return Problem(ProblemType.SETTINGS_CHANGED, detail)


def _governed(front: Front) -> Problem:
    name = front.office_file.path.name if front.office_file else ""
    detail = (
        f"Los ajustes los dice el archivo {name} de esta instalación: se cambian en él, y Folio se inicia de nuevo."
    )
    return Problem(ProblemType.SETTINGS_IN_FILE, detail)


def _error(mistake: Mistake, prefix: str) -> FieldError:
    # A program says a logo as an object, with its picture in "content".
    name = "logo.content" if prefix and mistake.name == "logo" else mistake.name
    return FieldError(f"{prefix}{name}", mistake.value, mistake.told)


def _flat(settings: Mapping[str, Any], errors: list[FieldError]) -> Iterator[tuple[str, Any]]:
    """The settings of a JSON object by their names; what is there to be read only is passed over."""
    groups = {name.partition(".")[0] for name in BY_NAME if "." in name}
    for group, value in settings.items():
        if group not in groups:
            name = group
            if name in BY_NAME:
                yield name, value
            else:
                errors.append(FieldError(f"settings.{name[:80]}", "", f"No existe el ajuste «{name[:80]}»."))
        elif group == "logo":
            yield from _logo(value, errors)
        elif isinstance(value, dict):
            for inner, each in value.items():
                if f"{group}.{inner}" in BY_NAME:
                    yield f"{group}.{inner}", each
                else:
                    name = f"{group}.{inner[:80]}"
                    errors.append(FieldError(f"settings.{name}", "", f"No existe el ajuste «{name}»."))
        else:
            errors.append(FieldError(f"settings.{group}", "", f"«{group}» es un objeto."))


def _logo(value: Any, errors: list[FieldError]) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    content = value.get("content") if isinstance(value, dict) else None
    try:
        yield "logo", base64.b64decode(content if isinstance(content, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        reason = "«logo» es null, o un objeto con la imagen en base64 («content») y qué muestra («description»)."
        errors.append(FieldError("settings.logo", "", reason))
        return
    yield "logo.description", value.get("description", "")
