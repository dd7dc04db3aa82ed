"""A workbook made with openpyxl -> its bytes as Microsoft's own validator wants them, the same for the same contents.

openpyxl writes the properties of fonts in an order of its own and the moment of saving into the file; both are mended.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

from lxml import etree
from openpyxl import Workbook

_STYLES: Final = "xl/styles.xml"
_ORDER: Final = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family",
    "charset", "scheme",
)  # fmt: skip
_STAMP: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_MOMENT: Final = b"2000-01-01T00:00:00Z"
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)


def written(book: Workbook) -> bytes:
    """The package of a workbook."""
    saved, made = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = _STAMP.sub(rb"\g<1>" + _MOMENT, old.read(name))
            part = _in_order(part) if name == _STYLES else part
            new.writestr(zipfile.ZipInfo(name, _FIRST_DAY), part, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _in_order(styles: bytes) -> bytes:
    root = etree.fromstring(styles)
    for font in root.iter("{*}font"):
        font[:] = sorted(font, key=lambda child: _ORDER.index(etree.QName(child).localname))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
