"""A page of a report's PDF -> a picture (PNG) of it, as wide as it is asked for.

PDFium is not made for threads: one picture is drawn at a time, so that a process never holds more than one.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from io import BytesIO
from typing import Final

from flask import Request, Response

from service.domain.reports import DocumentKind, JobState
from service.store import Store, StoredDocument, StoredReport
from service.web.comparing import NO_SUCH_REPORT
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.wording import counted, document_not_ready

NARROWEST: Final = 200
WIDEST: Final = 2000
USUAL_WIDTH: Final = 1100
# A page of any shape fits in some 30 MB while it is drawn.
_TALLEST: Final = 4000
_DRAWING: Final = threading.Lock()


def page_picture(request: Request, store: Store, report_id: str, page: int) -> Response | Problem:
    """The picture of a page, counted from 1, of the PDF that tells the report's status.

    A browser asks each time and is mostly told that nothing changed: whoever signed out sees none of it.

    Raises:
        StoreUnavailable: the PDF cannot be had.
    """
    width = _width_in(request)
    if isinstance(width, Problem):
        return width
    report = store.report(report_id)
    pdf = pdf_of(report) if report else None
    if report is None or pdf is None or pdf.state is not JobState.DONE:
        return Problem(ProblemType.NOT_READY, _why_not(pdf)) if report else NO_SUCH_REPORT
    response = Response(mimetype="image/png")
    response.set_etag(f"{pdf.sha256}-{page}-{width}")
    # Asked for again each time: whoever signed out must see none. What has not changed is not drawn again.
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        finished = store.document(report_id, DocumentKind.PDF)
        picture = draw(finished[1], page, width) if finished else Problem(ProblemType.NOT_READY, _why_not(pdf))
        if isinstance(picture, Problem):
            return picture
        response.set_data(picture)
    return response


def pdf_of(report: StoredReport) -> StoredDocument | None:
    """The PDF that tells the report's status, finished or not; None when nobody has asked for it."""
    return next((document for document in report.documents if document.kind is DocumentKind.PDF), None)


def draw(pdf: bytes, page: int, width: int) -> bytes | Problem:
    """The picture of a page, counted from 1, that many pixels wide; narrower where the page is very tall."""
    import pypdfium2  # noqa: PLC0415 - its memory only where a page is looked at

    with _DRAWING:
        document = pypdfium2.PdfDocument(pdf)
        try:
            if not 1 <= page <= len(document):
                number = counted(len(document), "página", "páginas")
                return Problem(ProblemType.NOT_FOUND, f"El PDF tiene {number}: no existe la página {page}.")
            drawn = document[page - 1]
            scale = min(width / drawn.get_width(), _TALLEST / drawn.get_height())
            written = BytesIO()
            drawn.render(scale=scale).to_pil().save(written, "PNG")
            return written.getvalue()
        finally:
            document.close()


def _width_in(request: Request) -> int | Problem:
    said = request.args.get("width", str(USUAL_WIDTH))
    if said.isascii() and said.isdigit() and len(said) <= len(str(WIDEST)) and NARROWEST <= int(said) <= WIDEST:
        return int(said)
    reason = f"El ancho de la imagen es un número de píxeles, de {NARROWEST} a {WIDEST}."
    return invalid_request((FieldError("width", said[:80], reason),))


def _why_not(pdf: StoredDocument | None) -> str:
    if pdf is None:
        return "El informe todavía no tiene PDF, y las imágenes salen de él: pídalo con «Ver las páginas» en su página."
    return document_not_ready(pdf)
