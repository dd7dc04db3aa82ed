"""A request on standard input -> documents in a folder: the worker's door for the terminal, without store or queue.

In: `{"report_id", "created_at", "edition", "kinds": [...], "out": DIR, "templates": DIR, "plan": {...}}`, or for the
office's own workbook with its findings marked `{"marked": {"workbook": FILE, "reading": {...}, "out": FILE}}`, and
`"office": {...}` beside these three when its words are not the reference office's.
Out: `{"documents": [{"kind", "filename", "path", "size", "sha256"}], "problems": [{"kind", "code", "detail"}]}`.
Exit 0 when every document was written, 1 otherwise. A file appears whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from service import disk
from service.domain.archive import plan_from_json, reading_from_json
from service.domain.errors import FolioError
from service.domain.office import Office
from service.domain.reading import Unreadable
from service.domain.reports import DocumentKind, Report
from service.sheets.guard import UnreadableWorkbook, open_package
from service.sheets.transcript import as_workbook
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.template_files import TemplateFiles
from worker.render import render


def generate(request: dict[str, Any]) -> dict[str, Any]:
    """Write the documents that were asked for; one that fails does not keep the others from being written."""
    plan = plan_from_json(request["plan"]).complete()
    if plan is None:
        raise ValueError("the plan is not complete")
    report = Report(request["report_id"], plan, request["edition"], dt.datetime.fromisoformat(request["created_at"]))
    templates = TemplateFiles(Path(request["templates"]))
    answer: dict[str, Any] = {"documents": [], "problems": []}
    for kind in map(DocumentKind, request["kinds"]):
        try:
            document = render(report, kind, templates)
            path = Path(request["out"]) / document.filename
            write_whole(path, document.content)
        except FolioError as error:
            answer["problems"].append({"kind": kind, "code": error.code, "detail": error.detail})
        except OSError as error:
            detail = f"No se pudo escribir en «{request['out']}»: {disk.reason(error)}."
            answer["problems"].append({"kind": kind, "code": "DISK", "detail": detail})
        else:
            written = {"kind": kind, "filename": document.filename, "path": str(path)}
            answer["documents"].append({**written, "size": len(document.content), "sha256": document.sha256})
    return answer


def mark(request: dict[str, Any]) -> dict[str, Any]:
    """Write the workbook that was read, with its findings marked in it."""
    reading = reading_from_json(request["reading"])
    out = Path(request["out"])
    office = _office(request.get("office", {}))
    columns, rows = ((), ()) if isinstance(reading, Unreadable) else (reading.mapping, reading.plan.actions)
    places = tuple(action.source for action in rows)
    try:
        workbook = as_workbook(Path(request["workbook"]).read_bytes())
        open_package(workbook)
        content = render_findings_workbook(workbook, reading.findings, office, columns, places)
        write_whole(out, content)
    except FolioError as error:
        return _problem(error.code, error.detail)
    except UnreadableWorkbook as refusal:
        return _problem("UNREADABLE", f"No hay un libro que marcar. {refusal.finding.message}")
    except OSError as error:
        return _problem("DISK", f"No se pudo escribir «{out}»: {disk.reason(error)}.")
    written = {"kind": DocumentKind.FINDINGS, "filename": out.name, "path": str(out), "size": len(content)}
    return {"documents": [{**written, "sha256": hashlib.sha256(content).hexdigest()}], "problems": []}


def _problem(code: str, detail: str) -> dict[str, Any]:
    return {"documents": [], "problems": [{"kind": DocumentKind.FINDINGS, "code": code, "detail": detail}]}


def _office(words: dict[str, Any]) -> Office:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in words.items()}
    return Office(**values)


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the final name, then rename: whoever looks sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".folio-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def main() -> int:
    """Read the request, write the documents, print the answer."""
    request = json.load(sys.stdin)
    answer = mark(request["marked"]) if "marked" in request else generate(request)
    json.dump(answer, sys.stdout, ensure_ascii=False)
    return 1 if answer["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
