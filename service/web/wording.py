"""Values in, the Spanish that a planner reads out: states, counts, sizes and instants.

The API, the pages and the problems take their sentences from here, so that all say the same thing the same way.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final

from service.domain.findings import Finding, Severity
from service.domain.progress import Progress, Stage
from service.domain.reports import DocumentKind, JobState
from service.domain.values import printed_date
from service.sheets.columns import COLUMNS
from service.store import StoredDocument, StoredReport

# Colombia has one time zone and no summer time: a fixed offset needs no time zone database on the machine.
BOGOTA: Final = dt.timezone(dt.timedelta(hours=-5), "America/Bogota")

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


def joined(words: Sequence[str]) -> str:
    """A list as a sentence has it: "Word, Excel y PDF"."""
    *first, last = words
    return f"{', '.join(first)} y {last}" if first else last


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
    edition = f" {report.edition}" if report.edition > 1 else ""
    if report.is_draft:
        edition = f" (borrador{edition})"
    elif edition:
        edition = f" (edición{edition})"
    quarter = f"seguimiento del {report.quarter.roman} trimestre"
    return f"Plan de acción {report.year}, versión {report.version}, {quarter}{edition}"


def report_state(report: StoredReport) -> str:
    """Where the report stands, in one sentence."""
    total = len(report.documents)
    ready = sum(document.state is JobState.DONE for document in report.documents)
    documents = counted(total, "documento", "documentos")
    match report.state:
        case JobState.DONE if report.is_draft:
            return "Borrador: su libro está listo para descargar, con los hallazgos marcados."
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


def printed_size(size: int) -> str:
    """Bytes as a person reads them: "37 KB", "1,4 MB"."""
    if size < _MEGABYTE:
        return f"{max(1, round(size / 1000))} KB"
    return f"{size / _MEGABYTE:.1f} MB".replace(".", ",")
