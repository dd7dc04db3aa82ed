"""An Excel template and the headers of a plan's own columns -> the template with a column for each of them.

Offices keep columns that Folio does not know; the sheet Datos shows them behind its own. In the template one column
stands for all: its cell in the model row holds `{{ accion.otros }}`, and it is the last of its sheet. Here it becomes
as many columns as the plan brings, or none, before the template is compiled; so the rest of the engine knows nothing of
columns that come and go.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from lxml import etree
from openpyxl.utils import column_index_from_string, get_column_letter

from service.domain.errors import TemplateProblem
from worker.documents.context import extra_name
from worker.documents.package import deflate, read_members, write_package
from worker.documents.splice import Splicer, qualified
from worker.documents.tags import untagged

_MARK: Final = re.compile(r"\s*\{\{\s*accion\.otros\s*\}\}\s*")
_REFERENCE: Final = re.compile(r"([A-Z]+)(\d+)")
_TABLE: Final = "/table"


@dataclass(frozen=True, slots=True)
class _Column:
    """Where the column for all others stands: its sheet's part, number (from 1) and model row."""

    part: str
    number: int
    row: int


def with_extra_columns(template: bytes, headers: tuple[str, ...]) -> bytes:
    """The template for plans that bring these headers; unchanged where it has no place for them.

    Raises:
        TemplateProblem: the place for them is not the last column of its sheet.
    """
    members = read_members(template)
    strings = shared_strings(members)
    found = [
        column
        for name in members
        if name.startswith("xl/worksheets/") and name.endswith(".xml")
        for column in _columns(name, members[name], strings)
    ]
    for column in found:
        _spread(members, column, headers, strings)
    if not found:
        return template
    return write_package(deflate(name, content) for name, content in members.items())


def _columns(name: str, content: bytes, strings: list[str]) -> list[_Column]:
    if b"<f" not in content and b"<c" not in content:
        return []
    return [
        _Column(name, *_place(cell))
        for cell in Splicer.parse(content).iter(qualified("c"))
        if _MARK.fullmatch(cell_text(cell, strings))
    ]


def _spread(members: dict[str, bytes], column: _Column, headers: tuple[str, ...], strings: list[str]) -> None:
    root = Splicer.parse(members[column.part])
    taken = []
    for cell in list(root.iter(qualified("c"))):
        row, number = _place(cell)[1], _place(cell)[0]
        if number > column.number and len(cell):
            place = f"celda {cell.get('r')}"
            raise TemplateProblem(
                f"En la plantilla de Excel, {place}: detrás de la columna con {{{{ accion.otros }}}} no puede haber "
                "otras, porque ella ocupa tantas como traiga el plan. Póngala de última."
            )
        if number == column.number:
            _repeat(cell, _contents(row, column, headers))
        elif row == column.row - 1:
            taken.append(cell_text(cell, strings))
    names = _unique(headers, taken)
    for cell in root.iter(qualified("c")):
        number, row = _place(cell)
        if row == column.row - 1 and number >= column.number:
            _write(cell, names[number - column.number])
    last = column.number + len(headers) - 1
    _repeat_width(root, column.number, last)
    for element in root.iter(qualified("dimension"), qualified("autoFilter")):
        element.set("ref", _ending_at(str(element.get("ref")), column.number, last))
    members[column.part] = _serialised(root)
    _spread_tables(members, column, names, last)
    _spread_names(members, column.number, last)


def _contents(row: int, column: _Column, headers: tuple[str, ...]) -> list[str]:
    if row == column.row:
        return [f"{{{{ accion.{extra_name(header)} }}}}" for header in headers]
    return ["" for _ in headers]


def _repeat(cell: etree._Element, contents: Iterable[str]) -> None:
    """One cell for each of the contents, side by side, in the style of `cell`, which goes."""
    number, row = _place(cell)
    parent = cell.getparent()
    assert parent is not None  # noqa: S101 - a cell stands in a row
    at = parent.index(cell)
    parent.remove(cell)
    for shift, content in enumerate(contents):
        copy = deepcopy(cell)
        copy.tail = None
        copy.set("r", f"{get_column_letter(number + shift)}{row}")
        _write(copy, content)
        parent.insert(at + shift, copy)


def _write(cell: etree._Element, content: str) -> None:
    cell[:] = []
    etree.strip_attributes(cell, "t")
    if content:
        cell.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(cell, qualified("is")), qualified("t"))
        text.text = content
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _repeat_width(root: etree._Element, first: int, last: int) -> None:
    for width in list(root.iter(qualified("col"))):
        if int(str(width.get("min"))) == first:
            if last < first:
                parent = width.getparent()
                assert parent is not None  # noqa: S101 - a width stands in <cols>
                parent.remove(width)
            else:
                width.set("max", str(last))


def _spread_tables(members: dict[str, bytes], column: _Column, names: list[str], last: int) -> None:
    folder, name = posixpath.split(column.part)
    relations = members.get(f"{folder}/_rels/{name}.rels")
    for relation in Splicer.parse(relations) if relations else ():
        if not str(relation.get("Type")).endswith(_TABLE):
            continue
        part = posixpath.normpath(posixpath.join("/", folder, str(relation.get("Target")))).lstrip("/")
        table = Splicer.parse(members[part])
        if _last_column(str(table.get("ref"))) != column.number:
            continue
        for element in (table, *table.iter(qualified("autoFilter"))):
            element.set("ref", _ending_at(str(element.get("ref")), column.number, last))
        columns = table.find(qualified("tableColumns"))
        assert columns is not None  # noqa: S101 - Excel's tables have columns
        model = columns[-1]
        columns.remove(model)
        for shift, header in enumerate(names):
            copy = deepcopy(model)
            copy.set("id", str(int(str(model.get("id"))) + shift))
            copy.set("name", header)
            columns.append(copy)
        columns.set("count", str(len(columns)))
        members[part] = _serialised(table)


def _spread_names(members: dict[str, bytes], first: int, last: int) -> None:
    """Print areas and other names that end at the column end at the last of its copies."""
    root = Splicer.parse(members["xl/workbook.xml"])
    ends = f":${get_column_letter(first)}$"
    for name in root.iter(qualified("definedName")):
        name.text = (name.text or "").replace(ends, f":${get_column_letter(last)}$")
    members["xl/workbook.xml"] = _serialised(root)


def _unique(headers: tuple[str, ...], taken: list[str]) -> list[str]:
    """Headers that no other column of the sheet has, in letters of any size: Excel's tables ask for that."""
    seen = {text.casefold() for text in taken}
    names = []
    for header in headers:
        text = untagged(header)
        name, copy = text, 2
        while name.casefold() in seen:
            name, copy = f"{text} ({copy})", copy + 1
        seen.add(name.casefold())
        names.append(name)
    return names


def _ending_at(area: str, first: int, last: int) -> str:
    start, _, end = area.partition(":")
    found = _REFERENCE.fullmatch(end)
    if found and column_index_from_string(found[1]) == first:
        return f"{start}:{get_column_letter(last)}{found[2]}"
    return area


def _last_column(area: str) -> int:
    found = _REFERENCE.fullmatch(area.partition(":")[2])
    return column_index_from_string(found[1]) if found else 0


def _place(cell: etree._Element) -> tuple[int, int]:
    """Column and row, from 1."""
    found = _REFERENCE.fullmatch(str(cell.get("r")))
    return (column_index_from_string(found[1]), int(found[2])) if found else (0, 0)


def cell_text(cell: etree._Element, strings: list[str]) -> str:
    """The text of a cell of a template, given its shared strings."""
    if cell.get("t") == "s":
        return strings[int(cell.findtext(qualified("v")) or "0")]
    return "".join(text.text or "" for text in cell.iter(qualified("t")))


def shared_strings(members: dict[str, bytes]) -> list[str]:
    """The texts that the cells of a template refer to by number."""
    content = members.get("xl/sharedStrings.xml")
    items = Splicer.parse(content).iter(qualified("si")) if content else ()
    return ["".join(text.text or "" for text in item.iter(qualified("t"))) for item in items]


def _serialised(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
