"""The header of a column that only this office has -> whether it tells of the quarter, or what the committee approves.

Only words are known here, and an office that says in its settings what its committee approves needs none of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from service.domain.rules.quantities import Role, role_of
from service.domain.rules.words import bare, words_of

_FOLLOW_UP_ROLES: Final = {
    Role.DONE, Role.SHARE, Role.CUMULATIVE, Role.STATUS, Role.COMMITTED, Role.OBLIGATED, Role.PAID,
}  # fmt: skip
_FOLLOW_UP_WORDS: Final = frozenset(
    words_of(
        "avance avances observación observaciones evidencia evidencias soporte soportes enlace dificultad dificultades "
        "retraso retrasos logro logros reporte seguimiento monitoreo medición análisis estado semáforo correctivas "
        "numerador brecha materializó verificación cumplimiento resultado resultados ejecución saldo corte real"
    )
)
# The beginnings of participles, whatever their gender and number: what was done of the rest of the header.
_DONE: Final = tuple(
    words_of("ejecutad alcanzad lograd cumplid realizad reportad entregad obtenid comprometid obligad pagad girad")
)
# In these the words above say nothing of the quarter: where to look, which kind of goal, when, and shared out by what.
_PLANNED: Final = re.compile(
    r"\b(?:(?:fuentes?|medios?) de verificacion|de resultado|(?:plazo|tiempo|fechas?|cronograma) de ejecucion"
    r"|por \w+)\b"
)
# What is planning's to approve although the header also names something of the committee's: who answers for it.
_PLANNING_WORDS: Final = frozenset(words_of("responsable responsables dependencia dependencias líder correo"))
_COMMITTEE_WORDS: Final = frozenset(
    words_of(
        "plazo plazos fecha fechas cronograma "  # time
        "presupuesto presupuestos presupuestal recurso recursos valor costo costos apropiación apropiado "  # resources
        "producto productos entregable entregables "  # product
        "meta metas "  # target
        "indicador indicadores"  # indicator
    )
)


@lru_cache(maxsize=2048)
def tells_the_quarter(header: str) -> bool:
    """Whether the column holds what a report tells of its quarter, which is no part of the plan."""
    told = _PLANNED.sub(" ", bare(header))
    if role := role_of(told):
        return role in _FOLLOW_UP_ROLES
    words = words_of(told)
    return not _FOLLOW_UP_WORDS.isdisjoint(words) or any(word.startswith(_DONE) for word in words)


def names_what_the_committee_approves(header: str) -> bool:
    """Whether the header names time, resources, product, target or indicator."""
    words = words_of(header)
    return _PLANNING_WORDS.isdisjoint(words) and not _COMMITTEE_WORDS.isdisjoint(words)
