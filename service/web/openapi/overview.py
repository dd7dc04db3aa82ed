"""What the description says of the committee's board: how the actions of a year stand."""

from __future__ import annotations

from typing import Final

from service.domain.archive import Json
from service.domain.deadlines import QuarterState
from service.domain.overview import ActionState
from service.domain.values import ROMAN
from service.web.limits import ID_PATTERN, YEARS
from service.web.openapi.shapes import WITH_STORE, json_of, list_of, nullable_text, object_of, refusals, text, whole
from service.web.openapi.versions import WHICH


def _positions(description: str) -> Json:
    return {"type": "array", "items": {"type": "integer", "minimum": 1}, "description": f"{description} (`position`)."}


def _count(description: str) -> Json:
    return {"type": ["integer", "null"], "minimum": 0, "description": f"{description}; null si no hay informe."}


_QUARTER: Final = object_of(
    "Un trimestre del año.",
    {
        "quarter": text("Trimestre.", enum=list(ROMAN.values())),
        "cut_off": text("Fecha de corte.", format="date"),
        "due_on": text("Hasta cuándo se entrega su seguimiento.", format="date"),
        "state": text(
            "`issued`: emitido; `overdue`: su plazo venció; `due`: su corte llegó; `running`: es el de hoy; `ahead`: "
            "viene después; `missing`: no se emitió, y nadie lo espera porque hay uno posterior.",
            enum=[state.value for state in QuarterState],
        ),
        "report": nullable_text(
            "El informe vigente, o el borrador que espera; null si no hay.", pattern=f"^{ID_PATTERN}$"
        ),
        "is_draft": {"type": "boolean", "description": "Si ese informe es un borrador."},
        "actions": _count("Acciones"),
        "with_progress": _count("Las que cuentan su avance"),
        "without_progress": _count("Las que debían contarlo y no lo cuentan"),
        "not_due": _count("Las que no debían: por su periodicidad, o porque comienzan después"),
    },
)

_ACTION: Final = object_of(
    "Una acción, con los textos como están escritos en el plan.",
    {
        "position": whole("Su lugar en el plan, desde 1.", minimum=1),
        "number": text("No."),
        "action": text("Acción, programa o proyecto."),
        "lead": text("Responsable."),
        "funding_source": text("Fuente de financiación."),
        "starts_on": nullable_text("Fecha de inicio.", format="date"),
        "ends_on": nullable_text("Fecha de fin.", format="date"),
        "state": text("Cómo está en la fecha de corte.", enum=[state.value for state in ActionState]),
        "figures": {
            "type": "array",
            "description": "Lo que dicen sus columnas propias de cantidades y de estado; Folio no suma nada.",
            "items": object_of("Una columna.", {"header": text("Encabezado."), "value": text("Lo que dice.")}),
        },
    },
)

OVERVIEW_SCHEMAS: Final[Json] = {
    "OverviewGroup": object_of(
        "Las acciones que tienen algo en común.",
        {"name": text("Como está escrito en el plan; vacío si no dice."), "actions": _positions("Cuáles")},
    ),
    "Overview": object_of(
        "Cómo están las acciones de un año. Los estados salen solo de lo que dice el plan.",
        {
            "year": whole("Vigencia."),
            "report": {
                "anyOf": [WHICH, {"type": "null"}],
                "description": "El último trimestre emitido; si no hay, el último borrador; null si no hay nada.",
            },
            "quarters": {"type": "array", "items": _QUARTER, "description": "Los cuatro trimestres."},
            "actions": {"type": "array", "items": _ACTION, "description": "Las acciones, en el orden del plan."},
            "states": {
                "type": "array",
                "description": "Las acciones por estado; están todos los estados.",
                "items": object_of(
                    "Un estado.",
                    {
                        "state": text("El estado.", enum=[state.value for state in ActionState]),
                        "name": text("Como lo muestra la página."),
                        "actions": _positions("Cuáles"),
                    },
                ),
            },
            "offices": list_of("OverviewGroup", "Por dependencia responsable, de más a menos acciones."),
            "funding_sources": list_of("OverviewGroup", "Por fuente de financiación, de más a menos acciones."),
            "own_states": {
                "type": "array",
                "description": "Por cada columna propia en que la oficina escribe el estado con palabras.",
                "items": object_of(
                    "Una columna.",
                    {"header": text("Encabezado."), "groups": list_of("OverviewGroup", "Por lo que dice.")},
                ),
            },
            "due_soon": _positions("Las que terminan en el trimestre siguiente"),
            "without_progress": _positions("Las que debían contar su avance y no lo cuentan"),
            "overdue": _positions("Las que terminaron su plazo sin que nada diga que se cumplieron"),
        },
    ),
}

OVERVIEW_PATHS: Final[Json] = {
    "/api/v1/overview": {
        "get": {
            "operationId": "getOverview",
            "tags": ["informes"],
            "summary": "Ver cómo están las acciones de un año",
            "parameters": [
                {
                    "name": "year",
                    "in": "query",
                    "description": "Vigencia. Si falta, la del último informe que se subió o se emitió.",
                    "schema": {"type": "integer", "minimum": YEARS[0], "maximum": YEARS[-1]},
                }
            ],
            "responses": {"200": json_of("Overview", "El tablero del año."), **refusals(**WITH_STORE)},
        }
    },
}
