"""What the store tells of many reports at a glance, on both databases."""

from __future__ import annotations

import datetime as dt

from service.domain.errors import NoPdf, TemplateProblem
from service.domain.reports import DocumentKind
from service.store import Store
from tests.integration.samples import NOON, accepted, append, finish, issue, issued, keep_signed
from tests.web import take

LATER = NOON + dt.timedelta(days=1)


def test_of_an_empty_store_there_is_nothing_to_glance_at(store: Store) -> None:
    assert store.year_in_hand() is None
    assert store.years() == ()
    assert store.glances((2024, 2023)) == ()
    assert store.wants(()).failed == {}


def test_drafts_and_issued_reports_of_the_years_come_newest_first(store: Store) -> None:
    first = issued(store, quarter=2)
    draft = append(store, reading=accepted(quarter=3), content=b"other", now=LATER).report

    found = store.glances((2024, 2023))

    assert [each.id for each in found] == [draft.id, first.id]
    assert (found[0].edition, found[0].issued_at, found[0].issued_by) == (None, None, "")
    assert (found[0].created_at, found[0].upload_sha256) == (LATER, draft.upload_sha256)
    assert (found[1].edition, found[1].issued_at, found[1].issued_by) == (1, NOON, "Oficina de Planeación")
    assert (found[1].quarter, found[1].version) == (first.quarter, first.version)
    assert store.glances((2023,)) == ()
    assert store.years() == (2024,)


def test_the_year_in_hand_is_that_of_what_was_done_last(store: Store) -> None:
    append(store)

    assert store.year_in_hand() == 2024


def test_documents_that_failed_are_wanted_until_they_are_written(store: Store) -> None:
    report = append(store).report
    store.fail(take(store, report.id, DocumentKind.EXCEL), TemplateProblem("Falta un dato."), NOON)

    assert store.wants([report.id]).failed == {report.id: (DocumentKind.EXCEL,)}

    again = store.retry_document(report.id, DocumentKind.EXCEL, None, now=LATER, by="")
    assert again is not None
    assert store.wants([report.id]).failed == {}
    finish(store, again, now=LATER)
    assert store.wants([report.id]).failed == {}


def test_a_draft_that_failed_is_not_wanted_of_the_report_that_it_became(store: Store) -> None:
    report = append(store).report
    store.fail(take(store, report.id, DocumentKind.WORD), TemplateProblem("Falta un dato."), NOON)
    issue(store, report.id)

    assert store.wants([report.id]).failed == {}


def test_what_lacks_libreoffice_is_not_wanted(store: Store) -> None:
    report = issued(store)
    store.fail(take(store, report.id, DocumentKind.PDF), NoPdf("Falta LibreOffice."), NOON)

    assert store.wants([report.id]).failed == {}


def test_reports_with_a_signed_copy_are_told(store: Store) -> None:
    signed, unsigned = issued(store, quarter=1), issued(store, quarter=2)
    keep_signed(store, signed.id)

    assert store.wants([signed.id, unsigned.id]).signed == {signed.id}
