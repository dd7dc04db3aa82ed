"""A folder of templates -> templates ready to be filled, each compiled once for as long as its bytes stay the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind
from worker.documents.context import Context
from worker.documents.excel import CompiledWorkbook, compile_workbook, fill_workbook
from worker.documents.word import compile_document

_FILES: Final[dict[DocumentKind, tuple[str, Callable[[bytes], Callable[[Context], bytes]]]]] = {
    DocumentKind.WORD: ("plan_de_accion.docx", lambda content: compile_document(content).fill),
    DocumentKind.EXCEL: ("plan_de_accion.xlsx", lambda content: WorkbookTemplate(content).fill),
}


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: the SHA-256 (hex) of its file, and how a context is poured into it."""

    fingerprint: str
    fill: Callable[[Context], bytes]


class WorkbookTemplate:
    """An Excel template, compiled for each set of columns that plans bring; an office's plans mostly bring the same."""

    _MOST_KEPT: Final = 8

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._compiled: dict[tuple[str, ...], CompiledWorkbook] = {}
        self._for(())

    def fill(self, context: Context) -> bytes:
        """The workbook of a report, with a column for each header that Folio does not know."""
        return fill_workbook(self._for(context.otros), context)

    def _for(self, headers: tuple[str, ...]) -> CompiledWorkbook:
        if headers not in self._compiled:
            if len(self._compiled) >= self._MOST_KEPT:
                self._compiled.clear()
            self._compiled[headers] = compile_workbook(self._content, headers)
        return self._compiled[headers]


class TemplateFiles:
    """The office's templates. An edited file is taken up at the next document; nothing need be restarted."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._compiled: dict[DocumentKind, Template] = {}

    def of(self, kind: DocumentKind) -> Template:
        """The template of a kind of document.

        Raises:
            TemplateProblem: the file is missing, or cannot be used; the detail says why and where.
        """
        name, compile_template = _FILES[kind]
        try:
            content = (self._directory / name).read_bytes()
        except OSError as error:
            raise TemplateProblem(f"Falta la plantilla «{name}».", log=repr(error)) from error
        fingerprint = hashlib.sha256(content).hexdigest()
        known = self._compiled.get(kind)
        if known is None or known.fingerprint != fingerprint:
            known = self._compiled[kind] = Template(fingerprint, compile_template(content))
        return known
