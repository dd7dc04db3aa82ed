"""What Folio has to say about a workbook: each finding has a stable code, a place, a reason and what to do.

The catalogue is the one place where the sentences stand. A code is never reused for something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(StrEnum):
    """`error` blocks the final document; `warning` and `suggestion` do not."""

    ERROR = "error"
    WARNING = "warning"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True)
class CellRef:
    """A place in a workbook. `cell` is an A1 address or empty when the finding is about the whole sheet."""

    sheet: str
    cell: str = ""


class FindingCode(Enum):
    """Every finding: severity, the reason, and what to do. `{value}` and the other names are filled in by `at`."""

    FILE_001 = (Severity.ERROR, "El archivo está vacío: no tiene ningún byte.", "Vuelva a guardar el libro en Excel y súbalo otra vez.")
    # the rest of the catalogue is added by the reader

    def __init__(self, severity: Severity, message: str, fix: str) -> None:
        self.severity = severity
        self.message = message
        self.fix = fix

    def at(self, place: CellRef | None = None, *, column: str = "", value: str = "", **words: str | int) -> Finding:
        """The finding at its place. `column` is the header as printed, `value` what stands in the cell."""
        shown = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
        filled = {"value": shown, "column": column, **words}
        return Finding(self, place, column, value, self.message.format(**filled), self.fix.format(**filled))


_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to correct or to know, at its place."""

    code: FindingCode
    place: CellRef | None
    column: str
    value: str
    message: str
    fix: str

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return self.code.severity


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Whether any finding blocks the final document."""
    return any(finding.severity is Severity.ERROR for finding in findings)
