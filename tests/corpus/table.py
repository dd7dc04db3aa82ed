"""The layouts of the corpus become docs/variantes-de-hojas.md: `python -m tests.corpus.table` writes it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.corpus.layouts import LAYOUTS

PAGE: Final = Path(__file__).parents[2] / "docs" / "variantes-de-hojas.md"
_HEAD: Final = """# Qué hojas lee Folio

Cada línea es una matriz de prueba, construida como la arman las oficinas, con el plan que se espera de ella escrito a
mano al lado. Se leen todas, y las de Excel también en la copia que guarda LibreOffice como .xlsx, .ods y .xls. Esta
página se genera de esas pruebas (`python -m tests.corpus.table`): lo que no está aquí no está probado.

| Variante | Formatos probados |
|---|---|
"""
_FOOT: Final = """
Cuando algo no se puede saber, Folio lo pregunta por su nombre: el trimestre, la versión, la columna que falta. Los
encabezados que se reconocen por su parecido o por lo que contienen se dicen siempre, y lo que la persona indica sobre
una columna vale más que todo lo demás. Las columnas que Folio no conoce se conservan con cada acción.
"""


def variants() -> str:
    """The whole page."""
    lines = [
        f"| {layout.says} | {'.xlsx, .ods, .xls' if layout.suffix == '.xlsx' else layout.suffix} |"
        for layout in LAYOUTS.values()
    ]
    return "\n".join([_HEAD.rstrip(), *lines, _FOOT])


if __name__ == "__main__":
    PAGE.write_text(variants(), "utf-8")
