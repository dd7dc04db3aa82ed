"""A request on standard input -> documents in a folder: the worker's door for the terminal, without store or queue.

In: `{"report_id", "created_at", "edition", "kinds": [...], "out": DIR, "templates": DIR, "plan": {...}}`.
Out: `{"documents": [{"kind", "filename", "path", "size", "sha256"}], "problems": [{"kind", "code", "detail"}]}`.
Exit 0 when every document was written, 1 otherwise. A file appears whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from service.domain.archive import plan_from_json
from service.domain.errors import FolioError
from service.domain.reports import DocumentKind, RenderedDocument, Report
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
            path = write_whole(Path(request["out"]), document)
        except FolioError as error:
            answer["problems"].append({"kind": kind, "code": error.code, "detail": error.detail})
        except OSError as error:
            detail = f"No se pudo escribir en «{request['out']}»: {error.strerror}."
            answer["problems"].append({"kind": kind, "code": "DISK", "detail": detail})
        else:
            written = {"kind": kind, "filename": document.filename, "path": str(path)}
            answer["documents"].append({**written, "size": len(document.content), "sha256": document.sha256})
    return answer


def write_whole(directory: Path, document: RenderedDocument) -> Path:
    """Write beside the final name, then rename: whoever looks sees the old file or the new one, never half."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / document.filename
    handle, part = tempfile.mkstemp(dir=directory, prefix=".folio-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(document.content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return path


def main() -> int:
    """Read the request, write the documents, print the answer."""
    answer = generate(json.load(sys.stdin))
    json.dump(answer, sys.stdout, ensure_ascii=False)
    return 1 if answer["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
