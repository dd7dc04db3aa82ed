"""Folio's own templates -> the same templates in the language of each peer, and the same values for them.

Every peer fills the official layout: the same table, header and styles, with its own marks where ours stand. What the
work does not need (the control de cambios, which the plans of the benchmarks have none of) is taken out for everybody.
"""

from __future__ import annotations

import io
import json
import re
from typing import Any, Final

import openpyxl

from service.settings import PROJECT
from worker.documents.context import Context, printed_names
from worker.documents.package import deflate, read_members, write_package

WORD: Final = PROJECT / "templates_docx" / "plan_de_accion.docx"
EXCEL: Final = PROJECT / "templates_docx" / "plan_de_accion.xlsx"

_ROW: Final = re.compile(r"<w:tr[ >](?:(?!</w:tr>).)*</w:tr>", re.DOTALL)
_PLAN: Final = re.compile(r"{{ plan\.(\w+) }}")
_ACTION: Final = re.compile(r"{{ accion\.(\w+) }}")


def word_for(peer: str) -> bytes:
    """The Word template in a peer's language."""
    members = read_members(WORD.read_bytes())
    return write_package(
        deflate(name, _translated(content.decode(), peer).encode() if b"{{" in content else content)
        for name, content in members.items()
    )


def excel_for_exceljs() -> bytes:
    """The Excel template with `{name}` where an action's values go.

    exceljs fails to read the table of the sheet Datos: that is taken off, which leaves it less work.
    """
    book = openpyxl.load_workbook(EXCEL)
    for sheet in list(book.worksheets):
        texts = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
        if any("cambio." in cell.value for cell in texts):
            book.remove(sheet)
        sheet.tables.clear()
        for cell in texts:
            cell.value = _ACTION.sub(r"{\1}", cell.value)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def values_for(peer: str, context: Context) -> str:
    """A context as the JSON (text) that a peer is given."""
    plan: dict[str, Any] = printed_names(context.plan)
    actions = [printed_names(action) for action in context.acciones]
    # Both look names up in what is around a row, and know no dots.
    flat = {f"plan_{name}": value for name, value in plan.items()}
    given = {"plan": plan} if peer in {"carbone", "jsreport"} else flat
    return json.dumps(given | {"acciones": actions}, ensure_ascii=False)


def _translated(part: str, peer: str) -> str:
    first, last = part.find("{%p if control_de_cambios %}"), part.find("{%p endif %}")
    if first >= 0:
        part = part[: part.rindex("<w:p>", 0, first)] + part[part.index("</w:p>", last) + len("</w:p>") :]
    rows = _ROW.findall(part)
    for row in rows:
        if "{%tr" in row:
            part = part.replace(row, "")
        elif _ACTION.search(row):
            part = part.replace(row, _repeated(row, peer))
    return _PLAN.sub({"carbone": r"{d.plan.\1}", "jsreport": r"{{plan.\1}}"}.get(peer, r"{plan_\1}"), part)


def _repeated(row: str, peer: str) -> str:
    """The model row, told to be repeated."""
    match peer:
        case "carbone":
            return _ACTION.sub(r"{d.acciones[i].\1}", row) + _ACTION.sub(r"{d.acciones[i+1].\1}", row)
        case "jsreport":
            row, first, last = _ACTION.sub(r"{{\1}}", row), "{{#docxTable acciones}}", "{{/docxTable}}"
        case _:
            row, first, last = _ACTION.sub(r"{\1}", row), "{#acciones}", "{/acciones}"
    begin, end = row.index("{"), row.rindex("}") + 1
    return row[:begin] + first + row[begin:end] + last + row[end:]
