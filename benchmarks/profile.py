"""One report, from the bytes of its upload to its kept documents -> a table of where each millisecond goes.

The steps of the front, the reader and the worker one after the other in this process, so that each can be timed by
itself; what HTTP, the queue and the processes take beside them, `benchmarks.service` tells. Wall time, for a commit
waits for the disk.
"""

from __future__ import annotations

import datetime as dt
import functools
import gc
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Final, TypeVar

from benchmarks.service_clients import example_with_mark
from benchmarks.turns import machine, table
from service.domain.archive import reading_from_json, reading_to_json
from service.domain.checks import check_plan
from service.domain.reading import Accepted, Given
from service.domain.reports import DocumentKind, RenderedDocument
from service.settings import PROJECT
from service.sheets.guard import open_package
from service.sheets.intake import read_plan
from service.store import Appended, Store, Upload, migrate, new_id, open_store
from worker.documents.context import context_of
from worker.documents.proof import prove
from worker.documents.template_files import TemplateFiles

RESULTS: Final = PROJECT / "benchmarks" / "results" / "profile.md"
REPORTS: Final = 60
_KINDS: Final = (DocumentKind.WORD, DocumentKind.EXCEL)

Found = TypeVar("Found")


class Clock:
    """Milliseconds of each step, in the order in which they first came."""

    def __init__(self) -> None:
        self.steps: dict[str, list[float]] = defaultdict(list)

    def of(self, step: str, work: Callable[[], Found]) -> Found:
        """What the work gives; its time is of that step."""
        started = time.perf_counter()
        found = work()
        self.steps[step].append((time.perf_counter() - started) * 1000)
        return found


def main() -> int:
    """Print the table and keep it."""
    with tempfile.TemporaryDirectory(prefix="folio-profile-") as folder:
        url = f"sqlite:///{folder}/folio.db"
        migrate(url)
        store = open_store(url)
        templates = TemplateFiles(PROJECT / "templates_docx")
        follow(Clock(), store, templates, "to warm up")
        # As in the processes of Folio: what is loaded by now is not looked through again.
        gc.freeze()
        clock = Clock()
        for number in range(REPORTS):
            follow(clock, store, templates, f"report {number}")
        store.close()
    medians = {step: statistics.median(each) for step, each in clock.steps.items()}
    whole = sum(medians.values())
    rows = [[step, f"{median:.2f}", f"{100 * median / whole:.0f} %"] for step, median in medians.items()]
    lines = [
        "# Where the milliseconds of a report go",
        "",
        f"{machine()}.",
        f"Median wall milliseconds of {REPORTS} reports of the example, each with a text of its own, steps one after",
        "the other in one process; SQLite, every commit synced. Written by `python -m benchmarks.profile`.",
        "",
        *table(["step", "ms", "share"], [*rows, ["together", f"{whole:.1f}", ""]]),
    ]
    print("\n".join(lines))
    RESULTS.write_text("\n".join([*lines, ""]), "utf-8")
    return 0


def follow(clock: Clock, store: Store, templates: TemplateFiles, mark: str) -> None:
    """One report, step by step."""
    content = example_with_mark(mark)
    sha256 = clock.of("hash the upload", lambda: hashlib.sha256(content).hexdigest())
    clock.of("guard the package", lambda: open_package(content))
    found = clock.of("guard, read and check", lambda: read_plan(content, Given()))
    assert isinstance(found, Accepted), found
    clock.of("of that, check", lambda: list(check_plan(found.plan.as_draft(), found.mapping)))
    kept = clock.of("reading to JSON", lambda: json.dumps(reading_to_json(found), ensure_ascii=False).encode())
    clock.of("reading from JSON, in the front", lambda: reading_from_json(json.loads(kept)))
    now = dt.datetime.now(dt.UTC)
    upload = Upload("plan.xlsx", content, sha256, now)
    appended = clock.of(
        "keep it: report, jobs, audit, one commit",
        lambda: store.append_report(upload, found, kept, _KINDS, report_id=new_id(), now=now),
    )
    assert isinstance(appended, Appended)
    claims = clock.of(
        "claim both jobs, and read what they are made of",
        lambda: store.claim_together(appended.job_ids, "profile", now, dt.timedelta(minutes=1)),
    )
    written = []
    for claim in claims:
        template, name = templates.of(claim.kind), claim.kind.value.capitalize()
        fill = functools.partial(template.fill, context_of(claim.report))
        filled = clock.of(f"fill the {name}", fill)
        hold = functools.partial(prove, claim.kind, filled, template.content, claim.report)
        proof = clock.of(f"prove the {name}", hold)
        assert proof.holds
        digest = hashlib.sha256(filled).hexdigest()
        rendered = RenderedDocument(
            kind=claim.kind,
            filename=f"{mark}.{claim.kind.extension}",
            content=filled,
            sha256=digest,
            template_fingerprint=template.fingerprint,
            template=template.content,
            proof=proof,
        )
        written.append((claim, rendered, None))
    kept_claims = clock.of("keep both documents, one commit", lambda: store.finish_together(written, now))
    assert len(kept_claims) == len(written)


if __name__ == "__main__":
    sys.exit(main())
