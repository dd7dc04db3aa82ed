"""A folder of templates -> templates ready to be filled, each compiled once for as long as its bytes stay the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

from service.domain.errors import TemplateProblem
from service.domain.frame import NO_FRAME, Frame
from service.domain.reports import DocumentKind
from worker.documents.context import Context
from worker.documents.draft_mark import mark_document, mark_workbook
from worker.documents.excel import CompiledWorkbook, compile_workbook, fill_workbook
from worker.documents.frame_excel import frame_workbook
from worker.documents.frame_word import frame_document
from worker.documents.word import CompiledDocument, compile_document

_FILES: Final = {
    DocumentKind.WORD: "plan_de_accion.docx",
    DocumentKind.EXCEL: "plan_de_accion.xlsx",
    DocumentKind.YEAR_WORD: "seguimiento_anual.docx",
    DocumentKind.YEAR_EXCEL: "seguimiento_anual.xlsx",
}


# An office's reports mostly ask for the same.
_MOST_LOOKS: Final = 16


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: its file, the SHA-256 (hex) of that, and how a context is poured into it.

    `document` is the Word template that it is; None for a workbook's.
    """

    content: bytes
    fingerprint: str
    fill: Callable[[Context], bytes]
    document: DocumentTemplate | None = None


def compile_template(kind: DocumentKind, content: bytes) -> Template:
    """The template in a file's bytes.

    Raises:
        TemplateProblem: it cannot be used; the detail says why and where.
    """
    fingerprint = hashlib.sha256(content).hexdigest()
    try:
        if kind.extension == "docx":
            document = DocumentTemplate(content)
            return Template(content, fingerprint, document.fill, document)
        return Template(content, fingerprint, WorkbookTemplate(content).fill)
    except TemplateProblem:
        raise
    except Exception as error:
        # A file is broken in more ways than the libraries that read it tell apart; no other try will mend it.
        raise TemplateProblem(
            "La plantilla está dañada y no se puede leer. Ábrala en Word o en Excel, acepte la reparación si la ofrece "
            "y guárdela de nuevo.",
            log=repr(error),
        ) from error


@dataclass(frozen=True, slots=True)
class _Look:
    """What a report asks of a template that is the same for many reports; a workbook's columns and annex too."""

    frame: Frame = NO_FRAME
    has_approval: bool = False
    has_seal: bool = False
    is_draft: bool = False
    headers: tuple[str, ...] = ()
    has_change_log: bool = True


class DocumentTemplate:
    """A Word template, compiled at once as it is, and for each look that reports ask for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._for = lru_cache(_MOST_LOOKS)(self._compiled)
        self._for(_Look())

    def fill(self, context: Context) -> bytes:
        """The Word file of a report."""
        return self.compiled_for(context).fill(context)

    def compiled_for(self, context: Context) -> CompiledDocument:
        """The template with the look that a report asks for."""
        return self._for(_Look(context.frame, context.has_approval, context.has_seal, context.borrador))

    def _compiled(self, look: _Look) -> CompiledDocument:
        content = frame_document(self._content, look.frame, has_approval=look.has_approval, has_seal=look.has_seal)
        return compile_document(mark_document(content) if look.is_draft else content)


class WorkbookTemplate:
    """An Excel template, compiled at once as it is, and for each look that reports ask for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._for = lru_cache(_MOST_LOOKS)(self._compiled)
        self._for(_Look())

    def fill(self, context: Context) -> bytes:
        """The workbook of a report, with a column for each header that Folio does not know."""
        look = _Look(
            context.frame,
            context.has_approval,
            context.has_seal,
            context.borrador,
            context.otros,
            has_change_log=bool(context.control_de_cambios),
        )
        return fill_workbook(self._for(look), context)

    def _compiled(self, look: _Look) -> CompiledWorkbook:
        content = frame_workbook(self._content, look.frame, has_approval=look.has_approval, has_seal=look.has_seal)
        if look.is_draft:
            content = mark_workbook(content)
        return compile_workbook(content, look.headers, has_change_log=look.has_change_log)


class Templates(Protocol):
    """Where the templates of the official documents come from."""

    def of(self, kind: DocumentKind) -> Template:
        """The template of a kind of document.

        Raises:
            TemplateProblem: there is none, or it cannot be used; the detail says why and where.
        """


class TemplateFiles:
    """The office's templates. An edited file is taken up at the next document; nothing need be restarted."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._compiled: dict[DocumentKind, tuple[_FileState, Template]] = {}

    def of(self, kind: DocumentKind) -> Template:
        """The template in the office's folder, as it is now; it is read again when its file is another or was saved."""
        path = self._directory / _FILES[kind]
        try:
            state = _state_of(path)
            known, template = self._compiled.get(kind, (None, None))
            if template is not None and known == state:
                return template
            content = path.read_bytes()
        except OSError as error:
            raise TemplateProblem(f"Falta la plantilla «{path.name}».", log=repr(error)) from error
        if template is None or template.content != content:
            template = compile_template(kind, content)
        self._compiled[kind] = state, template
        return template


# Device, inode, size, and when it was last written and when anything of it last changed, in nanoseconds: what a saved,
# replaced or restored file does not share with the one before, whatever date it was given.
_FileState = tuple[int, int, int, int, int]


def _state_of(path: Path) -> _FileState:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
