"""Workbooks to mark, as offices keep them, and what a reader sees in a marked one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.office import Office
from service.domain.plan import RowRef
from service.domain.reading import MappedColumn
from tests.unit.sheets.office import SHEET, action, office_book, repacked
from worker.documents.findings_workbook import render_findings_workbook

OFFICE = Office()
MAPPING = tuple(
    MappedColumn(field, SHEET, letter, header)
    for field, letter, header in (
        ("lead", "C", "RESPONSABLE"),
        ("unit", "E", "UNIDAD DE MEDIDA"),
        ("periodicity", "I", "SEGUIMIENTO"),
        ("funding_source", "J", "FUENTE DE FINANCIACIÓN"),
    )
)
ROWS = (RowRef(SHEET, 6), RowRef(SHEET, 7))
RED, YELLOW, BLUE = "FFFFC7CB", "FFFFE8A3", "FFD3E5FA"

_TYPES, _LINKS = "[Content_Types].xml", "xl/worksheets/_rels/sheet1.xml.rels"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def findings() -> tuple[Finding, ...]:
    """One of each severity, two in one cell, one about the sheet, one accepted."""
    return (
        FindingCode.PLAN_003.at(CellRef(SHEET)),
        FindingCode.DATE_001.at(CellRef(SHEET, "G6"), column="FECHA INICIO", value="31/02/2024", proposal="1/03/2024"),
        FindingCode.ROW_002.at(CellRef(SHEET, "A7"), column="No.", value="2", previous="0"),
        FindingCode.TEXT_003.at(CellRef(SHEET, "K7"), column="AVANCE CUALITATIVO", value="Largo"),
        FindingCode.TEXT_001.at(
            CellRef(SHEET, "K7"), column="AVANCE CUALITATIVO", value="?", character="X", position=3
        ),
        with_reason(
            FindingCode.TARGET_002.at(CellRef(SHEET, "F6"), column="META", value="Por definir"), "Se decide en mayo"
        ),
    )


def with_reason(finding: Finding, reason: str) -> Finding:
    return Finding(
        finding.code, finding.place, finding.column, finding.value, finding.message, finding.fix, None, reason
    )


def marked(workbook: bytes, found: tuple[Finding, ...] | None = None) -> bytes:
    return render_findings_workbook(workbook, findings() if found is None else found, OFFICE, MAPPING, ROWS)


def seen(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content), rich_text=False)


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def edited(content: bytes, edit: Callable[[Workbook], object]) -> bytes:
    """The workbook opened and saved by another program, after a person changed something."""
    book = seen(content)
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def plain() -> bytes:
    return office_book()


def with_notes() -> bytes:
    def edit(sheet: Worksheet) -> None:
        sheet["G6"].comment = Comment("Falta confirmar con la oficina jurídica", "Planeación")
        sheet["B6"].comment = Comment("Nota que no se toca", "Planeación")

    return office_book(edit=edit)


def decorated() -> bytes:
    """Fills, conditional formats, a validation, protection, hidden rows, a second sheet with a formula."""

    def edit(sheet: Worksheet) -> None:
        sheet["G6"].fill = PatternFill("solid", fgColor="FF00FF00")
        sheet["G6"].font = Font(name="Georgia", bold=True)
        sheet.conditional_formatting.add(
            "F6:F7", CellIsRule(operator="greaterThan", formula=["3"], font=Font(bold=True))
        )
        own = DataValidation("list", formula1='"Trimestral,Anual"')
        own.add("I6:I40")
        sheet.add_data_validation(own)
        sheet.protection.sheet = True
        sheet.row_dimensions[7].hidden = True
        sheet.auto_filter.ref = "A5:K7"
        book = sheet.parent
        other = book.create_sheet("Resumen")
        other["A1"] = f"=SUM({SHEET}!F6:F7)"
        other.print_title_rows = "1:1"

    return office_book(edit=edit)


def with_picture() -> bytes:
    """A picture in a drawing and a shape in it, which openpyxl would lose."""
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:oneCellAnchor><xdr:from><xdr:col>0</xdr:col>'
        "<xdr:colOff>0</xdr:colOff><xdr:row>0</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
        '<xdr:ext cx="360000" cy="360000"/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="Escudo"/><xdr:cNvPicPr/>'
        f'</xdr:nvPicPr><xdr:blipFill><a:blip xmlns:r="{_OFFICE}" r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch>'
        '</xdr:blipFill><xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/>'
        '</xdr:oneCellAnchor><xdr:absoluteAnchor><xdr:pos x="9000000" y="0"/><xdr:ext cx="900000" cy="300000"/><xdr:sp>'
        '<xdr:nvSpPr><xdr:cNvPr id="3" name="Sello"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr><a:prstGeom prst="ellipse">'
        "<a:avLst/></a:prstGeom></xdr:spPr></xdr:sp><xdr:clientData/></xdr:absoluteAnchor></xdr:wsDr>"
    )

    def change(parts: dict[str, bytes]) -> None:
        parts["xl/media/image1.png"] = _PIXEL
        parts["xl/drawings/drawing1.xml"] = drawing.encode()
        parts["xl/drawings/_rels/drawing1.xml.rels"] = links(("image", "/xl/media/image1.png"))
        parts[_LINKS] = links(("drawing", "/xl/drawings/drawing1.xml"))
        sheet = parts["xl/worksheets/sheet1.xml"]
        drawn = f'<drawing xmlns:r="{_OFFICE}" r:id="rId1"/></worksheet>'
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"</worksheet>", drawn.encode())
        parts[_TYPES] = parts[_TYPES].replace(
            b"</Types>",
            b'<Default Extension="png" ContentType="image/png"/><Override PartName="/xl/drawings/drawing1.xml"'
            b' ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>',
        )

    return repacked(plain(), change)


def with_macros() -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        parts["xl/vbaProject.bin"] = b"\xd0\xcf\x11\xe0 macros"
        main = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        types = parts[_TYPES].replace(main, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
        vba = b'<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
        parts[_TYPES] = types.replace(b"</Types>", vba)
        link = (
            '<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject"'
            ' Target="vbaProject.bin"/></Relationships>'
        )
        book = "xl/_rels/workbook.xml.rels"
        parts[book] = parts[book].replace(b"</Relationships>", link.encode())

    return repacked(plain(), change)


def with_conversation() -> bytes:
    """A threaded comment at G6: its note has an author of Excel's own making."""

    def change(parts: dict[str, bytes]) -> None:
        comments = next(name for name in parts if "comments/comment" in name or name.startswith("xl/comments"))
        parts[comments] = parts[comments].replace("<author>Planeación".encode(), b"<author>tc={1D0B2E3F}")

    return repacked(with_notes(), change)


def links(*targets: tuple[str, str]) -> bytes:
    """The links of a part."""
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'.encode()


def many(actions: int) -> bytes:
    return office_book([action(number) for number in range(1, actions + 1)])
