"""A folder of templates -> templates ready to be filled, each compiled once for as long as its bytes stay the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind
from worker.documents.context import Context
from worker.documents.draft_mark import mark_document, mark_workbook
from worker.documents.excel import CompiledWorkbook, compile_workbook, fill_workbook
from worker.documents.word import CompiledDocument, compile_document

_FILES: Final = {
    DocumentKind.WORD: "plan_de_accion.docx",
    DocumentKind.EXCEL: "plan_de_accion.xlsx",
    DocumentKind.YEAR_WORD: "seguimiento_anual.docx",
    DocumentKind.YEAR_EXCEL: "seguimiento_anual.xlsx",
}


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: its file, the SHA-256 (hex) of that, and how a context is poured into it."""

    content: bytes
    fingerprint: str
    fill: Callable[[Context], bytes]


def compile_template(kind: DocumentKind, content: bytes) -> Template:
    """The template in a file's bytes.

    Raises:
        TemplateProblem: it cannot be used; the detail says why and where.
    """
    fill = DocumentTemplate(content).fill if kind.extension == "docx" else WorkbookTemplate(content).fill
    return Template(content, hashlib.sha256(content).hexdigest(), fill)


class DocumentTemplate:
    """A Word template, compiled at once as it is, and with the mark of drafts when the first draft asks for it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._final = compile_document(content)
        self._draft: CompiledDocument | None = None

    def fill(self, context: Context) -> bytes:
        """The Word file of a report."""
        if not context.borrador:
            return self._final.fill(context)
        if self._draft is None:
            self._draft = compile_document(mark_document(self._content))
        return self._draft.fill(context)


class WorkbookTemplate:
    """An Excel template, compiled for each set of columns, with and without the mark of drafts and the change log.

    An office's plans mostly bring the same columns.
    """

    _MOST_KEPT: Final = 8

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._compiled: dict[tuple[tuple[str, ...], bool, bool], CompiledWorkbook] = {}
        self._for((), is_draft=False, has_change_log=True)

    def fill(self, context: Context) -> bytes:
        """The workbook of a report, with a column for each header that Folio does not know."""
        has_change_log = bool(context.control_de_cambios)
        compiled = self._for(context.otros, is_draft=context.borrador, has_change_log=has_change_log)
        return fill_workbook(compiled, context)

    def _for(self, headers: tuple[str, ...], *, is_draft: bool, has_change_log: bool) -> CompiledWorkbook:
        key = headers, is_draft, has_change_log
        if key not in self._compiled:
            if len(self._compiled) >= self._MOST_KEPT:
                self._compiled.clear()
            content = mark_workbook(self._content) if is_draft else self._content
            self._compiled[key] = compile_workbook(content, headers, has_change_log=has_change_log)
        return self._compiled[key]


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
        self._compiled: dict[DocumentKind, Template] = {}

    def of(self, kind: DocumentKind) -> Template:
        """The template in the office's folder, as it is now."""
        name = _FILES[kind]
        try:
            content = (self._directory / name).read_bytes()
        except OSError as error:
            raise TemplateProblem(f"Falta la plantilla «{name}».", log=repr(error)) from error
        known = self._compiled.get(kind)
        if known is None or known.content != content:
            known = self._compiled[kind] = compile_template(kind, content)
        return known


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """A template that was kept with a document, to write that document again."""

    template: Template

    def of(self, _kind: DocumentKind) -> Template:
        """The same, whatever is asked for: it was kept for one document."""
        return self.template
