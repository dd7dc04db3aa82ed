"""Bytes that anybody may have made -> what they are beside the documents of a report, or which codes they bear.

It is run in a process that can be killed (`room.py`); whatever it cannot look into is answered with a sentence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from service.domain.findings import FindingCode
from service.domain.reports import DocumentKind
from service.papers.disguises import disguises
from service.papers.excel_text import excel_text
from service.papers.package_additions import has_issued_parts, is_only_signed
from service.papers.package_signature import package_signers
from service.papers.texts import PaperText, Unreadable, differences, likeness
from service.papers.verdicts import NONE_OF_ITS_KIND, Altered, AsIssued, IssuedFile, NotOurs, Resaved, Signed, Verdict
from service.papers.word_text import DOCUMENT_TYPE, word_text
from service.seals import CODE
from service.sheets.guard import WORKBOOK_TYPE, Package, UnreadableWorkbook, open_any_package

_PDF_MARK: Final = b"%PDF-"
_PDF_REACH: Final = 1024
_OLE2_MARK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_MARK: Final = b"PK\x03\x04"
_MACROS: Final = re.compile(rb"macroEnabled|ms-office\.vbaProject", re.IGNORECASE)
# Below this share of the issued texts a document is another one.
_KINSHIP: Final = 0.2
_MOST_CODES: Final = 20
_REFUSED: Final = {
    FindingCode.FILE_003: "El archivo está protegido con contraseña y no se puede revisar por dentro.",
    FindingCode.FILE_006: "El archivo está dañado o incompleto y no se puede leer.",
    FindingCode.FILE_007: "El archivo no se abrió por seguridad: por dentro no es como los que hacen Word y Excel.",
    FindingCode.FILE_008: "El archivo es mucho más grande por dentro que un informe, y no se abrió.",
}
_UNREADABLE: Final = "El archivo no se puede leer."
_RIGGED: Final = (
    "Lleva por dentro todo lo que se emitió, pero alguien cambió cuál de sus partes se muestra o le agregó otras."
)
_OTHER_KIND: Final = "Solo se revisan archivos de Word (.docx), de Excel (.xlsx) y PDF."


def check_paper(content: bytes, issued: Sequence[IssuedFile]) -> Verdict:
    """What a file is beside the issued documents of one report.

    Args:
        content: the file, whatever it is.
        issued: the Word, the Excel and the PDF that were issued, those that there are.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    same = next((each for each in issued if each.sha256 == sha256), None)
    if same:
        return AsIssued(same.kind)
    try:
        if _is_pdf(content):
            return _beside_pdf(content, _of_kind(issued, DocumentKind.PDF))
        package = _package(content)
        kind = _kind(package)
        return _beside_package(package, kind, _of_kind(issued, kind))
    except Unreadable as reason:
        return NotOurs(str(reason))
    except UnreadableWorkbook as refusal:
        return NotOurs(_REFUSED.get(refusal.finding.code, _UNREADABLE))


def codes_in(content: bytes) -> tuple[str, ...]:
    """The codes that a file bears in its text, in the order in which they stand there; none where it is unreadable."""
    try:
        if _is_pdf(content):
            from service.papers.pdf_paper import pdf_text  # noqa: PLC0415 - memory, only for whoever brings a PDF

            said = pdf_text(content)
        else:
            package = _package(content)
            said = _said(_text(package, _kind(package)))
    except (Unreadable, UnreadableWorkbook):
        return ()
    return tuple(dict.fromkeys(CODE.findall(said.upper())))[:_MOST_CODES]


def _beside_pdf(content: bytes, issued: IssuedFile) -> Verdict:
    from service.papers.pdf_paper import check_pdf  # noqa: PLC0415 - as above

    return check_pdf(content, issued)


def _beside_package(package: Package, kind: DocumentKind, issued: IssuedFile) -> Verdict:
    ours = open_any_package(issued.content)
    signers = package_signers(package)
    if is_only_signed(package, ours):
        return Signed(kind, signers) if signers else Resaved(kind)
    text, issued_text = _text(package, kind), _text(ours, kind)
    found, is_cut = differences(issued_text, text)
    if has_issued_parts(package, ours):
        return Altered(kind, found, _RIGGED, is_cut)
    if not found:
        disguised = disguises(package, kind) - disguises(ours, kind)
        return Altered(kind, (), min(disguised)[0]) if disguised else Resaved(kind, signers)
    if likeness(issued_text, text) < _KINSHIP:
        return NotOurs("El archivo dice otra cosa, de principio a fin.")
    return Altered(kind, found, is_cut=is_cut)


def _package(content: bytes) -> Package:
    if not content:
        raise Unreadable("El archivo está vacío.")
    if not content.startswith((_ZIP_MARK, _OLE2_MARK)):
        raise Unreadable(_OTHER_KIND)
    if content.startswith(_OLE2_MARK) and "EncryptedPackage".encode("utf-16-le") not in content:
        raise Unreadable(f"El archivo es de una versión antigua de Office. {_OTHER_KIND}")
    return open_any_package(content)


def _kind(package: Package) -> DocumentKind:
    if "[Content_Types].xml" not in package:
        raise Unreadable(_OTHER_KIND)
    types = package.read("[Content_Types].xml").replace(b"\0", b"")
    if _MACROS.search(types):
        raise Unreadable("El archivo tiene macros, y los documentos que se emiten no las llevan: no se abrió.")
    for mark, kind in ((DOCUMENT_TYPE, DocumentKind.WORD), (WORKBOOK_TYPE, DocumentKind.EXCEL)):
        if mark in types:
            return kind
    raise Unreadable(_OTHER_KIND)


def _of_kind(issued: Sequence[IssuedFile], kind: DocumentKind) -> IssuedFile:
    found = next((each for each in issued if each.kind is kind), None)
    if found is None:
        raise Unreadable(NONE_OF_ITS_KIND)
    return found


def _text(package: Package, kind: DocumentKind) -> PaperText:
    return word_text(package) if kind is DocumentKind.WORD else excel_text(package)


def _said(text: PaperText) -> str:
    cells = (cell for table in text.tables for row in table.rows for cell in row)
    return "\n".join([line for _, line in text.lines] + list(cells))


def _is_pdf(content: bytes) -> bool:
    return _PDF_MARK in content[:_PDF_REACH] and not content.startswith(_ZIP_MARK)
