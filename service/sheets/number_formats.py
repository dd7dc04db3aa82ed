"""The form in which a sheet shows a value becomes the kind of the cell that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from service.domain.number_formats import Form, form_of_format
from service.sheets.elements import SMALL, elements_in
from service.sheets.parsed import Kind

KINDS: Final = {
    Form.TEXT: Kind.TEXT,
    Form.NUMBER: Kind.NUMBER,
    Form.GROUPED: Kind.GROUPED,
    Form.PERCENTAGE: Kind.PERCENTAGE,
    Form.DATE: Kind.DATE,
}


def kind_of_format(id_: str, code: str | None) -> Kind:
    """The kind of a number in a format: the format's number, and its code when it is not a built-in one."""
    return KINDS[form_of_format(id_, code)]


def kinds_of_styles(styles: bytes) -> Mapping[str, Kind]:
    """The kind of a number in each cell style of an .xlsx, by the style's number as cells write it.

    Raises:
        XMLSyntaxError: the part is no XML.
    """
    return (_known if len(styles) <= SMALL else _kinds)(styles)


def _kinds(styles: bytes) -> Mapping[str, Kind]:
    codes: dict[str, str] = {}
    kinds: dict[str, Kind] = {}
    for element in elements_in(styles, "{*}numFmt", "{*}cellXfs"):
        if element.tag.endswith("}numFmt"):
            codes[element.get("numFmtId", "")] = element.get("formatCode", "")
        else:
            ids = [style.get("numFmtId", "0") for style in element if isinstance(style.tag, str)]
            kinds = {str(style): kind_of_format(id_, codes.get(id_)) for style, id_ in enumerate(ids)}
    return kinds


# The same in most workbooks of an office, and in each that is corrected and uploaded again.
_known: Final = lru_cache(maxsize=8)(_kinds)
