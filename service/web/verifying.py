"""A code or a file from anybody -> what was issued under it, and what the file is beside that.

Nothing here tells of drafts, or of reports that were issued without a seal. The files are looked into elsewhere, in a
process of its own (`service.papers.room`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, cast

from flask import Flask, Request, current_app, url_for

from service.domain.archive import Json
from service.domain.reports import PAPERS, JobState, ReportStatus
from service.papers.room import Busy, CheckingRoom
from service.papers.verdicts import (
    NONE_OF_ITS_KIND,
    AsIssued,
    IssuedFile,
    NotOurs,
    Resaved,
    Scanned,
    Signed,
    Verdict,
    is_evidence,
    verdict_to_json,
)
from service.seals import normalised
from service.store import SignedCopy, Store, StoredDocument, StoredReport
from service.web.bodies import text_in
from service.web.front import Front
from service.web.limits import FILENAME_LENGTH
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.turns import wait_for_turn
from service.web.uploads import HashingBuffer, clean_filename, who_in
from service.web.wording import report_name

NO_SUCH_CODE: Final = Problem(
    ProblemType.NOT_FOUND,
    "No hay ningún documento emitido con ese código. Revise que sea el que está en el pie del documento.",
)
_NO_CODE: Final = Problem(
    ProblemType.NOT_FOUND,
    "Eso no es un código: los códigos tienen doce letras y números, como K7QF-3M9P-X2TD, y están en el pie de cada "
    "página del documento.",
)
_BUSY: Final = Problem(
    ProblemType.UNAVAILABLE, "Se están revisando otros archivos. Inténtelo de nuevo en unos segundos."
)
_UNKNOWN: Final = (
    "No lleva el código de ninguno, ni es igual a ninguno. Si el papel que tiene lleva un código, escríbalo junto con "
    "el archivo."
)
_SCANS: Final = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_NO_SCAN: Final = "Un escaneo se sube en PDF, JPG o PNG, y este archivo no se abre como ninguno de ellos."
_HAS_TEXT: Final = (
    "Un escaneo es una imagen, y este archivo tiene el texto de un documento. Si su escáner reconoce el texto, escanee "
    "sin esa opción."
)
_EXTENSION: Final = "folio-papers"


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that somebody brought, not yet looked into."""

    filename: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a file is; `report` is the issued report that it is of, None where it is of none."""

    report: StoredReport | None
    verdict: Verdict
    filename: str


def keep_papers(app: Flask, room: CheckingRoom) -> None:
    """Have an application look into papers in this room."""
    app.extensions[_EXTENSION] = room


def brought_in(request: Request, max_upload_bytes: int) -> Brought | Problem:
    """The one file of a form, in its field `file`."""
    chosen = [file for file in request.files.getlist("file") if file.filename]
    if len(chosen) != 1 or not isinstance(chosen[0].stream, HashingBuffer):
        told = (
            "Llegaron varios archivos: envíe uno solo." if chosen else "Falta el archivo: elija el que quiere revisar."
        )
        return invalid_request((FieldError("file", "", told),))
    stream = chosen[0].stream
    # Anybody may ask this: whoever waits for long keeps a thread from those who work here.
    if not wait_for_turn(stream.size, seconds=2):
        return _BUSY
    content = stream.getvalue()
    if len(content) > max_upload_bytes:
        megabytes = max_upload_bytes // (1024 * 1024)
        return Problem(ProblemType.TOO_LARGE, f"El archivo puede pesar hasta {megabytes} MB.")
    return Brought(clean_filename(chosen[0].filename or ""), content, stream.sha256)


def report_of(front: Front, code: str) -> StoredReport | Problem:
    """The issued report with this code, however it was typed.

    Raises:
        StoreUnavailable: the reports cannot be had.
    """
    meant = normalised(code[:80])
    if meant is None:
        return _NO_CODE
    return front.store.report_by_code(meant) or NO_SUCH_CODE


def verified(front: Front, brought: Brought, code: str = "") -> Verified | Problem:
    """What a file is beside the report with the code, or else beside the one that the file itself leads to.

    Raises:
        StoreUnavailable: the reports cannot be had.
    """
    try:
        found = report_of(front, code) if code else _led_to(front, brought)
        if isinstance(found, Problem):
            return found
        verdict = _looked_into(front, found, brought) if found else _beside_nothing(brought)
    except Busy:
        return _BUSY
    return Verified(found, verdict, brought.filename)


def keep_signed(front: Front, report_id: str, brought: Brought, by: str, *, is_scanned: bool) -> SignedCopy | Problem:
    """Keep a file beside the issued report that it is the signed copy of; what is not is refused, and nothing kept.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    report = front.store.report(report_id)
    if report is None or report.issued_at is None:
        return Problem(ProblemType.NOT_FOUND, "No se encontró ese informe entre los emitidos.")
    ending = ""
    try:
        verdict = _looked_into(front, report, brought)
        if is_scanned and not is_evidence(verdict):
            ending, reason = _scanned(report, brought, verdict)
            if reason:
                return Problem(ProblemType.NOT_SIGNED, reason)
            verdict = Scanned()
    except Busy:
        return _BUSY
    if not is_evidence(verdict):
        return Problem(ProblemType.NOT_SIGNED, _why_no_evidence(verdict, brought))
    return front.store.keep_signed_copy(
        report.id,
        _ending_in(brought.filename, ending or _extension(verdict)),
        brought.content,
        brought.sha256,
        verdict_to_json(verdict),
        now=front.clock(),
        by=by,
    )


def said_in(request: Request) -> tuple[str, bool] | Problem:
    """Who brings a signed copy, and whether it is a scan, as the form's fields say."""
    errors: list[FieldError] = []
    scanned = request.form.get("scanned", "").strip().lower()
    if scanned not in {"", "true", "false"}:
        errors.append(FieldError("scanned", scanned[:80], "Si es un escaneo se dice con true o false."))
    by = who_in(text_in("by", request.form.get("by"), errors), errors)
    return invalid_request(tuple(errors)) if errors else (by, scanned == "true")


def verified_to_json(front: Front, found: Verified) -> Json:
    """The answer about a file, as the API shows it."""
    return {
        "report": sealed_to_json(front, found.report) if found.report else None,
        "verdict": verdict_to_json(found.verdict),
    }


def sealed_to_json(front: Front, report: StoredReport) -> Json:
    """What anybody may know of an issued report with a seal: no names, nothing of drafts."""
    successor = successor_of(front, report)
    return {
        "code": report.code,
        "address": report.address,
        "entity": entity_of(front, report),
        **_which(report),
        "status": (ReportStatus.SUPERSEDED if successor else ReportStatus.ISSUED).value,
        "superseded_by": {"code": successor.code, **_which(successor)} if successor else None,
        "documents": [
            {
                "kind": document.kind.value,
                "filename": document.filename,
                "size": document.size,
                "sha256": document.sha256,
                "proof": document.proof.sentence if document.proof else None,
            }
            for document in papers_of(report)
        ],
    }


def copy_to_json(copy: SignedCopy) -> Json:
    """A signed copy, as the API shows it."""
    return {
        "id": copy.id,
        "filename": copy.filename,
        "size": copy.size,
        "sha256": copy.sha256,
        "kept_at": _instant(copy.at),
        "by": copy.by,
        "verdict": copy.verdict,
        "href": url_for("api.signed_copy", report_id=copy.report_id, copy_id=copy.id),
    }


def media_type_of(filename: str) -> str:
    """What a kept copy is handed over as, by the ending of its name; whatever it is, browsers only save it."""
    kinds = {kind.extension: kind.media_type for kind in PAPERS} | {
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
    }
    return kinds.get(filename.rpartition(".")[2].lower(), "application/octet-stream")


def papers_of(report: StoredReport) -> tuple[StoredDocument, ...]:
    """The finished documents that people hold of an issued report."""
    return tuple(
        document
        for document in report.documents
        if document.kind in PAPERS and document.is_final and document.state is JobState.DONE
    )


def successor_of(front: Front, report: StoredReport) -> StoredReport | None:
    """The issued report that is the office's word now, where this one is not any more."""
    return _its_store(front, report).report(report.superseded_by) if report.superseded_by else None


def entity_of(front: Front, report: StoredReport) -> str:
    """The entity as the report was issued with; empty where nobody had said it."""
    return _its_store(front, report).made_with(report.id).frame.entity


def _its_store(front: Front, report: StoredReport) -> Store:
    """The store as the office sees it that issued the report: papers of any office are verified, by anybody."""
    return front.store.within(report.office_id)


def _led_to(front: Front, brought: Brought) -> StoredReport | None:
    same = front.store.report_of_file(brought.sha256)
    if same is not None:
        return same if same.code else None
    codes = filter(None, map(normalised, _room().codes_in(brought.content)))
    return next((found for code in codes if (found := front.store.report_by_code(code))), None)


def _scanned(report: StoredReport, brought: Brought, verdict: Verdict) -> tuple[str, str]:
    """How the name of a scan ends, and why it is none; one of them is empty."""
    if not isinstance(verdict, NotOurs):
        return "", f"{verdict.sentence} {_HAS_TEXT}"
    ending = _room().scan_ending(brought.content)
    if not ending:
        return "", _NO_SCAN
    if ending == "pdf" and report.code in map(normalised, _room().codes_in(brought.content)):
        return "", _HAS_TEXT
    return ending, ""


def _extension(verdict: Verdict) -> str:
    return verdict.kind.extension if isinstance(verdict, Signed) else ""


def _ending_in(filename: str, ending: str) -> str:
    """A file's name with the ending that its content deserves."""
    stem, dot, said = filename.rpartition(".")
    if said.lower().replace("jpeg", "jpg") == ending and dot:
        return filename
    return f"{(stem if dot else filename)[: FILENAME_LENGTH - 1 - len(ending)] or 'copia'}.{ending}"


def _looked_into(front: Front, report: StoredReport, brought: Brought) -> Verdict:
    store = _its_store(front, report)
    kept = [store.document(report.id, document.kind) for document in papers_of(report)]
    issued = [
        IssuedFile(about.kind, about.filename, about.sha256, content)
        for about, content in filter(None, kept)
        if about.sha256
    ]
    return _room().check(brought.content, issued)


def _beside_nothing(brought: Brought) -> NotOurs:
    """Why a file is no report's: that it bears no code, or that it cannot be looked into at all."""
    said = _room().check(brought.content, ())
    reason = said.reason if isinstance(said, NotOurs) and said.reason != NONE_OF_ITS_KIND else _UNKNOWN
    return NotOurs(reason, is_beside_report=False)


def _why_no_evidence(verdict: Verdict, brought: Brought) -> str:
    if isinstance(verdict, AsIssued | Resaved) and not getattr(verdict, "signers", ()):
        return f"{verdict.sentence} No lleva ninguna firma digital: suba el archivo ya firmado."
    if isinstance(verdict, Resaved):
        return f"{verdict.sentence} Hay que firmar el que se emitió, sin volver a guardarlo; lo más seguro es el PDF."
    if not brought.content.startswith(_SCANS):
        return verdict.sentence
    return f"{verdict.sentence} Si es un escaneo de la copia firmada a mano, indíquelo."


def _which(report: StoredReport) -> Json:
    return {
        "name": report_name(report),
        "year": report.year,
        "quarter": report.quarter.roman,
        "version": str(report.version),
        "edition": report.edition,
        "issued_at": _instant(report.issued_at) if report.issued_at else None,
    }


def _instant(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _room() -> CheckingRoom:
    return cast(CheckingRoom, current_app.extensions[_EXTENSION])
