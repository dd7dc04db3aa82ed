"""The workbook part of an open package: its sheets and names, and what must follow when a sheet comes or goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree
from openpyxl.utils.cell import column_index_from_string

from worker.documents.mark_styles import EMPTY
from worker.documents.open_package import OpenPackage, whole_number
from worker.documents.split_part import SplitPart

_SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_STYLES_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_MACRO_BOOK: Final = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_PLAIN_BOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
# What a workbook's part has before and behind its sheets and names (ECMA-376, 18.2.27).
_BEFORE_NAMES: Final = ("sheets", "functionGroups", "externalReferences")
_PRINT_AREA: Final = "_xlnm.Print_Area"
_SELECTED: Final = re.compile(rb'\s+tabSelected="(?:1|true)"')
_SELECTED_REACH: Final = 64 * 1024
_MACRO_LINKS: Final = frozenset({"vbaProject", "xlMacrosheet", "xlIntlMacrosheet", "wsSortMap"})


@dataclass(frozen=True, slots=True)
class Tab:
    """A sheet of the workbook: its name, its part, the kind of its link (worksheet, chartsheet, ...)."""

    name: str
    part: str
    kind: str
    link: str


class OpenBook:
    """An .xlsx or .xlsm package as a workbook."""

    def __init__(self, content: bytes) -> None:
        self.package = OpenPackage(content)
        found = self.package.relation("", "officeDocument")
        if found is None:
            raise ValueError("the package names no workbook")
        self._main = found.target
        self._root = self.package.tree(self._main)
        self.space = etree.QName(self._root).namespace or ""

    @property
    def main(self) -> str:
        """The workbook's own part."""
        return self._main

    @property
    def relations_space(self) -> str:
        """The namespace of ids that lead to other parts."""
        for sheet in self._sheets():
            for name in sheet.keys():  # noqa: SIM118  lxml elements are no dicts
                space, _, local = str(name).rpartition("}")
                if local == "id" and space:
                    return space[1:]
        return "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """The sheets in the order of their tabs."""
        links = {one.id: one for one in self.package.relations(self._main)}
        found = []
        for sheet in self._sheets():
            link = links.get(_id_of(sheet))
            if link is not None and link.target in self.package:
                found.append(Tab(sheet.get("name", ""), link.target, link.kind, link.id))
        return tuple(found)

    def styles(self) -> etree._Element:
        """The root of the style sheet; made where there is none."""
        found = self.package.relation(self._main, "styles")
        if found is None or found.target not in self.package:
            part = self.package.free_name("xl/styles{}.xml")
            self.package.set(part, EMPTY.replace(_MAIN, self.space).encode(), _STYLES_TYPE)
            self.package.relate(self._main, "styles", part)
            return self.package.tree(part)
        return self.package.tree(found.target)

    def drop_macros(self) -> bool:
        """Make a workbook with macros one without; False when it had none."""
        macros = [link for link in self.package.relations(self._main) if link.kind in _MACRO_LINKS]
        for tab in self.tabs:
            if tab.kind in _MACRO_LINKS:
                self.remove_tab(tab)
        for link in macros:
            if link.target in self.package:
                self.package.unrelate(self._main, link.id)
                self.package.drop(link.target)
        for link in self.package.relations(""):
            if link.kind in {"ui", "extensibility"} and macros:
                self.package.unrelate("", link.id)
                self.package.drop(link.target)
        self.package.retype(_MACRO_BOOK, _PLAIN_BOOK)
        return bool(macros)

    def drop_signature(self) -> bool:
        """Take out a digital signature, which any change would break; False when there was none."""
        signed = [link for link in self.package.relations("") if link.kind == "origin"]
        for link in signed:
            for one in self.package.relations(link.target):
                self.package.drop(one.target)
            self.package.unrelate("", link.id)
            self.package.drop(link.target)
        return bool(signed)

    def drop_calculation_chain(self) -> None:
        """Excel makes the order of its calculation anew; an old one would not know our formulas."""
        link = self.package.relation(self._main, "calcChain")
        if link is not None:
            self.package.unrelate(self._main, link.id)
            self.package.drop(link.target)

    def add_first(self, name: str, content: bytes) -> None:
        """A new sheet before all others; the workbook opens on it."""
        for tab in self.tabs:
            self._unselect(tab.part)
        self._add(name, content, 0, "visible")
        self._move_local_names(0, 1)
        for view in self._root.iter(self._tag("workbookView")):
            view.set("activeTab", "0")
            view.set("firstSheet", "0")

    def add_hidden(self, name: str, content: bytes) -> None:
        """A new sheet behind all others, that nobody sees."""
        self._add(name, content, len(self._sheets()), "hidden")

    def remove_tab(self, tab: Tab) -> None:
        """Take a sheet out; the workbook opens on the first that stays and is shown."""
        sheets = self._sheets()
        at = self._place(tab)
        parent = sheets[at].getparent()
        if parent is not None:
            parent.remove(sheets[at])
        for link in self.package.relations(tab.part):
            if link.kind in {"comments", "vmlDrawing", "printerSettings"} and link.target in self.package:
                self.package.drop(link.target)
        self.package.unrelate(self._main, tab.link)
        self.package.drop(tab.part)
        self._move_local_names(at, -1)
        shown = next((n for n, sheet in enumerate(self._sheets()) if sheet.get("state", "visible") == "visible"), 0)
        for view in self._root.iter(self._tag("workbookView")):
            view.set("activeTab", str(shown))
            view.set("firstSheet", "0")

    def names(self) -> tuple[str, ...]:
        """The defined names."""
        return tuple(one.get("name", "") for one in self._root.iter(self._tag("definedName")))

    def define(self, name: str, meaning: str, *, sheet: int | None = None, is_hidden: bool = True) -> None:
        """Define a name, hidden or not; `sheet` (from 0) when it belongs to one."""
        names = self._root.find(self._tag("definedNames"))
        if names is None:
            names = etree.Element(self._tag("definedNames"))
            before = [one for one in self._root if _local(one) in _BEFORE_NAMES]
            before[-1].addnext(names)
        one = etree.SubElement(names, self._tag("definedName"), {"name": name})
        if sheet is not None:
            one.set("localSheetId", str(sheet))
        if is_hidden:
            one.set("hidden", "1")
        one.text = meaning

    def remove_names(self, prefix: str) -> None:
        """Take out the names that begin so."""
        for names in self._root.findall(self._tag("definedNames")):
            for one in list(names):
                if one.get("name", "").startswith(prefix):
                    names.remove(one)
            if len(names) == 0:
                self._root.remove(names)

    def print_area(self, tab: Tab) -> str | None:
        """What of a sheet is printed, as its defined name says it; None: all of it."""
        name = self._print_area(tab)
        return None if name is None else name.text

    def set_print_area(self, tab: Tab, area: str) -> None:
        """Print that of a sheet, and nothing else of it."""
        name = self._print_area(tab)
        if name is None:
            self.define(_PRINT_AREA, area, sheet=self._place(tab), is_hidden=False)
        else:
            name.text = area

    def rename_tab(self, tab: Tab, name: str) -> None:
        """Give a sheet another name. What refers to it by name is for the caller to change."""
        self._sheets()[self._place(tab)].set("name", name)

    def is_hidden(self, tab: Tab) -> bool:
        """Whether nobody sees a sheet's tab."""
        return self._sheets()[self._place(tab)].get("state", "visible") != "visible"

    @property
    def starts_in_1904(self) -> bool:
        """Whether days are counted from 1904, as old Macs did."""
        properties = self._root.find(self._tag("workbookPr"))
        return properties is not None and properties.get("date1904") in {"1", "true"}

    def calculate_on_opening(self) -> None:
        """Have formulas computed anew when the workbook is opened: what they were computed from has changed."""
        calculation = self._root.find(self._tag("calcPr"))
        if calculation is None:
            calculation = etree.Element(self._tag("calcPr"))
            before = [one for one in self._root if _local(one) in {*_BEFORE_NAMES, "definedNames"}]
            before[-1].addnext(calculation)
        calculation.set("fullCalcOnLoad", "1")

    @property
    def texts(self) -> SplitPart | None:
        """The texts that cells share, if there are any."""
        found = self.package.relation(self._main, "sharedStrings")
        return self.package.texts(found.target) if found is not None and found.target in self.package else None

    def rows(self, tab: Tab) -> Iterator[dict[int, str]]:
        """The texts of a sheet by row and column (from 1): for sheets of ours, which are small."""
        rows, shared = self.package.rows(tab.part), self.texts
        for at in range(len(rows)):
            texts = {}
            for cell in rows.element(at).iterchildren(self._tag("c")):
                column = column_index_from_string(cell.get("r", "A").rstrip("0123456789"))
                value = cell.findtext(self._tag("v")) or ""
                if cell.get("t") == "inlineStr":
                    value = self._text(cell)
                elif cell.get("t") == "s":
                    number = whole_number(value, -1)
                    value = self._text(shared.element(number)) if shared and 0 <= number < len(shared) else ""
                if value:
                    texts[column] = value
            yield texts

    def _text(self, holder: etree._Element) -> str:
        return "".join(piece.text or "" for piece in holder.iter(self._tag("t")))

    def _add(self, name: str, content: bytes, at: int, state: str) -> None:
        part = self.package.free_name("xl/worksheets/folio{}.xml")
        self.package.set(part, content, _SHEET_TYPE)
        link = self.package.relate(self._main, "worksheet", part)
        sheets = self._root.find(self._tag("sheets"))
        if sheets is None:
            raise ValueError("the workbook has no sheets")
        taken = max((whole_number(one.get("sheetId")) for one in sheets), default=0)
        sheet = etree.Element(self._tag("sheet"), {"name": name, "sheetId": str(taken + 1)})
        if state != "visible":
            sheet.set("state", state)
        sheet.set(f"{{{self.relations_space}}}id", link)
        sheets.insert(at, sheet)

    def _print_area(self, tab: Tab) -> etree._Element | None:
        place = str(self._place(tab))
        names = (one for one in self._root.iter(self._tag("definedName")) if one.get("localSheetId") == place)
        return next((one for one in names if one.get("name") == _PRINT_AREA), None)

    def _place(self, tab: Tab) -> int:
        return next(at for at, sheet in enumerate(self._sheets()) if _id_of(sheet) == tab.link)

    def _unselect(self, part: str) -> None:
        """Two selected sheets would be a group: what is typed in one goes into both."""
        content = self.package.read(part)
        head, rest = content[:_SELECTED_REACH], content[_SELECTED_REACH:]
        unselected = _SELECTED.sub(b"", head)
        if unselected != head:
            self.package.set(part, unselected + rest)

    def _move_local_names(self, at: int, by: int) -> None:
        for names in self._root.findall(self._tag("definedNames")):
            for one in list(names):
                own = whole_number(one.get("localSheetId"), -1)
                if own < at:
                    continue
                if by < 0 and own == at:
                    names.remove(one)
                else:
                    one.set("localSheetId", str(own + by))
            if len(names) == 0:
                self._root.remove(names)

    def _sheets(self) -> list[etree._Element]:
        return list(self._root.iterfind(f"{self._tag('sheets')}/{self._tag('sheet')}"))

    def _tag(self, name: str) -> str:
        return f"{{{self.space}}}{name}"


_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _id_of(sheet: etree._Element) -> str:
    return next((str(value) for key, value in sheet.items() if str(key).endswith("}id")), "")


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
