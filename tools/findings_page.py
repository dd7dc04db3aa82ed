"""The catalogue of findings becomes docs/hallazgos.md: `python -m tools.findings_page` writes it, a test compares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from service.domain.findings import FindingCode, Severity
from service.domain.rules.catalogue import RULES, rules_of

PAGE = Path(__file__).parents[1] / "docs" / "hallazgos.md"
WEIGHTS = {Severity.ERROR: "error", Severity.WARNING: "advertencia", Severity.SUGGESTION: "sugerencia"}
HEAD = """# Todo lo que Folio puede decir de un plan

Cada hallazgo tiene un código que no cambia, un peso y la celda donde se corrige. Un **error** detiene el documento
definitivo, pero nunca el borrador; una **advertencia** y una **sugerencia** no detienen nada. Cualquiera se acepta
con una razón, que se guarda con el informe. Donde dice «…» va lo que se encontró en el libro.

Esta página se genera del catálogo con `python -m tools.findings_page`; no la edite a mano.
"""


def page() -> str:
    """The whole page."""
    rules = [f"| {rule.number} | {rule.asks} | {_codes(rule.codes) or 'se revisa al emitir'} |" for rule in RULES]
    reading = [code for code in FindingCode if not rules_of(code)]
    checking = [code for code in FindingCode if rules_of(code)]
    return "\n".join(
        [
            HEAD,
            "## Las reglas",
            "",
            "| Regla | Qué pide | Hallazgos |",
            "|---|---|---|",
            *rules,
            "",
            "## Lo que se dice al revisar el plan",
            "",
            *_table(checking),
            "",
            "## Lo que se dice al leer el archivo",
            "",
            *_table(reading),
            "",
        ]
    )


def _table(codes: Iterable[FindingCode]) -> Iterable[str]:
    yield "| Código | Regla | Peso | Qué dice | Qué hacer |"
    yield "|---|---|---|---|---|"
    for code in codes:
        rules = ", ".join(rules_of(code)) or "lectura"
        yield f"| {code.name} | {rules} | {WEIGHTS[code.severity]} | {_shown(code.message)} | {_shown(code.fix)} |"


def _codes(codes: Iterable[FindingCode]) -> str:
    return ", ".join(code.name for code in codes)


def _shown(sentence: str) -> str:
    return re.sub(r"\{\w+\}", "…", sentence).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"{PAGE.name}: {len(FindingCode)} hallazgos, {len(RULES)} reglas")
