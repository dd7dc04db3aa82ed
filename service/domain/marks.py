"""The signs by which Folio knows its own marks in a workbook: whoever writes, reads or removes them asks here.

A workbook comes back through Excel or LibreOffice, which renumber styles and rewrite parts: a mark is known by what
they keep (names, texts, addresses, colours), never by where it stands in the package.
"""

from __future__ import annotations

import re
from typing import Final

from service.domain.findings import Severity

FINDINGS_SHEET: Final = "Hallazgos"
"""The list of findings, first in the workbook; a number is added where the office has a sheet of that name."""

MEMORY_SHEET: Final = "_folio"
"""Hidden, last: where each finding's cell is now, what its fill was, and the words of the drop-down lists."""

HEADERS: Final = (
    "N.º",
    "Gravedad",
    "Hoja",
    "Celda",
    "Columna",
    "Valor",
    "Qué pasa",
    "Qué hacer",
    "Valor propuesto",
    "Aceptar con esta razón",
    "Código",
)
MEMORY_HEADERS: Final = ("Hallazgo", "Hoja de la marca", "Celda de la marca", "Relleno original")

NAME_PREFIX: Final = "_folio_"
TRANSCRIPT_NAME: Final = "_folio_copia"
"""A workbook that defines it holds the values of a file in another format."""

AUTHOR: Final = "Folio"

NOTE_HEADING: Final = "Folio · hallazgo {number}: {severity}"
CORRECTION_HEADING: Final = "Folio · corrección:"
NOTE: Final = re.compile(r"Folio · (?:hallazgo (\d+)|corrección):")
"""Where a note of ours begins; its group is the number of its finding, where it tells one."""

CORRECTIONS_TITLE: Final = "Correcciones hechas en Folio"
CORRECTION_HEADERS: Final = ("Hoja", "Celda", "Columna", "Decía", "Dice")

CONSULTATION: Final = "AVANCE {quarter} TRIMESTRE {year} (solo consulta)"
"""The header of the column with the last quarter's texts, in a workbook that Folio made ready for the next quarter."""

CONSULTATION_MARK: Final = "(solo consulta)"
"""How such a header ends, whatever was done to the words before it: its column is nobody's to read."""

SEVERITIES: Final = {
    Severity.ERROR: "Error",
    Severity.WARNING: "Advertencia",
    Severity.SUGGESTION: "Sugerencia",
}
ACCEPTED: Final = "Aceptado"

# ARGB. Nobody's palette has them: a cell of exactly such a colour is one of ours.
FILLS: Final = {
    Severity.ERROR: "FFFFC7CB",
    Severity.WARNING: "FFFFE8A3",
    Severity.SUGGESTION: "FFD3E5FA",
}
