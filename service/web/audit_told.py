"""An entry of the audit log -> the Spanish sentence that tells it.

The one table of sentences: a step that has none here makes a test fail. What an entry lacks is told in other words, and
nothing that somebody altered keeps the log from being read.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from service.domain.values import BOGOTA, ROMAN, legible
from service.store import SOMEBODY, AuditedReport, AuditEntry, AuditStep
from service.web.audit_details import kind_in, shown
from service.web.wording import documents_named, joined, printed_instant

REPORTS: Final = "Informes"
OFFICE: Final = "Oficina"
PEOPLE: Final = "Personas y acceso"
GROUPS: Final = (REPORTS, OFFICE, PEOPLE)

_FIELD: Final = re.compile(r"\{(\w+)\}")
_ACCENT: Final = "Mn"
_PAIR: Final = ("was", "is")


@dataclass(frozen=True, slots=True)
class Told:
    """How a step is told: its name in a list, its group, its sentence, and the sentence where that lacks something."""

    name: str
    group: str
    sentence: str
    otherwise: str = ""


# `{who}` did it; the other fields are those of `_TEXTS` and the details of the entry.
STEPS: Final[Mapping[str, Told]] = {
    AuditStep.DRAFT_KEPT: Told(
        "Libro subido o corregido",
        REPORTS,
        "{who} guardó un borrador del {report}, con {put_right}.",
        "{who} subió un libro, que se guardó como borrador del {report}.",
    ),
    AuditStep.DRAFT_SWEPT: Told(
        "Borrador retirado",
        REPORTS,
        "{who} retiró un borrador del {numbered}, que ya no había que guardar.",
        "{who} retiró un borrador que ya no había que guardar.",
    ),
    AuditStep.DOCUMENTS_REQUESTED: Told(
        "Documentos pedidos",
        REPORTS,
        "{who} pidió {again}{documents} del {report}.",
        "{who} pidió documentos del {report}.",
    ),
    AuditStep.DOCUMENT_KEPT: Told(
        "Documento escrito",
        REPORTS,
        "{who} escribió {document} del {report}.",
        "{who} escribió un documento del {report}.",
    ),
    AuditStep.ISSUED: Told("Informe emitido", REPORTS, "{who} emitió el {report}."),
    AuditStep.SUPERSEDED: Told(
        "Informe reemplazado",
        REPORTS,
        "El {report} quedó reemplazado por el {other}.",
        "El {report} quedó reemplazado.",
    ),
    AuditStep.SIGNED_COPY_KEPT: Told(
        "Copia firmada guardada",
        REPORTS,
        "{who} guardó la copia firmada «{filename}» del {report}.",
        "{who} guardó una copia firmada del {report}.",
    ),
    AuditStep.ATTEMPT_REFUSED: Told(
        "Intento no permitido",
        REPORTS,
        "{who} intentó modificar o borrar el {known_report}, y no se permitió.",
        "Se intentó cambiar en la base de datos lo que Folio guarda para siempre, y no se permitió.",
    ),
    AuditStep.LAYOUT_REMEMBERED: Told(
        "Columnas recordadas", REPORTS, "{who} indicó qué contienen las columnas de un libro, y Folio lo recuerda."
    ),
    AuditStep.OFFICE_CHANGED: Told(
        "Ajustes cambiados", OFFICE, "{who} cambió los ajustes de la oficina: son los ajustes número {number}."
    ),
    AuditStep.OFFICE_OPENED: Told(
        "Oficina creada", OFFICE, "{who} creó la oficina «{name}».", "{who} creó una oficina de planeación."
    ),
    AuditStep.OFFICE_RENAMED: Told(
        "Oficina renombrada",
        OFFICE,
        "{who} cambió el nombre de la oficina «{was_named}»: ahora es «{is_named}».",
        "{who} cambió el nombre de una oficina.",
    ),
    AuditStep.ACCOUNT_OPENED: Told(
        "Cuenta creada", PEOPLE, "{who} creó {own_account}, con el rol «{role}».", "{who} creó una cuenta."
    ),
    AuditStep.ACCOUNT_CHANGED: Told(
        "Cuenta cambiada", PEOPLE, "{who} cambió {own_account}: {changed}.", "{who} cambió una cuenta."
    ),
    AuditStep.IDENTITY_TIED: Told(
        "Identidad vinculada",
        PEOPLE,
        "{who} vinculó {own_account} con una identidad en el proveedor de la entidad.",
        "{who} vinculó una cuenta con una identidad del proveedor de la entidad.",
    ),
    AuditStep.PASSWORD_CHOSEN: Told(
        "Contraseña elegida",
        PEOPLE,
        "{who} eligió otra contraseña para {own_account}.",
        "{who} eligió otra contraseña.",
    ),
    AuditStep.LINK_MADE: Told(
        "Enlace de un solo uso",
        PEOPLE,
        "{who} hizo un enlace de un solo uso para {own_account}.",
        "{who} hizo un enlace de un solo uso para crear una cuenta.",
    ),
    AuditStep.SIGNED_IN: Told("Entrada", PEOPLE, "{who} entró a Folio desde {address}.", "{who} entró a Folio."),
    AuditStep.SIGN_IN_REFUSED: Told(
        "Entrada no permitida",
        PEOPLE,
        "No se dejó entrar a quien dijo ser «{login}», desde {address}.",
        "No se dejó entrar a «{account}», que tiene la cuenta cerrada.",
    ),
    AuditStep.SESSION_ENDED: Told(
        "Sesión cerrada", PEOPLE, "{who} cerró {sessions} de {own_account}.", "{who} cerró una sesión."
    ),
    AuditStep.TOKEN_MADE: Told(
        "Llave creada", PEOPLE, "{who} creó la llave «{name}», con el rol «{role}».", "{who} creó una llave de acceso."
    ),
    AuditStep.TOKEN_ENDED: Told(
        "Llave anulada", PEOPLE, "{who} anuló la llave «{name}».", "{who} anuló una llave de acceso."
    ),
}

_UNKNOWN: Final = Told("Otro paso", OFFICE, "{who} hizo algo que este Folio no sabe contar.")

_CHANGED: Final = {"name": "el nombre", "role": "el rol", "office": "la oficina", "login": "el usuario"}


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence; `report` is the id of the report that it names."""

    text: str
    report: str | None = None


def told(entry: AuditEntry) -> tuple[Part, ...]:
    """The sentence, in parts: those that name a report can lead to it."""
    how = STEPS.get(entry.what, _UNKNOWN)
    for sentence in (how.sentence, how.otherwise):
        parts = _filled(sentence, entry) if sentence else None
        if parts:
            return parts
    return _filled(_UNKNOWN.sentence, entry) or ()


def sentence_of(entry: AuditEntry) -> str:
    """The sentence as one text."""
    return "".join(part.text for part in told(entry))


def step_name(what: str) -> str:
    """The step's name in a list."""
    return STEPS.get(what, _UNKNOWN).name


def steps_of(group: str) -> tuple[str, ...]:
    """The steps of a group."""
    return tuple(step for step, how in STEPS.items() if how.group == group)


def steps_saying(word: str) -> tuple[str, ...]:
    """The steps whose sentence, or whose name, has the word in it; capitals and accents do not matter."""
    wanted = _bare(word)
    return tuple(step for step, words in _WORDS.items() if wanted in words)


def report_named(report: AuditedReport) -> str:
    """A report where a sentence has said its article."""
    edition = f", edición {report.edition}" if report.edition else ""
    return f"informe del {report.quarter.roman} trimestre de {report.quarter.year} (versión {report.version}{edition})"


def who_told(by: str) -> str:
    """Who did something, at the beginning of a sentence."""
    if by.startswith(SOMEBODY):
        return f"Alguien{by.removeprefix(SOMEBODY).replace('(', '(desde ')}"
    if by.startswith("archivo "):
        return f"El {by}"
    name = {"migración": "Folio, al actualizarse,"}.get(by, by) or "Alguien"
    return f"{name[0].upper()}{name[1:]}"


def exact_instant(moment: dt.datetime) -> str:
    """An instant in Bogotá's time to the second: "22/11/2026, 11:05:30"."""
    return f"{printed_instant(moment)}{moment.astimezone(BOGOTA)::%S}"


def printed_count(number: int) -> str:
    """A count as Colombia writes it: "1.234"."""
    return f"{number:,}".replace(",", ".")


def counted(number: int, singular: str, plural: str) -> str:
    """A count with its noun: "1 entrada", "1.234 entradas"."""
    return f"{printed_count(number)} {singular if number == 1 else plural}"


def _filled(sentence: str, entry: AuditEntry) -> tuple[Part, ...] | None:
    """The sentence with what its fields name; None where the entry does not have all of it."""
    parts = []
    end = 0
    for found in _FIELD.finditer(sentence):
        part = _field(found[1], entry)
        if part is None:
            return None
        parts += [Part(sentence[end : found.start()]), part]
        end = found.end()
    return tuple(part for part in (*parts, Part(sentence[end:])) if part.text)


def _field(name: str, entry: AuditEntry) -> Part | None:
    match name:
        case "report":
            return _report(entry.report) or Part(f"informe «{legible(entry.subject[:8])}…»")
        case "known_report":
            return _field("report", entry) if entry.subject else None
        case "other":
            return _report(entry.other)
        case _:
            text = _TEXTS[name](entry) if name in _TEXTS else _text(entry.details.get(name))
            return None if text is None else Part(legible(text))


def _report(report: AuditedReport | None) -> Part | None:
    return Part(report_named(report), report.id) if report else None


def _own_account(entry: AuditEntry) -> str | None:
    name = entry.account or _text(entry.details.get("name"))
    if name is None:
        return None
    return "su cuenta" if name == entry.by else f"la cuenta de «{name}»"


def _documents(entry: AuditEntry) -> str | None:
    kinds = list(dict.fromkeys(filter(None, map(kind_in, _texts(entry.details.get("jobs"))))))
    return documents_named(kinds) if kinds else None


def _document(entry: AuditEntry) -> str | None:
    kind = kind_in(entry.subject)
    return documents_named([kind]) if kind else None


def _put_right(entry: AuditEntry) -> str | None:
    """What a person said in Folio of the workbook of a draft; None: nothing, it was read as it came."""
    counts = [
        counted(len(said), one, several)
        for key, one, several in (
            ("corrections", "celda corregida en Folio", "celdas corregidas en Folio"),
            ("accepted", "hallazgo aceptado", "hallazgos aceptados"),
        )
        if isinstance(said := entry.details.get(key), list) and said
    ]
    return joined(counts) if counts else None


def _sessions(entry: AuditEntry) -> str:
    ended = entry.details.get("sessions_ended")
    return f"{ended} sesiones" if isinstance(ended, int) and ended > 1 else "una sesión"


def _changed(entry: AuditEntry) -> str | None:
    changed = entry.details.get("changed")
    if not isinstance(changed, dict):
        return None
    told = []
    for key, pair in changed.items():
        if not isinstance(pair, list) or len(pair) != len(_PAIR):
            return None
        if key == "is_open":
            told.append("quedó abierta" if pair[1] else "quedó cerrada")
        else:
            was, now = (shown(key, value) for value in pair)
            told.append(f"{_CHANGED.get(key, key)} pasó de «{was}» a «{now}»")
    return joined(told) if told else None


def _numbered(entry: AuditEntry) -> str | None:
    """The quarter and version of a report that is no longer there to be asked."""
    said = entry.details
    quarter, year, version = said.get("quarter"), said.get("year"), _text(said.get("version"))
    if not isinstance(quarter, int) or quarter not in ROMAN or not isinstance(year, int) or version is None:
        return None
    return f"{ROMAN[quarter]} trimestre de {year} (versión {version})"


def _was_named(entry: AuditEntry) -> str | None:
    return _of_pair(entry.details.get("name"), 0)


def _is_named(entry: AuditEntry) -> str | None:
    return _of_pair(entry.details.get("name"), 1)


_TEXTS: Final[Mapping[str, Callable[[AuditEntry], str | None]]] = {
    "put_right": _put_right,
    "numbered": _numbered,
    "who": lambda entry: who_told(entry.by),
    "account": lambda entry: entry.account,
    "own_account": _own_account,
    "number": lambda entry: entry.subject,
    "again": lambda entry: "otra vez " if entry.details.get("again") else "",
    "documents": _documents,
    "document": _document,
    "sessions": _sessions,
    "changed": _changed,
    "was_named": _was_named,
    "is_named": _is_named,
}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _of_pair(value: object, place: int) -> str | None:
    texts = _texts(value)
    return texts[place] if len(texts) == len(_PAIR) else None


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in apart if unicodedata.category(letter) != _ACCENT)


# What of each step's words a search may look for; a line apart, so that none is found across two of them.
_WORDS: Final = {
    step: _bare("\n".join((how.name, *(_FIELD.sub("\n", text) for text in (how.sentence, how.otherwise)))))
    for step, how in STEPS.items()
}
