"""What stands beside a sheet (tables, pictures, charts, comments) -> the same, moved with the sheet's rows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Final

from openpyxl.utils import coordinate_to_tuple, get_column_letter

from worker.documents.moves import moved_area, moved_formula, moved_row, read_formula
from worker.documents.sheet_template import CompiledSheet
from worker.documents.splice import Part, Splicer, qualified
from worker.documents.tags import Problems

_DRAWING: Final = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_CHART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_BOX_ROW: Final = re.compile(r"(<x:Row>\s*)(\d+)(\s*</x:Row>)")
_BOX_ANCHOR: Final = re.compile(r"(<x:Anchor>)([^<]*)(</x:Anchor>)")
# Fields of a comment box's anchor that count rows: of its upper and of its lower edge.
_ANCHOR_ROWS: Final = (2, 6)


def compile_table(content: bytes, sheet: CompiledSheet, problems: Problems) -> Part:
    """A table: its area stretches, its formulas move."""
    splicer = Splicer()
    root = splicer.parse(content)
    place = f"hoja «{sheet.name}», tabla «{root.get('displayName')}»"
    for element in root.iter():
        area = element.get("ref")
        if area and sheet.model:
            element.set("ref", splicer.mark(moved_area(area, sheet.key)))
        if element.tag in {qualified("calculatedColumnFormula"), qualified("totalsRowFormula")} and element.text:
            element.text = splicer.mark(moved_formula(read_formula(element.text, sheet.name, place, problems)))
    return splicer.cut(root)


def _compile_drawing(content: bytes, sheet: CompiledSheet, problems: Problems) -> Part:
    """Pictures and charts beneath the model row move down; one that spans it would be stretched, and is refused."""
    splicer = Splicer()
    root = splicer.parse(content)
    for anchor in root:
        elements = list(anchor.iter(f"{_DRAWING}row"))
        rows = [int(row.text or "0") + 1 for row in elements]
        if rows and sheet.model and rows[0] <= sheet.model.row < rows[-1]:
            problems.add(
                f"hoja «{sheet.name}», fila {rows[0]}",
                "una imagen o un gráfico atraviesa la fila que se repite. Póngalo por encima o por debajo de ella.",
            )
        for element, row in zip(elements, rows, strict=True):
            element.text = splicer.mark(moved_row(row, sheet.key, counted_from=0))
    return splicer.cut(root)


def _compile_comments(content: bytes, sheet: CompiledSheet, _: Problems) -> Part:
    """The texts of comments; one on the model row stays with the first action."""
    splicer = Splicer()
    root = splicer.parse(content)
    for comment in root.iter(qualified("comment")):
        row, column = coordinate_to_tuple(str(comment.get("ref")))
        comment.set("ref", get_column_letter(column) + splicer.mark(moved_row(row, sheet.key)))
    return splicer.cut(root)


def _compile_comment_boxes(content: bytes, sheet: CompiledSheet, _: Problems) -> Part:
    """The boxes of comments: VML, which Excel does not always write as XML, so it is marked as text."""
    splicer = Splicer()

    def mark(row: str) -> str:
        return splicer.mark(moved_row(int(row) + 1, sheet.key, counted_from=0))

    def move_anchor(found: re.Match[str]) -> str:
        fields = found[2].split(",")
        for index in _ANCHOR_ROWS:
            fields[index] = mark(fields[index])
        return found[1] + ",".join(fields) + found[3]

    text = _BOX_ROW.sub(lambda found: found[1] + mark(found[2]) + found[3], content.decode("utf-8-sig"))
    return splicer.cut_text(_BOX_ANCHOR.sub(move_anchor, text))


def compile_chart(content: bytes, place: str, problems: Problems) -> Part:
    """A chart: its formulas move, and the values it remembers are dropped, for they would be the template's."""
    splicer = Splicer()
    root = splicer.parse(content)
    for memory in list(root.iter(f"{_CHART}numCache", f"{_CHART}strCache", f"{_CHART}multiLvlStrCache")):
        parent = memory.getparent()
        if parent is not None:
            parent.remove(memory)
    for element in root.iter(f"{_CHART}f"):
        series = dataclasses.replace(read_formula(element.text or "", "", place, problems), is_series=True)
        element.text = splicer.mark(moved_formula(series))
    return splicer.cut(root)


COMPANIONS: Final[dict[str, Callable[[bytes, CompiledSheet, Problems], Part]]] = {
    "drawing": _compile_drawing,
    "comments": _compile_comments,
    "vmlDrawing": _compile_comment_boxes,
}
"""What else moves with the rows of a sheet that has a model row, by the kind of its relation."""
