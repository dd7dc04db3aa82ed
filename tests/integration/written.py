"""An issued report whose official documents the worker's own pipeline wrote, kept as they are or as a test says."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable

from service.store import Store, new_id
from tests.integration.samples import BOTH, NOON, append, issue
from tests.integration.servers import PROJECT
from worker.documents.template_files import TemplateFiles
from worker.render import render


def issued_and_written(store: Store, kept_as: Callable[[bytes], bytes] = bytes) -> str:
    """The id of the report."""
    templates = TemplateFiles(PROJECT / "templates_docx")
    report_id = append(store, kinds=BOTH).report.id
    issue(store, report_id)
    for kind in BOTH:
        claim = store.claim(f"{report_id}.{kind}.final", new_id(), NOON, dt.timedelta(minutes=1))
        assert claim is not None
        rendered = render(claim.report, claim.kind, templates)
        content = kept_as(rendered.content)
        kept = dataclasses.replace(rendered, content=content, sha256=hashlib.sha256(content).hexdigest())
        assert store.finish(claim, kept, NOON)
    return report_id
