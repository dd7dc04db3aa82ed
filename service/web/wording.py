"""Values in, the Spanish that a planner reads out: states, counts, sizes and instants.

The API, the pages and the problems take their sentences from here, so that all say the same thing the same way.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final

from service.domain.changes import ActionChangeKind, Approver, Changes, describe
from service.domain.findings import Finding, Severity
from service.domain.progress import Progress, Stage
from service.domain.reports import Approval, DocumentKind, JobState, ReportStatus
from service.domain.succession import Step
from service.domain.values import BOGOTA, printed_date
from service.sheets.columns import COLUMNS
from service.store import StoredDocument, StoredReport

KIND_NAMES: Final = {
    DocumentKind.WORD: "Word",
    DocumentKind.EXCEL: "Excel",
    DocumentKind.FINDINGS: "Su libro",
    DocumentKind.CHANGES: "Cambios",
    DocumentKind.REDLINE: "Word con cambios",
    DocumentKind.NEXT_QUARTER: "Siguiente trimestre",
    DocumentKind.YEAR_WORD: "Año en Word",
    DocumentKind.YEAR_EXCEL: "Año en Excel",
}

DOWNLOADS: Final = {
    DocumentKind.WORD: "Descargar Word",
    DocumentKind.EXCEL: "Descargar Excel",
    DocumentKind.FINDINGS: "Descargar su libro con los hallazgos marcados",
    DocumentKind.CHANGES: "Descargar lo que cambió",
    DocumentKind.REDLINE: "Descargar Word con control de cambios",
    DocumentKind.NEXT_QUARTER: "Descargar su libro para el siguiente trimestre",
    DocumentKind.YEAR_WORD: "Descargar el año en Word",
    DocumentKind.YEAR_EXCEL: "Descargar el año en Excel",
}

_DOCUMENTS: Final = {
    DocumentKind.WORD: "el documento de Word",
    DocumentKind.EXCEL: "el documento de Excel",
    DocumentKind.FINDINGS: "el libro con los hallazgos marcados",
    DocumentKind.CHANGES: "el documento de los cambios",
    DocumentKind.REDLINE: "el Word con control de cambios",
    DocumentKind.NEXT_QUARTER: "el libro para el siguiente trimestre",
    DocumentKind.YEAR_WORD: "el documento del año",
    DocumentKind.YEAR_EXCEL: "el libro del año",
}

STEPS: Final[dict[str, str]] = {
    Step.FIRST: "primer informe del plan",
    Step.SAME: "los mismos datos de otro informe",
    Step.CORRECTION: "corrección de un informe emitido",
    Step.NEXT_QUARTER: "siguiente trimestre de la misma versión",
    Step.NEW_VERSION: "versión nueva del plan",
    Step.NEW_YEAR: "primer informe del año",
    Step.EARLIER: "informe anterior que faltaba",
}

CHANGE_KINDS: Final = {
    ActionChangeKind.ADDED: "Se agregó",
    ActionChangeKind.REMOVED: "Se retiró",
    ActionChangeKind.MOVED: "Cambió de lugar",
    ActionChangeKind.CHANGED: "Cambió",
}

APPROVAL_SHORT: Final = {Approver.COMMITTEE: "la aprueba el Comité", Approver.PLANNING: "la aprueba planeación"}

_HEADER_FIELDS: Final = {
    "year": "Año",
    "quarter": "Trimestre",
    "version": "Versión",
    "title": "Título",
    "objective": "Objetivo",
}

_FIELDS: Final = {column.field: column.header for column in COLUMNS}

DOCUMENT_STATES: Final = {
    JobState.QUEUED: "En espera",
    JobState.RUNNING: "Escribiéndose",
    JobState.DONE: "Listo",
    JobState.FAILED: "No se pudo escribir",
    JobState.QUARANTINED: "Apartado para revisión",
}

_MEGABYTE: Final = 1_000_000

_SEVERITIES: Final = {
    Severity.ERROR: ("error", "errores"),
    Severity.WARNING: ("advertencia", "advertencias"),
    Severity.SUGGESTION: ("sugerencia", "sugerencias"),
}


def counted(number: int, singular: str, plural: str) -> str:
    """A number with its noun: "1 hallazgo", "2 hallazgos"."""
    return f"{number} {singular if number == 1 else plural}"


def joined(words: Sequence[str], conjunction: str = "y") -> str:
    """A list as a sentence has it: "Word, Excel y PDF"."""
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def severity_name(severity: Severity) -> str:
    """The severity as a table cell shows it."""
    return _SEVERITIES[severity][0].capitalize()


def findings_summary(findings: Sequence[Finding]) -> str:
    """How many findings of each weight: "2 errores y 1 advertencia"; empty when there are none.

    Those that a person accepted are counted apart.
    """
    standing = Counter(finding.severity if finding.accepted is None else None for finding in findings)
    words = [counted(standing[severity], *_SEVERITIES[severity]) for severity in Severity if standing[severity]]
    if standing[None]:
        words.append(counted(standing[None], "hallazgo aceptado", "hallazgos aceptados"))
    return joined(words or [""])


def progress(report: StoredReport) -> int:
    """The share of the report's documents with which nothing more will happen, 0 to 100."""
    finished = sum(document.state.is_final for document in report.documents)
    return 100 * finished // len(report.documents)


def upload_state(how_far: Progress) -> str:
    """What is being done with an upload, and how much of it is behind."""
    actions = f"{how_far.actions:,} {'acción' if how_far.actions == 1 else 'acciones'}".replace(",", ".")
    match how_far.stage:
        case Stage.RECEIVING:
            return f"Recibiendo el libro: {how_far.percent} %."
        case Stage.READING:
            return f"Leyendo el libro: {actions} hasta ahora." if how_far.actions else "Leyendo el libro."
        case Stage.CHECKING:
            return f"Revisando {actions}: {how_far.percent} %."
        case Stage.KEEPING:
            return "Guardando lo leído."


def report_name(report: StoredReport) -> str:
    """The report as a heading: "Plan de acción 2024, versión 2.0, seguimiento del III trimestre (edición 2)"."""
    quarter = f"seguimiento del {report.quarter.roman} trimestre"
    remark = " (borrador)" if report.edition is None else f" (edición {report.edition})" if report.edition > 1 else ""
    return f"Plan de acción {report.year}, versión {report.version}, {quarter}{remark}"


def report_short(report: StoredReport) -> str:
    """The report where its year is known: "versión 2.0, III trimestre, edición 2"."""
    remark = "borrador" if report.edition is None else f"edición {report.edition}"
    return f"versión {report.version}, {report.quarter.roman} trimestre, {remark}"


def report_story(report: StoredReport, successor: StoredReport | None = None) -> str:
    """What the report is in the story of its plan: "Edición 2, emitida el 15/10/2024; reemplaza la edición 1".

    `successor` is the one that replaced it, where it is at hand.
    """
    step = STEPS.get(report.step)
    if report.edition is None or report.issued_at is None:
        with_errors = " con errores" if report.has_errors else ""
        return f"Borrador{with_errors}{f': {step}' if step else ''}"
    told = f"Edición {report.edition}, emitida el {printed_day(report.issued_at)}"
    if report.status is ReportStatus.SUPERSEDED:
        if successor is None:
            return f"{told}; ya fue reemplazada"
        by = f"edición {successor.edition}" if successor.version == report.version else f"versión {successor.version}"
        return f"{told}; la reemplazó la {by}"
    if report.edition > 1:
        return f"{told}; reemplaza la edición {report.edition - 1}"
    return f"{told}: {step}" if step else told


def report_standing(report: StoredReport, successor: StoredReport | None) -> str:
    """What the report is worth and what comes next, in a sentence; `successor` is the one that replaced it."""
    if report.issued_at is None:
        if report.has_errors:
            return "Es un borrador con errores: corríjalos, o acéptelos con una razón, y podrá emitirlo."
        return "Es un borrador: revíselo y, cuando esté bien, emítalo para que sea el informe oficial."
    issued = f"{printed_instant(report.issued_at)}, por {report.issued_by}"
    if successor is None or successor.issued_at is None:
        return f"Es el informe oficial de este trimestre, emitido el {issued}."
    replaced = f"el {printed_day(successor.issued_at)} lo reemplazó el informe de la {report_short(successor)}"
    return f"Se emitió el {issued}; {replaced}."


def approval_told(approval: Approval) -> str:
    """Who approved, by which act and when, as far as it was said: "Comité…, Acta 5, 10/09/2024"."""
    return ", ".join(filter(None, (approval.instance, approval.act, printed_date(approval.on) if approval.on else "")))


def adoption_told(report: StoredReport) -> str:
    """How a version of the plan came to be, told of the report that brought it."""
    if report.issued_at is None:
        return ""
    told = f"Se emitió por primera vez el {printed_day(report.issued_at)}, por {report.issued_by}."
    if approval := approval_told(report.approval):
        return f"Aprobación: {approval}. {told}"
    return f"{told} Sin acto de aprobación: {report.reason}" if report.reason else told


def edition_told(report: StoredReport) -> str:
    """An issued edition where its quarter and number are known: "emitida el 15/10/2024 por …; es la vigente"."""
    issued = f"emitida el {printed_day(report.issued_at)} por {report.issued_by}" if report.issued_at else ""
    return f"{issued}; {'ya reemplazada' if report.status is ReportStatus.SUPERSEDED else 'es la vigente'}"


def plan_told(versions: Sequence[object]) -> str:
    """How many versions a plan has had."""
    of_them = "ella" if len(versions) == 1 else "cada una"
    return f"{counted(len(versions), 'versión', 'versiones')}, con los informes que se han emitido de {of_them}."


def changes_told(changes: Changes) -> str:
    """What changed between two reports, in a paragraph."""
    return "Los dos informes dicen exactamente lo mismo." if changes.is_empty else describe(changes)


def changed_field(field: str) -> str:
    """A field of a comparison; a column of the office's own keeps its header."""
    return _FIELDS.get(field) or _HEADER_FIELDS.get(field) or field


def report_state(report: StoredReport) -> str:
    """Where the writing of the report's documents stands, in one sentence."""
    total = len(report.documents)
    ready = sum(document.state is JobState.DONE for document in report.documents)
    documents = counted(total, "documento", "documentos")
    match report.state:
        case JobState.QUEUED:
            return f"En espera: {documents} por escribir."
        case JobState.RUNNING:
            return f"Escribiendo {documents}: {progress(report)} % terminado."
        case JobState.DONE:
            return f"Listo: {documents} para descargar."
        case JobState.FAILED | JobState.QUARANTINED if ready:
            return f"Incompleto: solo {ready} de {documents} para descargar."
        case JobState.FAILED | JobState.QUARANTINED:
            return f"Sin terminar: no se pudo escribir {'el documento' if total == 1 else 'ningún documento'}."


def document_not_ready(document: StoredDocument) -> str:
    """Why a document cannot be handed over yet, or ever."""
    name = _DOCUMENTS[document.kind]
    as_subject = f"{name[0].upper()}{name[1:]}"
    match document.state:
        case JobState.FAILED:
            reason = document.problem or "Vuelva a subir el libro."
            return f"No se pudo escribir {name}. {reason}"
        case JobState.QUARANTINED:
            reason = document.problem or "Avise a quien administra Folio."
            return f"{as_subject} quedó apartado para revisión. {reason}"
        case _:
            return f"{as_subject} todavía se está escribiendo. Inténtelo de nuevo en unos segundos."


def field_name(field: str) -> str:
    """A field of the plan as the official table heads it; what an empty one says of a column."""
    return _FIELDS[field] if field else "Otra columna de la oficina"


def printed_instant(moment: dt.datetime) -> str:
    """An instant in Bogotá's time: "22/11/2026, 11:05"."""
    local = moment.astimezone(BOGOTA)
    return f"{printed_date(local.date())}, {local:%H:%M}"


def printed_day(moment: dt.datetime) -> str:
    """The day of an instant in Bogotá: "22/11/2026"."""
    return printed_date(moment.astimezone(BOGOTA).date())


def printed_size(size: int) -> str:
    """Bytes as a person reads them: "37 KB", "1,4 MB"."""
    if size < _MEGABYTE:
        return f"{max(1, round(size / 1000))} KB"
    return f"{size / _MEGABYTE:.1f} MB".replace(".", ",")
