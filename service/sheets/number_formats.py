"""The form in which a sheet shows a value becomes the kind of the cell that holds it."""

from __future__ import annotations

from typing import Final

from service.domain.number_formats import Form, form_of_format
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
