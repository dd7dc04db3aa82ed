"""Sheets and columns of tables that have other names now -> the same names wherever the workbook speaks of them.

Formulas, defined names, lists, conditional formats, charts, links and pivot tables lead to a sheet by its name. A name
that a formula puts together from pieces cannot be known here and stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from lxml import etree

from worker.documents.open_package import OpenPackage

_FORMULAS: Final = frozenset(
    {"f", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula", "definedName", "sqref"}
)
_NAMING: Final = re.compile(r"xl/(?:charts|chartsheets|drawings|tables|worksheets|pivotCache|workbook)")
_TITLES: Final = "docProps/app.xml"


def rename(package: OpenPackage, main: str, sheets: Mapping[str, str], columns: Mapping[str, str]) -> None:
    """Follow the new names; `main` is the workbook's own part. Nothing else may be changed in the package behind it.

    Args:
        package: whose parts are changed, those alone that name something.
        main: the part with the defined names.
        sheets: from old names to new ones.
        columns: the same for columns of tables.
    """
    changes = [_of_sheet(old, new) for old, new in sheets.items()]
    changes += [_of_column(old, new) for old, new in columns.items()]
    words = [word.encode() for name in (*sheets, *columns) for word in re.findall(r"[^\W_]+", name)]
    for part in package.names():
        is_naming = part == main or (part.endswith(".xml") and _NAMING.match(part) is not None)
        if is_naming and any(word in package.read(part) for word in words):
            for tree in package.trees(part, words):
                _follow(tree, changes, sheets)
    if sheets and _TITLES in package:
        for title in package.tree(_TITLES).iter("{*}lpstr"):
            title.text = sheets.get(title.text or "", title.text)


def _follow(root: etree._Element, changes: Iterable[Callable[[str], str]], sheets: Mapping[str, str]) -> None:
    changes = tuple(changes)
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element).localname
        if name in _FORMULAS and element.text:
            element.text = _all(changes, element.text)
        elif name == "hyperlink" and element.get("location"):
            element.set("location", _all(changes, element.get("location", "")))
        elif name == "worksheetSource" and element.get("sheet") in sheets:
            element.set("sheet", sheets[element.get("sheet", "")])


def _all(changes: Iterable[Callable[[str], str]], text: str) -> str:
    for change in changes:
        text = change(text)
    return text


def _of_sheet(old: str, new: str) -> Callable[[str], str]:
    quoted, bare = re.escape(old.replace("'", "''")), re.escape(old)
    pattern = re.compile(rf"'{quoted}'!|(?<![\w'.\]\[!]){bare}!", re.IGNORECASE)
    prefix = quote(new)
    return lambda text: pattern.sub(lambda _: f"{prefix}!", text)


def _of_column(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(f"[{old}]", f"[{new}]")


def quote(sheet: str) -> str:
    """A sheet's name as a formula writes it."""
    doubled = sheet.replace("'", "''")
    return f"'{doubled}'"
