"""The surprises that may happen to a job; expected refusals are values (see reading.py), not exceptions.

FolioError
├── TemplateProblem      the office's template cannot be filled: final, a person must mend it
├── UnmarkableWorkbook   the uploaded workbook is damaged where marks would go: final, its office must mend it
├── ConversionFailed     an outside program failed: worth another try
├── RecordIsKept         somebody would alter or delete what is kept for good: refused, and the attempt is on record
└── StoreUnavailable     the database does not answer: worth another try, not charged to the job
"""

from __future__ import annotations

from typing import ClassVar


class FolioError(Exception):
    """Root of the tree. `code` is stable; `is_transient`: another try may help; `detail` is for a person."""

    code: ClassVar[str] = "FOLIO"
    is_transient: ClassVar[bool] = False

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


class ConversionFailed(FolioError):
    """A program that Folio drives ended badly or gave no result."""

    code = "CONVERSION"
    is_transient = True


class RecordIsKept(FolioError):
    """What was kept never changes; nobody may alter, replace or delete it."""

    code = "KEPT"


class StoreUnavailable(FolioError):
    """The database does not answer."""

    code = "STORE"
    is_transient = True
