"""The value of a cell -> how it is told to a person in a difference."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import Final

from service.domain.values import printed_date, printed_number
from worker.documents.proof_excel_book import Formula, Number, Value

_EPOCH: Final = dt.date(1899, 12, 30)


def joined_values(cells: dict[int, Value]) -> str:
    """The cells of a row in their order."""
    return " | ".join(shown_value(cells[column]) for column in sorted(cells))


def shown_value(value: Value) -> str:
    """A value as a reader sees it, near enough to find it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Formula):
        return "una fórmula"
    if value.kind == "percent":
        return f"{printed_number(value.value * 100)} %"
    if value.kind == "date" and value.value == value.value.to_integral_value() and 0 < value.value < Decimal(2_900_000):
        return printed_date(_EPOCH + dt.timedelta(days=int(value.value)))
    return printed_number(value.value)


@lru_cache(maxsize=4096)
def shown_length(value: Value) -> int:
    """How many characters a reader sees."""
    return len(shown_value(value))


def told_apart(expected: Value, found: Value) -> tuple[str, str]:
    """Both as a reader sees them, and what they are where that is all that differs."""
    one, other = shown_value(expected), shown_value(found)
    if one == other:
        one, other = (f"{text} ({_nature(value)})" for text, value in ((one, expected), (other, found)))
    return one, other


def _nature(value: Value) -> str:
    if isinstance(value, Number):
        return {"date": "fecha", "percent": "porcentaje"}.get(value.kind, "número")
    return "fórmula" if isinstance(value, Formula) else "texto"
