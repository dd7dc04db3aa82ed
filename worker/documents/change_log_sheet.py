"""An Excel template -> the same without the sheets that tell the control de cambios: for reports that have none.

Such a sheet is one whose cells hold `{{ cambio.… }}`. It is taken out before the template is compiled, so that the
workbook is the one that a template without it would give. Assumes that no formula elsewhere looks into it.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from worker.documents.extra_columns import cell_text, shared_strings
from worker.documents.open_package import OpenPackage, whole_number
from worker.documents.splice import qualified

_WORKBOOK: Final = "xl/workbook.xml"
_STRINGS: Final = "xl/sharedStrings.xml"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TAG: Final = re.compile(r"\{\{\s*cambio\.")


def without_change_log(template: bytes) -> bytes:
    """The template without its sheets for the control de cambios; the very same bytes where it has none."""
    package = OpenPackage(template)
    strings = shared_strings({_STRINGS: package.read(_STRINGS)} if _STRINGS in package else {})
    targets = {relation.id: relation.target for relation in package.relations(_WORKBOOK)}
    sheets = list(package.tree(_WORKBOOK).iter(qualified("sheet")))
    telling = [
        sheet
        for sheet in sheets
        if any(
            _TAG.search(cell_text(cell, strings))
            for cell in package.tree(targets[sheet.get(_RELATION, "")]).iter(qualified("c"))
        )
    ]
    for sheet in telling:
        _take_out(package, sheet, targets[sheet.get(_RELATION, "")])
    return package.close() if telling else template


def _take_out(package: OpenPackage, sheet: etree._Element, part: str) -> None:
    root = package.tree(_WORKBOOK)
    place = list(root.iter(qualified("sheet"))).index(sheet)
    for relation in package.relations(part):
        if relation.target:
            package.drop(relation.target)
    package.drop(part)
    package.unrelate(_WORKBOOK, sheet.get(_RELATION, ""))
    _remove(sheet)
    # Names and the tab that opens first tell a sheet by its place.
    for name in list(root.iter(qualified("definedName"))):
        owner = whole_number(name.get("localSheetId"), -1)
        if owner == place:
            _remove(name)
        elif owner > place:
            name.set("localSheetId", str(owner - 1))
    for view in root.iter(qualified("workbookView")):
        for attribute in ("activeTab", "firstSheet"):
            shown = whole_number(view.get(attribute))
            if shown and shown >= place:
                view.set(attribute, str(shown - 1))


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None  # noqa: S101 - sheets and names stand in the workbook
    parent.remove(element)
