"""An issued report's documents written again years later: the same bytes, whatever became of the templates."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from service.domain.reports import ChangeLogEntry, DocumentKind
from service.domain.values import VersionNumber
from service.settings import PROJECT
from service.store import Origin, Store, new_id
from tests.integration.samples import NOON, append, issue, issued
from worker.documents.context import context_of
from worker.documents.template_files import TemplateFiles, compile_template
from worker.render import render

LOG = (ChangeLogEntry(VersionNumber(2, 0), dt.date(2024, 5, 2), "Se cambió una meta.", "Comité Institucional"),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The office's templates, to be edited by a test."""
    folder = tmp_path / "templates"
    folder.mkdir()
    for template in (PROJECT / "templates_docx").glob("plan_de_accion.*"):
        shutil.copy(template, folder)
    return folder


def write(store: Store, job_id: str, folder: Path) -> None:
    """What a worker does with a job."""
    claim = store.claim(job_id, new_id(), NOON, dt.timedelta(minutes=1))
    assert claim is not None
    rendered = render(claim.report, claim.kind, TemplateFiles(folder), claim.source, claim.others)
    assert store.finish(claim, rendered, NOON)


def edit(template: Path) -> None:
    """The office opens its template and keeps it, with one word changed."""
    edited = BytesIO()
    with zipfile.ZipFile(template) as old, zipfile.ZipFile(edited, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            new.writestr(member.filename, content.replace(b"RESPONSABLE", b"ENCARGADO"))
    template.write_bytes(edited.getvalue())


def write_again(origin: Origin) -> bytes:
    assert origin.template is not None
    return compile_template(origin.kind, origin.template).fill(context_of(origin.report))


@pytest.mark.parametrize("change_log", [(), LOG], ids=["without its change log", "with its change log"])
def test_word_and_excel_of_an_issued_report_are_the_same_bytes_after_the_templates_were_edited(
    store: Store, folder: Path, change_log: tuple[ChangeLogEntry, ...]
) -> None:
    draft = append(store).report
    store.issue(draft.id, now=NOON, by="Oficina de Planeación", change_log=change_log)
    for kind in (DocumentKind.WORD, DocumentKind.EXCEL):
        write(store, f"{draft.id}.{kind}.final", folder)
    for template in folder.iterdir():
        edit(template)
    issued(store)

    for kind in (DocumentKind.WORD, DocumentKind.EXCEL):
        kept, origin = store.document(draft.id, kind), store.origin(draft.id, kind)
        assert kept is not None
        assert origin is not None
        assert write_again(origin) == kept[1]
        assert origin.sha256 == hashlib.sha256(kept[1]).hexdigest()
        today = render(origin.report, kind, TemplateFiles(folder))
        assert today.template_fingerprint != origin.template_fingerprint
        assert today.content != kept[1], "the edited template shows"


def test_an_edited_template_is_that_of_the_documents_that_came_after(store: Store, folder: Path) -> None:
    first = append(store).report
    write(store, issue(store, first.id).job_ids[0], folder)
    edit(folder / "plan_de_accion.docx")
    second = append(store).report
    write(store, issue(store, second.id).job_ids[0], folder)

    origins = [store.origin(report.id, DocumentKind.WORD) for report in (first, second)]

    fingerprints = {origin.template_fingerprint for origin in origins if origin}
    assert len(fingerprints) == 2
    for report, origin in zip((first, second), origins, strict=True):
        kept = store.document(report.id, DocumentKind.WORD)
        assert kept is not None
        assert origin is not None
        assert write_again(origin) == kept[1]
    assert store.verify_audit().is_sound


def test_what_is_not_written_yet_has_no_origin(store: Store) -> None:
    report = issued(store)
    assert store.origin(report.id, DocumentKind.WORD) is None
    assert store.origin("nothing", DocumentKind.WORD) is None
