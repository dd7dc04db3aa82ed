"""Values in, the Spanish that a planner reads out: states, counts, sizes and instants.

The API, the pages and the problems take their sentences from here, so that all say the same thing the same way.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from service.domain.changes import ActionChangeKind, Changes, describe
from service.domain.findings import Finding, Severity
from service.domain.frame import Approval
from service.domain.people import PlanningOffice, Role
from service.domain.progress import Progress, Stage
from service.domain.reports import PAPERS, DocumentKind, JobState, ReportStatus
from service.domain.succession import Step
from service.domain.values import BOGOTA, printed_date
from service.sheets.columns import COLUMNS
from service.store import SOMEBODY, StoredDocument, StoredReport

KIND_NAMES: Final = {
    DocumentKind.WORD: "Word",
    DocumentKind.EXCEL: "Excel",
    DocumentKind.PDF: "PDF",
    DocumentKind.FINDINGS: "Su libro marcado",
    DocumentKind.CHANGES: "Cambios",
    DocumentKind.REDLINE: "Word con cambios",
    DocumentKind.NEXT_QUARTER: "Siguiente trimestre",
    DocumentKind.YEAR_WORD: "Año en Word",
    DocumentKind.YEAR_EXCEL: "Año en Excel",
    DocumentKind.PACKAGE: "Publicación",
}

DOWNLOADS: Final = {
    DocumentKind.WORD: "Descargar Word",
    DocumentKind.EXCEL: "Descargar Excel",
    DocumentKind.PDF: "Descargar PDF",
    DocumentKind.FINDINGS: "Descargar su libro marcado",
    DocumentKind.CHANGES: "Descargar lo que cambió",
    DocumentKind.REDLINE: "Descargar Word con control de cambios",
    DocumentKind.NEXT_QUARTER: "Descargar su libro para el siguiente trimestre",
    DocumentKind.YEAR_WORD: "Descargar el año en Word",
    DocumentKind.YEAR_EXCEL: "Descargar el año en Excel",
    DocumentKind.PACKAGE: "Descargar todo para publicar",
}

_DOCUMENTS: Final = {
    DocumentKind.WORD: "el documento de Word",
    DocumentKind.EXCEL: "el documento de Excel",
    DocumentKind.PDF: "el PDF",
    DocumentKind.FINDINGS: "el libro con los hallazgos marcados",
    DocumentKind.CHANGES: "el documento de los cambios",
    DocumentKind.REDLINE: "el Word con control de cambios",
    DocumentKind.NEXT_QUARTER: "el libro para el siguiente trimestre",
    DocumentKind.YEAR_WORD: "el documento del año",
    DocumentKind.YEAR_EXCEL: "el libro del año",
    DocumentKind.PACKAGE: "el paquete para publicar",
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

ROLES_TOLD: Final = {
    Role.READS: "Lectura: ver y descargar",
    Role.PREPARES: "Elabora: también sube y corrige",
    Role.APPROVES: "Aprueba: también emite",
    Role.ADMINISTERS: "Administra: todo, con personas y ajustes",
}

_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip

VERDICTS: Final = {
    "as_issued": "Es el documento que se emitió",
    "signed": "Firmado, y es el documento que se emitió",
    "resaved": "El mismo texto, en otro archivo",
    "altered": "Está alterado",
    "not_ours": "No se reconoce",
    "scanned": "Escaneo sin comprobar",
}

_FIELDS: Final = {column.field: column.header for column in COLUMNS}

DOCUMENT_STATES: Final = {
    JobState.QUEUED: "En espera",
    JobState.RUNNING: "Escribiéndose",
    JobState.DONE: "Listo",
    JobState.FAILED: "No se pudo escribir",
    JobState.QUARANTINED: "Apartado para revisión",
}

_SEVERITIES: Final = {
    Severity.ERROR: ("error", "errores"),
    Severity.WARNING: ("advertencia", "advertencias"),
    Severity.SUGGESTION: ("sugerencia", "sugerencias"),
}


_LONGEST_NAMED: Final = 60


def counted(number: int, singular: str, plural: str) -> str:
    """A number with its noun: "1 hallazgo", "1.000 hallazgos"."""
    return f"{thousands(number)} {singular if number == 1 else plural}"


def thousands(number: int) -> str:
    """A count as Colombia writes it: "10.000"."""
    return f"{number:,}".replace(",", ".")


def joined(words: Sequence[str], conjunction: str = "y") -> str:
    """A list as a sentence has it: "Word, Excel y PDF"."""
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def severity_name(severity: Severity) -> str:
    """The severity as a table cell shows it."""
    return _SEVERITIES[severity][0].capitalize()


def severity_count(name: str, number: int) -> str:
    """How many findings of a weight, by its name: "2 errores"; of another name they are those that were accepted."""
    words = _SEVERITIES[Severity(name)] if name in set(Severity) else ("hallazgo aceptado", "hallazgos aceptados")
    return counted(number, *words)


def findings_summary(findings: Sequence[Finding]) -> str:
    """How many findings of each weight: "2 errores y 1 advertencia"; empty when there are none.

    Those that a person accepted are counted apart.
    """
    standing = Counter(finding.severity if finding.accepted is None else None for finding in findings)
    words = [counted(standing[severity], *_SEVERITIES[severity]) for severity in Severity if standing[severity]]
    if standing[None]:
        words.append(counted(standing[None], "hallazgo aceptado", "hallazgos aceptados"))
    return joined(words or [""])


def fix_name(finding: Finding) -> str:
    """What a screen reader calls the button that puts a proposal into its cell: "Aplicar «4» en la celda F7"."""
    proposal = finding.proposal or ""
    said = proposal if len(proposal) <= _LONGEST_NAMED else f"{proposal[: _LONGEST_NAMED - 1]}…"
    return f"Aplicar «{said}» en la celda {finding.place.cell if finding.place else ''}"


def to_apply(findings: Sequence[Finding], left_out: Collection[int] = ()) -> int:
    """How many proposals can be put into their cells at once: those of findings that nobody let stand.

    `left_out` are the numbers of those that are applied one by one only.
    """
    return sum(
        finding.can_be_applied and finding.accepted is None and number not in left_out
        for number, finding in enumerate(findings)
    )


def progress(report: StoredReport) -> int:
    """The share of the report's documents with which nothing more will happen, 0 to 100."""
    finished = sum(document.state.is_final for document in report.documents)
    return 100 * finished // len(report.documents)


def upload_state(how_far: Progress) -> str:
    """What is being done with an upload, and how much of it is behind."""
    actions = counted(how_far.actions, "acción", "acciones")
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


def report_choice(report: StoredReport) -> str:
    """The report in a list to choose from: of drafts there may be many, told apart by when they came and from whom."""
    named = f"{report.year}: {report_short(report)}"
    if report.edition is not None:
        return named
    return f"{named} del {printed_instant(report.created_at)}, {by(report.uploaded_by)}"


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
        is_edition = successor.version == report.version
        later = f"edición {successor.edition}" if is_edition else f"versión {successor.version}"
        return f"{told}; la reemplazó la {later}"
    if report.edition > 1:
        return f"{told}; reemplaza la edición {report.edition - 1}"
    return f"{told}: {step}" if step else told


def report_standing(report: StoredReport, successor: StoredReport | None) -> str:
    """What the report is worth and what comes next, in a sentence; `successor` is the one that replaced it."""
    if report.issued_at is None:
        if report.has_errors:
            return "Es un borrador con errores: corríjalos, o acéptelos con una razón, y podrá emitirlo."
        return "Es un borrador: revíselo y, cuando esté bien, emítalo para que sea el informe oficial."
    issued = f"{printed_instant(report.issued_at)}, {by(report.issued_by)}"
    if successor is None or successor.issued_at is None:
        return f"Es el informe oficial de este trimestre, emitido el {issued}."
    replaced = f"el {printed_day(successor.issued_at)} lo reemplazó el informe de la {report_short(successor)}"
    return f"Se emitió el {issued}; {replaced}."


def by(who: str) -> str:
    """Who did something, where a sentence goes on: "por Planeación", or "sin decir quién (desde 192.0.2.7)"."""
    if not who.startswith(SOMEBODY):
        return f"por {who}"
    return f"sin decir quién{who.removeprefix(SOMEBODY).replace('(', '(desde ')}"


def other_settings(report: StoredReport) -> str:
    """What to do when the office's settings are not those that the report was issued with, or uploaded with."""
    if report.issued_at is None:
        told = "al emitirlo valen los de hoy; para ver antes un borrador con ellos, haga otro."
    else:
        told = "para emitirlo con los de hoy, súbalo de nuevo como corrección."
    return f"Los ajustes de la oficina cambiaron desde entonces: {told}"


def approval_told(approval: Approval) -> str:
    """Who approved, by which act and when, as far as it was said: "Comité…, Acta 5, 10/09/2024"."""
    return ", ".join(filter(None, (approval.instance, approval.act, printed_date(approval.on) if approval.on else "")))


def adoption_told(report: StoredReport) -> str:
    """How a version of the plan came to be, told of the report that brought it."""
    if report.issued_at is None:
        return ""
    told = f"Se emitió por primera vez el {printed_day(report.issued_at)}, {by(report.issued_by)}."
    if approval := approval_told(report.approval):
        return f"Aprobación: {approval}. {told}"
    return f"{told} Sin acto de aprobación: {report.reason}" if report.reason else told


def edition_told(report: StoredReport) -> str:
    """An issued edition where its quarter and number are known: "emitida el 15/10/2024 por …; es la vigente"."""
    issued = f"emitida el {printed_day(report.issued_at)} {by(report.issued_by)}" if report.issued_at else ""
    return f"{issued}; {'ya reemplazada' if report.status is ReportStatus.SUPERSEDED else 'es la vigente'}"


def changes_told(changes: Changes) -> str:
    """What changed between two reports, in a paragraph."""
    return "Los dos informes dicen exactamente lo mismo." if changes.is_empty else describe(changes)


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
        case JobState.DONE if ready < total:
            lacking = joined([_DOCUMENTS[each.kind] for each in report.documents if each.state is not JobState.DONE])
            missing = f"{'falta' if total - ready == 1 else 'faltan'} {lacking}"
            return f"Listo: {counted(ready, 'documento', 'documentos')} para descargar; {missing}."
        case JobState.DONE:
            return f"Listo: {documents} para descargar."
        case JobState.FAILED | JobState.QUARANTINED if ready:
            return f"Incompleto: solo {ready} de {documents} para descargar."
        case JobState.FAILED | JobState.QUARANTINED:
            return f"Sin terminar: no se pudo escribir {'el documento' if total == 1 else 'ningún documento'}."


def documents_named(kinds: Sequence[DocumentKind]) -> str:
    """Documents in a sentence: "el documento de Word y el PDF"."""
    return joined([_DOCUMENTS[kind] for kind in kinds])


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


def document_under_way(document: StoredDocument) -> str:
    """How far a document is that is not there yet; what is held against the report is proved before it is kept."""
    if document.state is JobState.RUNNING and document.kind in PAPERS:
        return "Escribiéndose y comprobándose"
    return DOCUMENT_STATES[document.state]


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


def browser_named(browser: str) -> str:
    """What a browser says of itself, as its person calls it: "Firefox en Windows"."""
    name = next((told for mark, told in _BROWSERS if mark in browser), "Un navegador")
    system = next((told for mark, told in _SYSTEMS if mark in browser), "")
    return f"{name} en {system}" if system else name


def office_choices(offices: Sequence[PlanningOffice]) -> tuple[tuple[str, str], ...]:
    """The offices that an account may belong to, as a list offers them; the first is all of them."""
    return (("todas", "Todas"), *((office.id, office.name) for office in offices))
