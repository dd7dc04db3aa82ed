"""The shapes of what a person says of a workbook's cells: what is put right in them, and what is let stand."""

from __future__ import annotations

from typing import Final

from service.domain.archive import Json
from service.web.openapi.shapes import object_of, text

CORRECTION_SCHEMAS: Final[Json] = {
    "Correction": object_of(
        "Una celda que se corrigió en Folio; el archivo que se subió queda igual.",
        {
            "sheet": text("Hoja."),
            "cell": text("Celda; de unas celdas combinadas, la primera."),
            "before": text("Lo que dice en el archivo; vacío si nada."),
            "after": text("Lo que debe decir, escrito como en Excel; vacío si nada."),
        },
    )
}

# A field of a form, so that it comes as text.
CORRECTIONS_FIELD: Final[Json] = {
    "type": "string",
    "contentMediaType": "application/json",
    "examples": ['[{"sheet": "Plan", "cell": "G7", "after": "31/12/2024", "before": "31/02/2024"}]'],
    "description": "Lista JSON de las celdas que se corrigen antes de leer el libro, cada una con lo que debe decir "
    "(`after`), escrito como en Excel. Con `before`, lo que dice ahora: si ya no lo dice, o no existe la celda, 422 y "
    "no se corrige ninguna. El archivo queda igual.",
}

TYPED: Final[Json] = {
    "type": "array",
    "description": "Las razones escritas en la hoja de hallazgos del libro; solo cuando las hay.",
    "items": object_of(
        "Un hallazgo aceptado.",
        {
            "code": text("Código."),
            "sheet": text("Hoja; vacío si es de todo el libro."),
            "cell": text("Celda."),
            "reason": text("Por qué se acepta."),
        },
    ),
}
