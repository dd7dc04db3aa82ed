"""The rules V01 to V25 of the follow-up, each with the findings that tell of it.

What is no rule (a file that cannot be opened, a table that is not found) belongs to reading, and has no number here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.domain.findings import FindingCode


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its number and what it asks; without codes it is looked at when the report is issued."""

    number: str
    asks: str
    codes: tuple[FindingCode, ...]


def _rule(number: str, asks: str, *names: str) -> Rule:
    """`names`: a code, or a topic for all its codes."""
    codes = tuple(code for name in names for code in FindingCode if name in {code.name, code.name.partition("_")[0]})
    return Rule(number, asks, codes)


RULES: Final = (
    _rule("V01", "Están las columnas obligatorias y ninguna de sus celdas está vacía", "COLUMN", "CELL_001"),
    _rule(
        "V02",
        "Las acciones están numeradas de corrido y no se pierde ni aparece ninguna sin decirlo",
        "ROW_001", "ROW_002", "ROW_004", "ROW_011", "ROW_012", "CHANGE_002", "CHANGE_003", "CHANGE_004", "CHANGE_005",
    ),
    _rule("V03", "Ninguna acción está dos veces", "ROW_013", "ROW_014"),
    _rule("V04", "La fecha de inicio no es posterior a la de fin", "DATE_003"),
    _rule(
        "V05", "Las fechas son de la vigencia y se leen de una sola manera",
        "DATE_001", "DATE_002", "DATE_004", "DATE_005", "DATE_011",
    ),
    _rule("V06", "Las fechas concuerdan con el avance contado", "DATE_012", "DATE_013"),
    _rule("V07", "La meta es una cantidad positiva y concuerda con su unidad de medida", "TARGET"),
    _rule("V08", "La periodicidad es una de las conocidas", "PERIODICITY"),
    _rule("V09", "La fuente de financiación es una de las conocidas", "FUNDING"),
    _rule("V10", "El responsable está en el catálogo de dependencias, con su nombre oficial", "LEAD"),
    _rule("V11", "El avance cuenta algo, propio de la acción y del trimestre", "CELL_001", "PROGRESS"),
    _rule("V12", "El avance habla del trimestre y del año del informe", "QUARTER"),
    _rule("V13", "El texto no está cortado", "TEXT_011", "TEXT_012", "TEXT_013", "TEXT_014"),
    _rule(
        "V14", "El texto cabe en su lugar; si no cabe, se reparte y nunca se corta",
        "TEXT_002", "TEXT_003", "PLAN_023",
    ),
    _rule("V15", "Las cantidades y los porcentajes del texto cuadran", "FIGURE_001", "FIGURE_002"),
    _rule("V16", "El avance dice con cifras cuánto se lleva de la meta", "FIGURE_003", "FIGURE_004"),
    _rule("V17", "Las columnas de cantidades, porcentajes y pesos cuadran entre sí", "QUANTITY"),
    _rule("V18", "Lo apropiado cubre lo comprometido, esto lo obligado y esto lo pagado", "BUDGET"),
    _rule("V19", "Cada avance tiene su evidencia en un sitio de la entidad", "EVIDENCE"),
    _rule(
        "V20", "Lo aprobado no cambia sin una nueva versión del plan",
        "CHANGE_001", "CHANGE_002", "CHANGE_003", "CHANGE_006",
    ),
    _rule(
        "V21", "La versión y el trimestre no vuelven atrás, y la versión tiene su cambio, su acta y su fecha",
        "STEP",
    ),
    _rule(
        "V22", "El texto está bien escrito a máquina: espacios, comillas, siglas, mayúsculas y punto final",
        "TEXT_001", "TEXT_014", "TEXT_015", "TEXT_016", "TEXT_017", "TEXT_018", "TEXT_019", "TEXT_020", "TEXT_021",
    ),
    _rule("V23", "El texto no tiene datos personales", "PRIVACY"),
    _rule("V24", "Las firmas están completas y el documento es posterior al corte"),
    _rule(
        "V25", "El año es el mismo en el título, el objetivo, los encabezados y las fechas",
        "PLAN_006", "PLAN_007", "PLAN_021", "PLAN_022",
    ),
)  # fmt: skip


def rules_of(code: FindingCode) -> tuple[str, ...]:
    """The numbers of the rules that a finding tells of; none for those of reading."""
    return tuple(rule.number for rule in RULES if code in rule.codes)
