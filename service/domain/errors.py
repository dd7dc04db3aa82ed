"""The surprises that may happen to a job; expected refusals are values (see reading.py), not exceptions.

FolioError
├── TemplateProblem      the office's template cannot be filled: final, a person must mend it
├── UnmarkableWorkbook   the uploaded workbook is damaged where marks would go: final, its office must mend it
├── NoPdf                LibreOffice is missing, or cannot make a PDF: final, the report is done without it
├── ProofFailed          a finished document does not tell its report: final, it is not published
├── ConversionFailed     an outside program failed: worth another try
├── NoRoom               the disk has no room for what is being written: worth another try, not charged to the job
├── RecordIsKept         somebody would alter or delete what is kept for good: refused, and the attempt is on record
└── StoreUnavailable     the database does not answer: worth another try, not charged to the job
    └── StoreFull        it has no room left to write: the same, once somebody makes room
"""

from __future__ import annotations

from typing import ClassVar


class FolioError(Exception):
    """Root of the tree. `code` is stable; `is_transient`: another try may help; `detail` is for a person.

    `is_charged`: the try counts, since it may well be the document's own fault.
    """

    code: ClassVar[str] = "FOLIO"
    is_transient: ClassVar[bool] = False
    is_charged: ClassVar[bool] = True

    def __init__(self, detail: str, *, log: str = "") -> None:
        """`detail`: Spanish, for the person; `log`: English, for whoever runs the service."""
        super().__init__(log or detail)
        self.detail = detail


class TemplateProblem(FolioError):
    """A template asks for something that no report has, or is not a sound Word or Excel file."""

    code = "TEMPLATE"


class UnmarkableWorkbook(FolioError):
    """A workbook that could be read, but whose package takes no marks."""

    code = "UNMARKABLE"


class NoPdf(FolioError):
    """LibreOffice is missing, or cannot make a PDF of this document."""

    code = "PDF"


class ProofFailed(FolioError):
    """A finished document, read again, does not tell its report; the detail names the first places."""

    code = "PROOF"


class ConversionFailed(FolioError):
    """A program that Folio drives ended badly or gave no result."""

    code = "CONVERSION"
    is_transient = True


class NoRoom(FolioError):
    """There is no room left on the disk where a document is written."""

    code = "ROOM"
    is_transient = True
    is_charged = False


class RecordIsKept(FolioError):
    """What was kept never changes; nobody may alter, replace or delete it."""

    code = "KEPT"


class StoreUnavailable(FolioError):
    """The database does not answer."""

    code = "STORE"
    is_transient = True
    is_charged = False


class StoreFull(StoreUnavailable):
    """The database has no room left on its disk; what it holds can be read."""

    code = "STORE_FULL"
