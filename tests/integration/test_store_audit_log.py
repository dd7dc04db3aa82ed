"""Entries of the audit log are found by all that is said of them, newest first, on either database."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from service.domain.frame import Approval
from service.domain.values import Quarter, VersionNumber
from service.store import AuditEntry, AuditSearch, SearchedWord, Store
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import make_engine, writing
from tests.integration.samples import NOON, accepted, append, fill, issue, issued
from tests.integration.test_store_audit import altered

DAY = dt.timedelta(days=1)


def told(url: str, *entries: Entry, by: str = "Oficina de Planeación", at: dt.datetime = NOON) -> None:
    """Steps of other parts of Folio, as they tell them."""
    engine = make_engine(url)
    try:
        with writing(engine) as connection:
            tell(connection, at, by, *entries)
    finally:
        engine.dispose()


def numbers(found: tuple[AuditEntry, ...]) -> list[int]:
    return [entry.seq for entry in found]


def saying(*words: str) -> AuditSearch:
    return AuditSearch(words=tuple(map(SearchedWord, words)))


def test_every_entry_comes_newest_first_with_what_the_log_holds(store: Store, database_url: str) -> None:
    fill(store)

    found = store.audit_entries()

    engine = make_engine(database_url)
    with engine.connect() as connection:
        rows = connection.execute(sa.text('SELECT seq, "by", what, subject, previous_hash, hash FROM audit')).all()
    engine.dispose()
    assert [(each.seq, each.by, each.what, each.subject, each.previous_hash, each.hash) for each in found] == sorted(
        map(tuple, rows), reverse=True
    )
    assert {each.at for each in found} == {NOON}
    assert found[-1].details["upload_sha256"]


def test_pages_follow_one_another_while_new_entries_come(store: Store, database_url: str) -> None:
    told(database_url, *(Entry(AuditStep.ATTEMPT_REFUSED, str(number), {}) for number in range(5)))

    first = store.audit_entries(limit=2)
    told(database_url, Entry(AuditStep.ATTEMPT_REFUSED, "6", {}))
    second = store.audit_entries(limit=2, before=first[-1].seq)
    last = store.audit_entries(limit=2, before=second[-1].seq)

    assert [numbers(page) for page in (first, second, last)] == [[5, 4], [3, 2], [1]]
    assert store.audit_entries(before=1) == ()


def test_an_entry_names_the_report_that_it_is_about_and_the_other(store: Store) -> None:
    first = issued(store, quarter=2)
    draft = append(store, content=b"corrected", reading=accepted(quarter=2)).report
    issue(store, draft.id, previous=first.id)
    store.remember_mapping("a" * 64, (("Dependencia", "lead"),), NOON)

    layout, superseded, second, uploaded, *_ = store.audit_entries()

    assert (layout.report, layout.other) == (None, None)
    assert superseded.report is not None
    assert superseded.other is not None
    assert (superseded.report.id, superseded.other.id) == (first.id, draft.id)
    assert (second.report, second.other) == (superseded.other, superseded.report)
    assert (superseded.other.quarter, superseded.other.version, superseded.other.edition) == (
        Quarter(2024, 2), VersionNumber(2, 0), 2,
    )  # fmt: skip
    assert uploaded.report == superseded.other


def test_words_are_found_without_regard_to_capitals_and_accents(store: Store) -> None:
    report = append(store).report
    store.issue(
        report.id, now=NOON, by="Subdirección de GESTIÓN", reason="Año de transición", approval=Approval("Comité Único")
    )
    append(store, content=b"another")

    for words in (("gestion",), ("GESTIÓN",), ("subdirección", "ano"), ("unico",), ("ÚNICO", "Gestion"), ("año",)):
        assert numbers(store.audit_entries(saying(*words))) == [2], words
    for words in (("gestor",), ("gestión", "anual"), ("gestion subdireccion",)):
        assert store.audit_entries(saying(*words)) == (), words


@pytest.mark.parametrize(
    "word", ["100%", "a_b", "[x]", "c*d", "e?f", "(g)", "h.i", "j\\k", "l/m", "^n", "o|p", "{2}", "q-r", "@"]
)
def test_signs_are_looked_for_as_they_stand(store: Store, database_url: str, word: str) -> None:
    plain = "100x aXb x cXd eXf g hXi jk lm n o p 2 qr"
    told(database_url, Entry(AuditStep.ATTEMPT_REFUSED, "1", {}), by=plain)
    told(database_url, Entry(AuditStep.ATTEMPT_REFUSED, "2", {}), by=f"Oficina «{word}»")

    assert numbers(store.audit_entries(saying(word))) == [2]
    assert numbers(store.audit_entries(AuditSearch(by=word))) == [2]


def test_an_entry_is_found_by_its_number_the_beginning_of_its_hash_or_its_step(store: Store, database_url: str) -> None:
    told(database_url, *(Entry(AuditStep.ATTEMPT_REFUSED, "-", {}) for _ in range(3)), by="Dirección")
    second = store.audit_entries()[1]

    assert numbers(store.audit_entries(saying("2"))) == [2]
    assert numbers(store.audit_entries(saying(second.hash[:12].upper()))) == [2]
    assert numbers(store.audit_entries(saying("9999999999"))) == []
    of_step = AuditSearch(words=(SearchedWord("intento", (AuditStep.ATTEMPT_REFUSED,)), SearchedWord("direccion")))
    assert len(store.audit_entries(of_step)) == 3


def test_entries_are_narrowed_by_who_what_when_and_report(store: Store) -> None:
    first = issued(store, quarter=2, now=NOON)
    second = issue(
        store, append(store, content=b"corrected", reading=accepted(quarter=2), now=NOON + DAY).report.id,
        now=NOON + DAY, previous=first.id,
    ).report  # fmt: skip
    other = append(store, reading=accepted(quarter=3), now=NOON + 2 * DAY).report

    def found(**said: object) -> list[int]:
        return numbers(store.audit_entries(AuditSearch(**said)))  # type: ignore[arg-type]

    assert found(by="oficina de planeacion") == [5, 4, 2]
    assert found(by="nadie") == []
    assert found(steps=(AuditStep.ISSUED,)) == [4, 2]
    assert found(steps=(AuditStep.ISSUED, AuditStep.SUPERSEDED), by="Planeación") == [5, 4, 2]
    assert found(since=NOON + DAY) == [6, 5, 4, 3]
    assert found(since=NOON + DAY, until=NOON + 2 * DAY) == [5, 4, 3]
    assert found(until=NOON) == []
    # What tells of a report and another is found by both.
    assert found(report_id=first.id) == [5, 4, 2, 1]
    assert found(report_id=second.id) == [5, 4, 3]
    assert found(report_id=other.id) == [6]
    assert found(report_id="%") == []
    assert found(year=2024) == [6, 5, 4, 3, 2, 1]
    assert found(year=2024, quarter=3) == [6]
    assert found(quarter=2) == [5, 4, 3, 2, 1]
    assert found(year=2025) == []


def test_what_belongs_to_a_report_is_found_by_the_report(store: Store) -> None:
    fill(store)
    second = next(report for report in store.reports(9) if report.edition == 2)

    found = store.audit_entries(AuditSearch(report_id=second.id))

    assert {each.what for each in found} >= {"document_kept", "signed_copy_kept", "issued", "draft_kept"}
    assert all(second.id in {each.report and each.report.id, each.other and each.other.id} for each in found)


def test_an_office_sees_its_own_entries_alone_however_many_others_there_are(store: Store, database_url: str) -> None:
    ours = Entry(AuditStep.ATTEMPT_REFUSED, "nuestra", {"office": "una_oficina"})
    theirs = [
        Entry(AuditStep.ATTEMPT_REFUSED, "1", {"office": "unaXoficina"}),
        Entry(AuditStep.ATTEMPT_REFUSED, "2", {"of": {"office": "una_oficina"}}),
        Entry(AuditStep.ATTEMPT_REFUSED, "3", {"said": '"office":"una_oficina"'}),
        Entry(AuditStep.ATTEMPT_REFUSED, "4", {}),
    ]
    told(database_url, ours, *(theirs * 200), ours, *theirs)

    search = AuditSearch(office_id="una_oficina")

    assert numbers(store.audit_entries(search)) == [802, 1]
    assert numbers(store.audit_entries(search, limit=1)) == [802]
    assert numbers(store.audit_entries(search, limit=1, before=802)) == [1]
    assert store.audit_entries(AuditSearch(office_id="ninguna")) == ()


def test_what_somebody_altered_is_shown_as_it_stands(store: Store, database_url: str) -> None:
    fill(store)
    altered(database_url, "audit", "UPDATE audit SET details = '[1', what = 'otra cosa' WHERE seq = 3")

    (entry,) = (each for each in store.audit_entries() if each.seq == 3)

    assert (entry.what, entry.details) == ("otra cosa", {})
    assert numbers(store.audit_entries(saying("otra", "cosa"))) == []
    assert 3 not in numbers(store.audit_entries(AuditSearch(office_id="x")))
