"""V07: a target is a positive quantity that goes with its unit of measurement."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import words_of
from service.domain.values import Target

_USUAL_DECIMALS: Final = 4
_PERCENT: Final = frozenset({(), ("porcentaje",), ("porcentual",), ("por", "ciento"), ("porciento",), ("pct",)})
_COUNTED: Final = frozenset({("unidad",), ("unidades",), ("und",), ("un",), ("numero",), ("cantidad",)})


def check_targets(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Every target with the unit in its row."""
    for cell in rows.cells("target"):
        target: Target = cell.value
        if target.quantity is None:
            continue
        if target.quantity < 0:
            yield cell.says(FindingCode.TARGET_011, value=target.printed)
        elif target.quantity == 0:
            yield cell.says(FindingCode.TARGET_012, value=target.printed)
        else:
            about_unit = tuple(_check_unit(cell, target, target.quantity))
            yield from about_unit or _check_decimals(cell, target)


def _check_unit(cell: Cell, target: Target, quantity: Decimal) -> Iterator[Finding]:
    unit = cell.action.unit or ""
    words = words_of(unit)
    is_percent = words in _PERCENT and (bool(words) or "%" in unit)
    share = quantity if target.is_percentage or quantity <= 1 else quantity / 100
    if (target.is_percentage or is_percent) and share > 1:
        yield cell.says(FindingCode.TARGET_015, value=target.printed)
    elif is_percent and not target.is_percentage:
        percent = Target(share, is_percentage=True).printed
        code = FindingCode.TARGET_016 if quantity <= 1 else FindingCode.TARGET_017
        yield cell.says(code, value=target.printed, proposal=percent, percent=percent)
    elif words in _COUNTED and target.is_percentage:
        yield cell.says(FindingCode.TARGET_014, value=target.printed, unit=unit)
    elif words in _COUNTED and quantity != quantity.to_integral_value():
        yield cell.says(FindingCode.TARGET_013, value=target.printed, unit=unit)


def _check_decimals(cell: Cell, target: Target) -> Iterator[Finding]:
    """A quantity that a formula computed: the sheet shows 33, and the cell holds 33,3333333."""
    _, _, decimals = target.printed.removesuffix(" %").partition(",")
    if target.quantity is not None and len(decimals) > _USUAL_DECIMALS:
        shown = Decimal("0.0001") if target.is_percentage else Decimal("0.01")
        quantity = target.quantity.quantize(shown).normalize()
        rounded = Target(quantity, is_percentage=target.is_percentage).printed
        # What is too small to be rounded is no target of zero.
        yield cell.says(FindingCode.TARGET_018, value=target.printed, proposal=rounded if quantity else None)
