"""One sheet of the template -> the part that a report fills: its model row, its tags, and all that moves with its rows.

openpyxl says what each cell looks like; the XML is marked and cut, so that what the office drew stays as it drew it.
What cannot be moved rightly is refused here, by name and place, never written wrongly later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree
from openpyxl.formula.translate import Translator
from openpyxl.utils import coordinate_to_tuple, get_column_letter
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.errors import TemplateProblem
from worker.documents.moves import moved_area, moved_cell, moved_formula, moved_row, read_formula
from worker.documents.references import Copy, Formula, area_rows
from worker.documents.sheet_measures import SheetMeasures
from worker.documents.sheet_rows import Cell, ModelRow, TaggedRow
from worker.documents.splice import MAIN, Filling, Part, Piece, Splicer, escape, escape_attribute, qualified
from worker.documents.tags import (
    REPEATED,
    Problems,
    TaggedText,
    fill_text,
    has_tag,
    names_repeated,
    parse_text,
    scopes_in,
)

_LONGEST_HEADER: Final = 255
_SIZE_COMMAND: Final = re.compile(r"&\d+$")
_HEADERS: Final = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_X14_FORMULA: Final = "{http://schemas.microsoft.com/office/excel/2006/main}f"
_X14_AREA: Final = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"
_UNMOVABLE: Final = {
    "customSheetViews": "vistas personalizadas",
    "scenarios": "escenarios",
    "dataConsolidate": "una consolidación de datos",
    "oleObjects": "objetos incrustados",
    "controls": "controles de formulario",
    "webPublishItems": "publicaciones web",
    "smartTags": "etiquetas inteligentes",
}


@dataclass(frozen=True, slots=True)
class CompiledSheet:
    """A sheet that is ready to be filled; without a model row or tag `part` is written as it came."""

    name: str
    part: Part
    model: ModelRow | None

    @property
    def key(self) -> str:
        """The name as references compare it."""
        return self.name.lower()


def compile_sheet(
    content: bytes, sheet: Worksheet, texts: list[etree._Element], tables: list[str], problems: Problems
) -> CompiledSheet:
    """Read one sheet.

    Args:
        content: the sheet's XML.
        sheet: the same as openpyxl read it.
        texts: the template's shared strings, as `<si>` elements.
        tables: the areas of the sheet's tables, headers included.
        problems: where everything that cannot be filled is noted.
    """
    return _SheetCompiler(content, sheet, texts, tables, problems).compile()


class _SheetCompiler:
    def __init__(
        self, content: bytes, sheet: Worksheet, texts: list[etree._Element], tables: list[str], problems: Problems
    ) -> None:
        self.sheet = sheet
        self.key = sheet.title.lower()
        self.texts = texts
        self.tables = tables
        self.problems = problems
        self.splicer = Splicer()
        self.root = Splicer.parse(content)
        self.rows = list(self.root.iter(qualified("row")))
        self.merged = [(area.min_col, area.min_row, area.max_col, area.max_row) for area in sheet.merged_cells.ranges]
        self.shared: dict[str, tuple[str, str]] = {}
        self.measures = SheetMeasures(sheet)

    def compile(self) -> CompiledSheet:
        self._refuse_unmovable()
        self._number_rows()
        model_element = self._find_model_row()
        model = self._compile_model(model_element) if model_element is not None else None
        for row in self.rows:
            if row is not model_element:
                self._compile_row(row, model)
        self._compile_rules(model)
        if model_element is not None and model:
            self.splicer.replace(model_element, model.xml)
            self._stretch_around(model)
        self._compile_headers()
        return CompiledSheet(self.sheet.title, self.splicer.cut(self.root), model)

    def _place(self, cell: str = "") -> str:
        return f"hoja «{self.sheet.title}»" + (f", celda {cell}" if cell else "")

    def _refuse_unmovable(self) -> None:
        for child in self.root:
            name = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if name in _UNMOVABLE:
                self.problems.add(
                    self._place(), f"tiene {_UNMOVABLE[name]}, que Folio no sabe llenar. Quítelo de la plantilla."
                )

    def _number_rows(self) -> None:
        """Give rows and cells the address that Excel lets a writer leave out."""
        number = 0
        for row in self.rows:
            number = int(row.get("r") or number + 1)
            row.set("r", str(number))
            column = 0
            for cell in row.iter(qualified("c")):
                reference = cell.get("r")
                column = coordinate_to_tuple(reference)[1] if reference else column + 1
                cell.set("r", f"{get_column_letter(column)}{number}")

    def _find_model_row(self) -> etree._Element | None:
        found = [row for row in self.rows if self._scopes(row)]
        if len(found) > 1:
            rows = " y ".join(str(row.get("r")) for row in found)
            self.problems.add(
                self._place(),
                f"las filas {rows} tienen etiquetas {{{{ accion.… }}}} o {{{{ cambio.… }}}}, y solo una fila puede "
                "repetirse. Póngalas todas en una misma fila.",
            )
        return found[0] if found else None

    def _scopes(self, row: etree._Element) -> list[str]:
        """What the tags of a row repeat it for, each once."""
        asked = [scope for cell in row.iter(qualified("c")) for scope in scopes_in(self._text(cell))]
        return [scope for scope in REPEATED if scope in asked]

    def _text(self, cell: etree._Element) -> str:
        return "".join(run or "" for _, run in self._runs(cell))

    def _runs(self, cell: etree._Element) -> list[tuple[str, str]]:
        """The text of a cell as pairs of a run's properties (XML or empty) and its text; none when it has no text."""
        kind = cell.get("t")
        if kind == "s":
            holder = self.texts[int(cell.findtext(qualified("v"), "0"))]
        elif kind == "inlineStr":
            inline = cell.find(qualified("is"))
            if inline is None:
                return []
            holder = inline
        else:
            return []
        if not (runs := holder.findall(qualified("r"))):
            return [("", _plain(holder.find(qualified("t"))))]
        return [(_xml(run.find(qualified("rPr"))), _plain(run.find(qualified("t")))) for run in runs]

    def _compile_cell(self, element: etree._Element) -> Cell:
        reference = str(element.get("r"))
        row, column_index = coordinate_to_tuple(reference)
        cell = self.sheet.cell(row, column_index)
        place = self._place(reference)
        column = get_column_letter(column_index)
        style = int(element.get("s", "0"))
        setting = self.measures.setting(row, column_index)
        runs = self._runs(element)
        text = "".join(run for _, run in runs)
        if not has_tag(text):
            formula = self._formula_of(element)
            if formula is not None:
                return Cell(column, style, cell.number_format, setting, formula=formula)
            return Cell(column, style, cell.number_format, setting, fixed=_fixed(element))
        if len(runs) == 1 and not runs[0][0]:
            return Cell(column, style, cell.number_format, setting, text=parse_text(text, place, self.problems))
        tagged = tuple((properties, parse_text(run, place, self.problems)) for properties, run in runs)
        return Cell(column, style, cell.number_format, setting, runs=tagged)

    def _formula_of(self, element: etree._Element) -> Formula | None:
        formula = element.find(qualified("f"))
        if formula is None:
            return None
        reference = str(element.get("r"))
        text = formula.text or ""
        if formula.get("t") == "shared":
            index = str(formula.get("si"))
            if text:
                self.shared[index] = (text, reference)
            elif index in self.shared:
                origin_text, origin = self.shared[index]
                text = Translator(f"={origin_text}", origin=origin).translate_formula(reference).removeprefix("=")
        elif formula.get("t") in {"array", "dataTable"}:
            self.problems.add(
                self._place(reference),
                "tiene una fórmula matricial o una tabla de datos, y Folio no sabe moverla. Use una fórmula corriente.",
            )
        if has_tag(text):
            self.problems.add(
                self._place(reference),
                "una fórmula no puede llevar etiquetas. Escriba la etiqueta en una celda y remita a ella.",
            )
        return read_formula(text, self.key, self._place(reference), self.problems)

    def _compile_model(self, row: etree._Element) -> ModelRow:
        number = int(str(row.get("r")))
        merges = []
        for left, top, right, bottom in self.merged:
            if top <= number <= bottom:
                if top != bottom:
                    area = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
                    self.problems.add(
                        self._place(area),
                        "la fila que se repite no puede combinarse con otras filas. Separe esas celdas.",
                    )
                merges.append((get_column_letter(left), get_column_letter(right)))
        is_fixed = row.get("customHeight") in {"1", "true"}
        if len(self._scopes(row)) > 1:
            self.problems.add(
                f"{self._place()}, fila {number}",
                "una fila no puede llevar etiquetas {{ accion.… }} y {{ cambio.… }} a la vez. Use hojas distintas.",
            )
        return ModelRow(
            scope=self._scopes(row)[0],
            sheet=self.key,
            row=number,
            attributes=_attributes(row, without={"r", "ht", "customHeight"}),
            least_height=float(row.get("ht", "0")) if is_fixed else 0.0,
            is_fixed_height=is_fixed,
            is_in_table=any(top <= number <= bottom for area in self.tables for top, bottom in area_rows(area)),
            cells=tuple(self._compile_cell(cell) for cell in row.iter(qualified("c"))),
            merges=tuple(merges),
        )

    def _compile_row(self, row: etree._Element, model: ModelRow | None) -> None:
        number = int(str(row.get("r")))
        tagged: list[Cell] = []
        for element in list(row.iter(qualified("c"))):
            reference = str(element.get("r"))
            is_tagged = has_tag(self._text(element))
            if is_tagged or element.find(qualified("f")) is not None:
                cell = self._compile_cell(element)
                self.splicer.replace(element, _lone_cell(cell, number, self.key))
                if is_tagged:
                    tagged.append(cell)
                    self._refuse_in_table_header(reference, number)
            elif model and number > model.row:
                element.set("r", self.splicer.mark(moved_cell(reference, self.key)))
        if tagged:
            is_fixed = row.get("customHeight") in {"1", "true"}
            least = float(row.get("ht", "0")) if is_fixed else 0.0
            row.set("ht", self.splicer.mark(TaggedRow(tuple(tagged), least).height))
            row.set("customHeight", "1")
        if model and number > model.row:
            row.set("r", self.splicer.mark(moved_row(number, self.key)))

    def _refuse_in_table_header(self, reference: str, number: int) -> None:
        if any(top == number for area in self.tables for top, _ in area_rows(area)):
            self.problems.add(
                self._place(reference),
                "el encabezado de una tabla de Excel no admite etiquetas. Escriba un texto fijo.",
            )

    def _stretch_around(self, model: ModelRow) -> None:
        """Mark every address that moves when the model row becomes many."""
        self._stretch_merges(model)
        for line in self.root.iterfind(f"{qualified('rowBreaks')}/{qualified('brk')}"):
            line.set("id", self.splicer.mark(moved_row(int(line.get("id", "0")), self.key)))
        for area in self.root.iter(_X14_AREA):
            area.text = self.splicer.mark(moved_area(area.text or "", self.key))
        for element in self.root.iter():
            if element.tag in {qualified("mergeCell"), qualified("f")}:
                continue
            for name, move in (
                ("ref", moved_area),
                ("sqref", moved_area),
                ("topLeftCell", moved_cell),
                ("activeCell", moved_cell),
            ):
                address = element.get(name)
                if address:
                    element.set(name, self.splicer.mark(move(address, self.key)))

    def _stretch_merges(self, model: ModelRow) -> None:
        """Merges of other rows move; those of the model row are written for each of its copies."""
        merges = self.root.find(qualified("mergeCells"))
        if merges is None:
            return
        etree.strip_attributes(merges, "count")
        for merge in list(merges):
            area = str(merge.get("ref"))
            if area_rows(area)[0][0] == model.row:
                merges.remove(merge)
            else:
                merge.set("ref", self.splicer.mark(moved_area(area, self.key)))
        if model.merges:
            merges.append(self.splicer.element(model.merges_xml))

    def _compile_headers(self) -> None:
        for name in _HEADERS:
            for element in self.root.iter(qualified(name)):
                text = element.text or ""
                if has_tag(text):
                    place = f"{self._place()}, encabezado o pie de página"
                    parts = parse_text(text, place, self.problems)
                    if names_repeated(parts):
                        self.problems.add(
                            place, "no puede llevar etiquetas de la acción, que son muchas; use las del plan."
                        )
                    element.text = self.splicer.mark(_Header(parts, place).xml)

    def _compile_rules(self, model: ModelRow | None) -> None:
        """Formulas of conditional formats and validations, wherever Excel keeps them."""
        for element in self.root.iter():
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if element.text and (name in {"formula", "formula1", "formula2"} or element.tag == _X14_FORMULA):
                formula = read_formula(element.text, self.key, self._place(), self.problems)
                # Rules speak of the first cell they serve: if that is in the model row, of the row's own cells.
                is_of_model = model is not None and _first_served_row(element) == model.row
                element.text = self.splicer.mark(moved_formula(formula, Copy(self.key, 0, 0) if is_of_model else None))


@dataclass(frozen=True, slots=True)
class _Header:
    """A printed header or footer with tags."""

    parts: TaggedText
    place: str

    def xml(self, filling: Filling) -> str:
        """Its text; "&" in a value is doubled, because a single one commands."""
        text = ""
        for part in self.parts:
            if isinstance(part, str):
                text += part
                continue
            value = fill_text((part,), filling.plan, {}).replace("&", "&&")
            # "&8" sets the size: a digit behind it would be read as part of it.
            text += f" {value}" if value[:1].isdigit() and _SIZE_COMMAND.search(text) else value
        if len(text) > _LONGEST_HEADER:
            raise TemplateProblem(
                f"En la plantilla de Excel, {self.place}: con los datos de este informe tendría {len(text)} caracteres "
                f"y Excel admite {_LONGEST_HEADER}. Ponga lo largo en las filas que se repiten al imprimir."
            )
        return escape(text)


def _first_served_row(rule: etree._Element) -> int | None:
    for holder in rule.iterancestors():
        area = holder.get("sqref") or holder.findtext(_X14_AREA)
        if area:
            return area_rows(area)[0][0]
    return None


def _plain(element: etree._Element | None) -> str:
    """The text of a `<t>`, with Excel's own escapes undone."""
    return unescape(element.text or "") if element is not None else ""


def _xml(element: etree._Element | None) -> str:
    if element is None:
        return ""
    return etree.tostring(element, encoding="unicode", with_tail=False).replace(f' xmlns="{MAIN}"', "", 1)


def _fixed(cell: etree._Element) -> str:
    """A cell's XML from behind its style on: its type and value."""
    kind = f' t="{cell.get("t")}"' if cell.get("t") else ""
    content = "".join(_xml(child) for child in cell)
    return f"{kind}>{content}</c>" if content else "/>"


def _attributes(element: etree._Element, without: set[str]) -> str:
    """The attributes of a row that every copy of it keeps; those of extensions are for Excel's own use."""
    return "".join(
        f' {name}="{escape_attribute(value)}"'
        for name, value in ((str(name), str(value)) for name, value in element.attrib.items())
        if name not in without and "{" not in name
    )


def _lone_cell(cell: Cell, row: int, sheet: str) -> Piece:
    """A cell outside the model row."""

    def xml(filling: Filling) -> str:
        layout = filling.layouts.get(sheet)
        return f"{cell.head}{layout.first_row(row) if layout else row}{cell.rest(filling, {})}"

    return xml
