"""What must be true of a store whatever broke while it was written: nothing lost, nothing twice, nothing half."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from service.domain.reports import DocumentKind, JobState, RenderedDocument
from service.settings import PROJECT
from service.store import Origin, Store
from worker.documents.template_files import TemplateFiles
from worker.render import render
from worker.uploads import as_corrected_workbook

OFFICIAL: Final = PROJECT / "templates_docx"


@dataclass(frozen=True)
class Held:
    """How many documents were hashed again and written again."""

    documents: int


def assert_whole(store: Store, report_ids: Iterable[str], templates: Path = OFFICIAL) -> Held:
    """Each report is there; each finished document has its bytes, and they are those of an undisturbed writing."""
    of_office, documents = TemplateFiles(templates), 0
    for report_id in report_ids:
        report = store.report(report_id, with_findings=False)
        assert report is not None, f"the report {report_id} is lost"
        for document in report.documents:
            if document.state is not JobState.DONE:
                continue
            found = store.document(report_id, document.kind, document.against)
            origin = store.origin(report_id, document.kind, document.against)
            assert found is not None
            assert origin is not None
            assert found[0].sha256 == hashlib.sha256(found[1]).hexdigest() == origin.sha256
            again = written_again(origin, document.kind, of_office)
            assert again.sha256 == origin.sha256, f"{report_id}: {document.kind} is not what it would be undisturbed"
            documents += 1
    verdict = store.verify_audit()
    assert verdict.is_sound, verdict.broken
    return Held(documents)


def written_again(origin: Origin, kind: DocumentKind, templates: TemplateFiles) -> RenderedDocument:
    """What a worker makes of the same material while nothing disturbs it."""
    source = origin.source
    if source is not None:
        workbook = as_corrected_workbook(source.workbook, source.corrections)
        source = replace(source, workbook=workbook, office=origin.office)
    return render(origin.report, kind, templates, source, origin.others, office=origin.office)
