"""A draft, its plan and the office's settings -> the points that must be right before it is signed, ready or not.

What lacks says where it is mended. An approval is said with the issue: whether it was, is for `issuing` to say. A
notice hinders nothing: it is for the person to judge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Final

from service.domain.changes import Approver
from service.domain.findings import Finding, FindingCode, Severity
from service.domain.frame import Approval, Frame
from service.domain.office import OfficeSettings
from service.domain.people import Person
from service.domain.plan import Plan
from service.domain.reports import PAPERS, JobState
from service.domain.rules.wording import filler_in
from service.domain.rules.words import same_words
from service.domain.succession import APPROVERS
from service.domain.values import Quarter, VersionNumber, printed_date
from service.office_said import BY_NAME, Kind, values_of
from service.store import StoredDocument, StoredReport
from service.web.wording import approval_told, counted, document_not_ready, joined

# Beside what is a filler anywhere: words that a person's name or post cannot be.
_NOBODY: Final = frozenset(
    {
        "nombre", "nombres y apellidos", "nombre completo", "nombre y apellido", "cargo", "n n", "nn", "na", "n a",
        "ninguno", "sin definir", "vacante", "por asignar", "por nombrar", "firma",
    }
)  # fmt: skip
_TEMPLATE_MARKS: Final = ("{{", "{%")
_texts_of: Final = attrgetter(
    "number", "action", "lead", "indicator", "unit", "periodicity", "funding_source", "qualitative_progress"
)
_MOST_NAMED: Final = 5


class Mended(StrEnum):
    """Where what lacks is mended."""

    IN_WORKBOOK = "workbook"
    IN_SETTINGS = "settings"
    IN_FORM = "form"
    IN_DOCUMENTS = "documents"
    BY_ANOTHER = "person"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that must be right: its name, how it is in a sentence, and where it is mended; None: it is ready.

    `field` is what a refusal calls it.
    """

    name: str
    told: str
    mended: Mended | None
    field: str
    is_notice: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether nothing lacks."""
        return self.mended is None

    @property
    def hinders(self) -> bool:
        """Whether something lacks that cannot be said with the issue."""
        return self.mended not in {None, Mended.IN_FORM}


_BY_PLANNING: Final = "Sus cambios los aprueba la oficina de planeación: no hace falta acta."
_CONTRADICTED: Final = Point(
    "Lo que ya se emitió",
    "Desde que se subió el libro se emitió otro informe que lo contradice: revíselo de nuevo.",
    Mended.IN_WORKBOOK,
    "findings",
)


LOCAL_ADDRESS: Final = Point(
    "Dirección de verificación",
    "La dirección de verificación que se imprimirá es la de este equipo (localhost): desde otro no sirve. Pida a "
    "quien instaló Folio que diga la dirección pública; lo que ya se emitió conserva la suya.",
    None,
    "address",
    is_notice=True,
)


def points_of(
    quarter: Quarter,
    plan: Plan | None,
    findings: tuple[Finding, ...],
    contradictions: tuple[Finding, ...],
    *,
    settings: OfficeSettings,
    today: dt.date,
) -> tuple[Point, ...]:
    """What is looked at in the workbook, in the settings and in the calendar.

    Args:
        quarter: what the report tells of.
        plan: the draft's; None: it cannot be read.
        findings: those that nobody accepted.
        contradictions: what the reports that were issued since say against it.
        settings: what would be printed around the report if it were issued now.
        today: the day of the issue, in Bogotá.
    """
    return (
        _errors(sum(finding.severity is Severity.ERROR for finding in findings)),
        *([_CONTRADICTED] if contradictions else []),
        _texts(plan, findings),
        _signers(settings.frame),
        _settings(settings, today),
        _date(quarter, today),
    )


def approval_point(approver: Approver | None, version: VersionNumber, standing: Approval) -> Point:
    """Who approves: the committee with the issue, or nobody; `standing` is what the settings say."""
    if approver is Approver.COMMITTEE:
        whose = APPROVERS[approver]
        told = f"La versión {version} la aprueba {whose}: diga abajo con qué acto, o por qué se emite sin él."
        return Point("Aprobación", told, Mended.IN_FORM, "approval.act")
    if approver and is_of_one_version(standing):
        return Point("Aprobación", of_another_version(standing, version), Mended.IN_FORM, "approval.act")
    told = "No hay cambios que alguien deba aprobar."
    if approver:
        told = _BY_PLANNING
    elif standing != Approval():
        told = f"La de los ajustes: {approval_told(standing)}."
    return Point("Aprobación", told, None, "approval.act")


def unversioned_point(approver: Approver, version: VersionNumber, *, is_accepted: bool) -> Point:
    """What was approved is changed under the same version; `is_accepted`: a person gave a reason for all of it."""
    if approver is not Approver.COMMITTEE:
        return Point("Aprobación", _BY_PLANNING, None, "approval.act")
    how = "se aceptó con una razón" if is_accepted else "corríjalo o acéptelo con una razón"
    told = f"Cambia lo que se aprobó en la versión {version} sin traer una versión nueva: {how}."
    return Point("Aprobación", told, None, "approval.act", is_notice=True)


def documents_point(documents: Iterable[StoredDocument]) -> Point:
    """Whether a document of the draft could not be written; what is not there yet is proved when it is official."""
    failed = [
        each
        for each in documents
        if each.kind in PAPERS and each.state.is_final and each.state is not JobState.DONE and not each.may_lack
    ]
    if failed:
        told = " ".join(map(document_not_ready, failed))
        return Point("Documentos", told, Mended.IN_DOCUMENTS, "documents")
    told = "Ninguno del borrador ha fallado; los oficiales se comprueban, celda por celda, antes de entregarlos."
    return Point("Documentos", told, None, "documents")


def another_point(report: StoredReport, who: Person | None) -> Point:
    """Whether somebody else than the one who uploaded the workbook is to issue it, as the settings ask for."""
    if who is not None and _is_uploader(who, report):
        told = "Los ajustes piden que lo emita otra persona: usted subió o corrigió este libro."
        return Point("Quién lo emite", told, Mended.BY_ANOTHER, "person")
    return Point("Quién lo emite", f"No es quien subió o corrigió el libro: {report.uploaded_by}.", None, "person")


def _is_uploader(who: Person, report: StoredReport) -> bool:
    if report.uploader_id:
        return who.account_id == report.uploader_id
    if who.is_program:
        # A token that was made in the terminal is of no account. Nobody else is called so, whoever it says it asks for.
        return report.uploaded_by.removesuffix(")").endswith(f"«{who.name}»")
    return who.name == report.uploaded_by


def is_of_one_version(standing: Approval) -> bool:
    """Whether the settings name an act: printed of a new version it would be an approval that nobody gave."""
    return bool(standing.act or standing.on)


def of_another_version(standing: Approval, version: VersionNumber) -> str:
    """What to do about an approval in the settings when a version comes with changes that somebody must approve."""
    told = f"Los ajustes de la oficina traen una aprobación ({approval_told(standing)})"
    return f"{told}: diga abajo cuál es la de la versión {version}, o bórrela de los ajustes."


def _errors(number: int) -> Point:
    if not number:
        return Point("Errores del libro", "No queda ninguno.", None, "findings")
    told = f"El libro tiene {counted(number, 'error', 'errores')} por corregir, o por aceptar con una razón."
    return Point("Errores del libro", told, Mended.IN_WORKBOOK, "findings")


def _texts(plan: Plan | None, findings: tuple[Finding, ...]) -> Point:
    fillers = [finding.place.cell for finding in findings if finding.code is FindingCode.TEXT_020 and finding.place]
    marks = list(dict.fromkeys(_marked(plan))) if plan else []
    told = []
    if fillers:
        told.append(f"Hay textos de relleno en {_named(fillers)}: escriba los definitivos, o acéptelos con una razón.")
    if marks:
        told.append(f"Quedaron marcas de plantilla («{{{{» o «{{%») en {_named(marks)}: quítelas en el libro.")
    mended = Mended.IN_WORKBOOK if told else None
    return Point("Textos", " ".join(told) or "No quedan textos de relleno.", mended, "texts")


def _marked(plan: Plan) -> Iterator[str]:
    """What of the plan still holds a mark of a template, as a person calls it."""
    for name, text in (("el título", plan.title), ("el objetivo", plan.objective)):
        if _has_mark(text):
            yield name
    for action in plan.actions:
        texts = "\n".join([text for text in (*_texts_of(action), *(text for _, text in action.extras)) if text])
        if "{" in texts and _has_mark(texts):
            yield f"la fila {action.source.row}"


def _signers(frame: Frame) -> Point:
    wrong = [
        f"en «{signer.role.label}» {f'dice «{text}»' if text else f'no dice el {what}'}"
        for signer in frame.signers
        for what, text in (("nombre", signer.name), ("cargo", signer.position))
        if _is_nobody(text)
    ]
    if wrong:
        told = f"Falta saber quién firma: {joined(wrong)}."
        return Point("Firmantes", told, Mended.IN_SETTINGS, "signers")
    number = len(frame.signers)
    if not number:
        told = "Nadie firma: sale sin bloque de firmas. Quién firma se dice en Oficina."
        return Point("Firmantes", told, None, "signers", is_notice=True)
    told = f"{counted(number, 'persona firma', 'personas firman')} el informe, con su nombre y su cargo."
    return Point("Firmantes", told, None, "signers")


def _settings(settings: OfficeSettings, today: dt.date) -> Point:
    """The other texts that are printed around the table."""
    values = values_of(settings)
    printed = [name for name in values if name == "entity" or name.startswith(("approval.", "format_box."))]
    wrong = [
        f"«{BY_NAME[name].label}» dice «{values[name]}»"
        for name in printed
        if BY_NAME[name].kind is Kind.TEXT and values[name] and _is_filler(values[name])
    ]
    approved = settings.frame.approval.on
    if approved and approved > today:
        wrong.append(f"«{BY_NAME['approval.date'].label}» es {printed_date(approved)}, que no ha llegado")
    if wrong:
        told = f"Por corregir en los ajustes: {joined(wrong)}."
        return Point("Ajustes de la oficina", told, Mended.IN_SETTINGS, "office")
    return Point("Ajustes de la oficina", "Sin textos de relleno.", None, "office")


def _date(quarter: Quarter, today: dt.date) -> Point:
    cut = printed_date(quarter.ends_on)
    if today < quarter.ends_on:
        told = f"El {quarter.roman} trimestre de {quarter.year} termina el {cut}: su informe se emite desde ese día."
        return Point("Fecha", told, Mended.LATER, "date")
    return Point("Fecha", f"La de hoy, {printed_date(today)}; la fecha de corte es el {cut}.", None, "date")


def _is_nobody(text: str) -> bool:
    return not text or same_words(text) in _NOBODY or _is_filler(text)


def _is_filler(text: str) -> bool:
    return filler_in(text) is not None or _has_mark(text)


def _has_mark(text: str) -> bool:
    return any(mark in text for mark in _TEMPLATE_MARKS)


def _named(places: list[str]) -> str:
    """The first few of many places, and how many there are besides."""
    left = len(places) - _MOST_NAMED
    return joined([*places[:_MOST_NAMED], f"{left} más"] if left > 0 else places)
