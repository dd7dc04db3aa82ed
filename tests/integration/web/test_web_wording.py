"""The sentences that planners read: singular and plural, every state, Colombian figures and hours."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from service.domain.findings import FindingCode
from service.domain.reports import JobState, overall_state
from service.domain.values import printed_size
from service.store import Store, StoredReport
from service.web import wording
from tests.integration.samples import append

QUEUED, RUNNING, DONE, FAILED, SET_ASIDE = JobState


def report_in(store: Store, *states: JobState) -> StoredReport:
    report = append(store).report
    documents = tuple(replace(document, state=state) for document, state in zip(report.documents, states, strict=False))
    return replace(report, documents=documents, state=overall_state(states))


@pytest.mark.parametrize(
    ("states", "sentence", "progress"),
    [
        ((QUEUED, QUEUED), "En espera: 2 documentos por escribir.", 0),
        ((QUEUED,), "En espera: 1 documento por escribir.", 0),
        ((RUNNING, QUEUED), "Escribiendo 2 documentos: 0 % terminado.", 0),
        ((DONE, RUNNING), "Escribiendo 2 documentos: 50 % terminado.", 50),
        ((DONE, DONE), "Listo: 2 documentos para descargar.", 100),
        ((DONE,), "Listo: 1 documento para descargar.", 100),
        ((DONE, FAILED), "Incompleto: solo 1 de 2 documentos para descargar.", 100),
        ((FAILED, SET_ASIDE), "Sin terminar: no se pudo escribir ningún documento.", 100),
        ((SET_ASIDE,), "Sin terminar: no se pudo escribir el documento.", 100),
    ],
)
def test_a_report_says_where_it_stands(
    sqlite_store: Store, states: tuple[JobState, ...], sentence: str, progress: int
) -> None:
    report = report_in(sqlite_store, *states)

    assert wording.report_state(report) == sentence
    assert wording.progress(report) == progress


def test_a_document_set_aside_asks_for_a_person(sqlite_store: Store) -> None:
    document = replace(report_in(sqlite_store, SET_ASIDE).documents[0], problem="Interrumpió cinco veces el trabajo.")

    sentence = "El documento de Word quedó apartado para revisión. Interrumpió cinco veces el trabajo."
    assert wording.document_not_ready(document) == sentence


def test_a_later_edition_says_so(sqlite_store: Store) -> None:
    draft = append(sqlite_store).report
    first = replace(draft, edition=1)

    assert wording.report_name(first) == "Plan de acción 2024, versión 2.0, seguimiento del III trimestre"
    assert wording.report_name(draft) == f"{wording.report_name(first)} (borrador)"
    assert wording.report_name(replace(draft, edition=2)) == f"{wording.report_name(first)} (edición 2)"


@pytest.mark.parametrize(
    ("codes", "summary"),
    [
        ([], ""),
        ([FindingCode.FILE_001], "1 error"),
        ([FindingCode.TABLE_005] * 2, "2 advertencias"),
        ([FindingCode.TABLE_005, FindingCode.FILE_001, FindingCode.FILE_001], "2 errores y 1 advertencia"),
    ],
)
def test_findings_are_counted_by_weight(codes: list[FindingCode], summary: str) -> None:
    assert wording.findings_summary([code.at() for code in codes]) == summary


@pytest.mark.parametrize(
    ("size", "printed"),
    [(1, "1 KB"), (21_840, "22 KB"), (999_999, "1000 KB"), (1_000_000, "1,0 MB"), (1_449_000, "1,4 MB")],
)
def test_sizes_are_read_as_in_colombia(size: int, printed: str) -> None:
    assert printed_size(size) == printed


def test_hours_are_those_of_bogota() -> None:
    assert wording.printed_instant(dt.datetime(2024, 3, 1, 3, 5, tzinfo=dt.UTC)) == "29/02/2024, 22:05"
