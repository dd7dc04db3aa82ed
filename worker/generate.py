"""An order on standard input -> documents in a folder: the worker's door for the terminal, without store or queue.

In, one of three:

- `{"report": {...}, "others": [...], "documents": [{"kind", "folder" or "file"}, ...], "templates": DIR}`, with
  `"source": {"workbook": FILE, "reading": {...}}` where a document is made of the upload: writes documents of a report;
- `{"marked": {"workbook": FILE, "reading": {...}, "out": FILE}}`: the office's own workbook with its findings marked;
- `{"again": {"templates": {FINGERPRINT: BASE64}, "documents": [{"report", "kind", "template"}, ...]}}`: writes kept
  documents again, each from the very template that it came from, and says only their hashes: of the bytes, and of what
  the members of the file say, which do not depend on what deflates them.

`"office": {...}` stands beside these when its words are not the reference office's.
Out: `{"documents": [{"kind", "filename", "path", "size", "sha256"}], "problems": [{"kind", "code", "detail"}]}`; of
what was written again `{"sha256": [HASH or null, ...], "problems": [...]}`.
Exit 0 when every document was written, 1 otherwise. A file appears whole or not at all.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from service import disk
from service.domain.archive import reading_from_json, report_from_json
from service.domain.contents import contents_sha256
from service.domain.errors import FolioError
from service.domain.office import Office
from service.domain.office_json import office_from_json
from service.domain.reading import Reading, Unreadable
from service.domain.reports import DocumentKind, RenderedDocument, Source
from service.sheets.guard import UnreadableWorkbook, open_package
from worker.documents.context import context_of
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.pdf import Converter
from worker.documents.template_files import Template, TemplateFiles, compile_template
from worker.render import render
from worker.uploads import as_corrected_workbook

Answer = dict[str, Any]


def generate(order: dict[str, Any]) -> Answer:
    """Write the documents that were asked for; one that fails does not keep the others from being written."""
    report = report_from_json(order["report"])
    others = tuple(report_from_json(other) for other in order.get("others", ()))
    office = office_from_json(order.get("office", {}))
    templates = TemplateFiles(Path(order["templates"]))
    answer: Answer = {"documents": [], "problems": []}
    with contextlib.closing(Converter()) as converter:
        for wanted in order["documents"]:
            kind = DocumentKind(wanted["kind"])
            where = wanted.get("file") or wanted["folder"]
            try:
                source = _source(order["source"], office) if "source" in order else None
                document = render(report, kind, templates, source, others, office=office, converter=converter)
                path = Path(where) / document.filename if "folder" in wanted else Path(where)
                write_whole(path, document.content)
            except FolioError as error:
                answer["problems"].append(_problem(kind, error.code, error.detail))
            except UnreadableWorkbook as refusal:
                answer["problems"].append(_problem(kind, "UNREADABLE", refusal.finding.message))
            except OSError as error:
                detail = f"No se pudo escribir en «{where}»: {disk.reason(error)}."
                answer["problems"].append(_problem(kind, "DISK", detail))
            else:
                answer["documents"].append(_written(document, path))
    return answer


def mark(order: dict[str, Any]) -> Answer:
    """Write the workbook that was read, with its findings marked in it."""
    reading = reading_from_json(order["reading"])
    out = Path(order["out"])
    kind = DocumentKind.FINDINGS
    places = () if isinstance(reading, Unreadable) else tuple(action.source for action in reading.plan.actions)
    try:
        source = _source(order, office_from_json(order.get("office", {})), reading)
        content = render_findings_workbook(
            source.workbook, source.findings, source.office, source.mapping, places, corrections=source.corrections
        )
        write_whole(out, content)
    except FolioError as error:
        return _failed(kind, error.code, error.detail)
    except UnreadableWorkbook as refusal:
        return _failed(kind, "UNREADABLE", f"No hay un libro que marcar. {refusal.finding.message}")
    except OSError as error:
        return _failed(kind, "DISK", f"No se pudo escribir «{out}»: {disk.reason(error)}.")
    document = RenderedDocument(kind, out.name, content, hashlib.sha256(content).hexdigest(), "")
    return {"documents": [_written(document, out)], "problems": []}


def write_again(order: dict[str, Any]) -> Answer:
    """The hashes of documents that are written once more, and nothing else: no file is touched."""
    contents = {fingerprint: base64.b64decode(text) for fingerprint, text in order["templates"].items()}
    compiled: dict[tuple[DocumentKind, str], Template] = {}
    answer: Answer = {"sha256": [], "contents_sha256": [], "problems": []}
    for wanted in order["documents"]:
        kind, fingerprint = DocumentKind(wanted["kind"]), wanted["template"]
        sha256 = of_contents = None
        try:
            if (kind, fingerprint) not in compiled:
                compiled[kind, fingerprint] = compile_template(kind, contents[fingerprint])
            # Not held against the report again: it was when it was written, by the rules of that day.
            content = compiled[kind, fingerprint].fill(context_of(report_from_json(wanted["report"])))
            sha256, of_contents = hashlib.sha256(content).hexdigest(), contents_sha256(content)
        except FolioError as error:
            answer["problems"].append(_problem(kind, error.code, error.detail))
        answer["sha256"].append(sha256)
        answer["contents_sha256"].append(of_contents)
    return answer


def _source(said: dict[str, Any], office: Office, reading: Reading | None = None) -> Source:
    """The upload as a package that marks and changes can go into, with what was understood of it."""
    understood = reading or reading_from_json(said["reading"])
    corrections = () if isinstance(understood, Unreadable) else understood.corrections
    workbook = as_corrected_workbook(Path(said["workbook"]).read_bytes(), corrections)
    open_package(workbook)
    columns = () if isinstance(understood, Unreadable) else understood.mapping
    return Source(workbook, understood.findings, columns, office, corrections)


def _written(document: RenderedDocument, path: Path) -> dict[str, Any]:
    named = {"kind": document.kind, "filename": path.name, "path": str(path)}
    return {**named, "size": len(document.content), "sha256": document.sha256}


def _problem(kind: DocumentKind, code: str, detail: str) -> dict[str, Any]:
    return {"kind": kind, "code": code, "detail": detail}


def _failed(kind: DocumentKind, code: str, detail: str) -> Answer:
    return {"documents": [], "problems": [_problem(kind, code, detail)]}


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
    """Read the order, do it, print the answer."""
    order = json.load(sys.stdin)
    if "marked" in order:
        answer = mark(order["marked"])
    elif "again" in order:
        answer = write_again(order["again"])
    else:
        answer = generate(order)
    json.dump(answer, sys.stdout, ensure_ascii=False)
    return 1 if answer["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
