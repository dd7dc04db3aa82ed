"""What the description says of versions and quarters: proposals, issuing, comparing, asking for documents."""

from __future__ import annotations

from typing import Final

from service.domain.archive import Json
from service.domain.changes import ActionChangeKind, Approver
from service.domain.reports import DocumentKind, ReportStatus
from service.domain.succession import Step
from service.domain.values import ROMAN
from service.web.limits import ID_PATTERN, LONGEST_NAME, LONGEST_TEXT
from service.web.openapi.shapes import (
    REPORT_ID,
    VERSION_PATTERN,
    WITH_STORE,
    json_of,
    list_of,
    nullable_text,
    object_of,
    refusals,
    text,
    whole,
)

STEPS: Final = [step.value for step in Step]

PROPOSAL_EXAMPLE: Final = {
    "step": "next_quarter",
    "reason": "El plan es el de la versión 2.0 y el último informe emitido es el del II trimestre: este es el del III.",
    "year": 2024,
    "quarter": "III",
    "version": "2.0",
    "edition": 1,
    "against": "0b1c2d3e4f5061728394a5b6c7d8e9f0",
}

APPROVAL: Final = object_of(
    "Quién aprobó la versión, con qué acto y cuándo; vacío lo que no se dijo.",
    {
        "instance": text("La instancia."),
        "act": text("El acta o el acto."),
        "date": nullable_text("La fecha.", format="date"),
    },
)

WHICH: Final = object_of(
    "De qué informe se trata.",
    {
        "id": text("Identificador.", pattern=f"^{ID_PATTERN}$"),
        "name": text("Su nombre, como lo muestra la página."),
        "year": whole("Vigencia."),
        "quarter": text("Trimestre.", enum=list(ROMAN.values())),
        "version": text("Versión del plan.", pattern=VERSION_PATTERN),
        "edition": {"type": ["integer", "null"], "description": "Edición; null si es un borrador."},
        "status": text("Lo que vale.", enum=[status.value for status in ReportStatus]),
    },
)

_APPROVER: Final = nullable_text(
    "Quién lo aprueba: el Comité (`committee`), planeación (`planning`); null si nada de lo aprobado cambia.",
    enum=[*(each.value for each in Approver), None],
)

_FIELD_CHANGE: Final = object_of(
    "Un campo que cambió.",
    {
        "field": text("El campo, o el encabezado de una columna propia de la oficina."),
        "before": text("Lo que decía."),
        "after": text("Lo que dice."),
        "approver": _APPROVER,
        "pieces": {
            "type": "array",
            "description": "Los dos textos, palabra por palabra: `same` y `removed` dan el primero, `same` y `added` "
            "el segundo.",
            "items": object_of(
                "Un trozo.",
                {"kind": text("De cuál es.", enum=["same", "removed", "added"]), "text": text("El trozo.")},
            ),
        },
    },
)

_PLACE: Final = {
    "anyOf": [
        object_of(
            "La acción en su libro.",
            {
                "number": nullable_text("No."),
                "action": nullable_text("Su texto."),
                "sheet": text("Hoja."),
                "row": whole("Fila."),
            },
        ),
        {"type": "null"},
    ]
}

VERSION_SCHEMAS: Final[Json] = {
    "Proposal": object_of(
        "Lo que un libro parece ser junto a los informes que hay, y por qué.",
        {
            "step": text("Qué es.", enum=STEPS),
            "reason": text("Por qué, en una frase."),
            "year": whole("Vigencia."),
            "quarter": text("Trimestre que tendría.", enum=list(ROMAN.values())),
            "version": text("Versión que tendría.", pattern=VERSION_PATTERN),
            "edition": whole("Edición que recibiría si se emitiera ahora.", minimum=1),
            "against": nullable_text("El informe al que sigue; con `same`, el que ya existe."),
        },
        examples=[PROPOSAL_EXAMPLE],
    ),
    "Issue": {
        "type": "object",
        "description": "Lo que dice quien emite; todo es opcional, salvo lo que el informe necesite.",
        "properties": {
            "by": text("En nombre de quién lo emite el programa.", maxLength=LONGEST_NAME),
            "reason": text("Por qué, o por qué sin la aprobación que necesita.", maxLength=LONGEST_TEXT),
            "approval": {
                "type": "object",
                "properties": {
                    "instance": text("Quién aprobó la versión.", maxLength=LONGEST_NAME),
                    "act": text("El acta o el acto.", maxLength=LONGEST_NAME),
                    "date": text("Cuándo.", format="date"),
                },
            },
            "description": text(
                "Lo que dirá el control de cambios. Si falta, lo escribe Folio a partir de lo que cambió.",
                maxLength=LONGEST_TEXT,
            ),
        },
        "examples": [
            {
                "by": "Subdirección de Planeación Metropolitana y Regional",
                "approval": {
                    "instance": "Comité Institucional de Gestión y Desempeño",
                    "act": "Acta 5",
                    "date": "2024-09-10",
                },
            }
        ],
    },
    "FieldChange": _FIELD_CHANGE,
    "Changes": object_of(
        "Lo que cambió de un informe a otro.",
        {
            "report": WHICH,
            "against": WHICH,
            "approver": _APPROVER,
            "modifies_plan": {"type": "boolean", "description": "Si cambia algo de lo aprobado."},
            "description": text("Todo, en un párrafo."),
            "header": list_of("FieldChange", "Año, trimestre, versión, título y objetivo."),
            "actions": {
                "type": "array",
                "description": "Las acciones que cambiaron.",
                "items": object_of(
                    "Una acción.",
                    {
                        "kind": text("Qué le pasó.", enum=[kind.value for kind in ActionChangeKind]),
                        "approver": _APPROVER,
                        "before": _PLACE,
                        "after": _PLACE,
                        "fields": list_of("FieldChange", "Sus campos que cambiaron."),
                    },
                ),
            },
        },
    ),
}

_BY: Final = text("Quién lo pide.", maxLength=LONGEST_NAME)
_AGAINST: Final = text("Identificador del otro informe. Si falta, al que sigue este.", pattern=f"^{ID_PATTERN}$")


def _body(schema: Json, *, is_required: bool = False) -> Json:
    kinds = ("application/json", "application/x-www-form-urlencoded")
    return {"required": is_required, "content": {kind: {"schema": schema} for kind in kinds}}


_ACCEPTED: Final = json_of("Report", "Se escribirán: el informe, con los documentos que faltan en espera.")

VERSION_PATHS: Final[Json] = {
    "/api/v1/reports/{report_id}/issue": {
        "parameters": [REPORT_ID],
        "post": {
            "operationId": "issueReport",
            "tags": ["informes"],
            "summary": "Emitir un borrador: es el informe oficial desde entonces",
            "description": "Recibe su edición y sus documentos se escriben sin la marca BORRADOR. Emitir lo emitido da "
            "la misma respuesta. En un formulario la aprobación va en `approval_instance`, `approval_act` y "
            "`approval_date`.",
            "requestBody": {
                "required": False,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Issue"}},
                    "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
                },
            },
            "responses": {
                "200": json_of("Report", "Emitido."),
                **refusals(s404="NotFound", s409="NotIssuable", **WITH_STORE),
            },
        },
    },
    "/api/v1/reports/{report_id}/changes": {
        "parameters": [REPORT_ID, {"name": "against", "in": "query", "schema": _AGAINST}],
        "get": {
            "operationId": "getChanges",
            "tags": ["informes"],
            "summary": "Ver qué cambió desde otro informe",
            "description": "Con cualquier otro, no solo con el anterior.",
            "responses": {
                "200": json_of("Changes", "Los cambios."),
                **refusals(s404="NotFound", s409="NothingToCompare", **WITH_STORE),
            },
        },
    },
    "/api/v1/reports/{report_id}/documents": {
        "parameters": [REPORT_ID],
        "post": {
            "operationId": "requestDocuments",
            "tags": ["informes"],
            "summary": "Pedir más documentos de un informe",
            "requestBody": _body(
                {
                    "type": "object",
                    "required": ["kinds"],
                    "properties": {
                        "kinds": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "enum": [kind.value for kind in DocumentKind]},
                            "description": "Cuáles; los que ya tiene no se escriben de nuevo. `package` es de un "
                            "informe emitido.",
                        },
                        "against": _AGAINST,
                        "by": _BY,
                    },
                },
                is_required=True,
            ),
            "responses": {
                "202": _ACCEPTED,
                **refusals(s404="NotFound", s409="NothingToCompare", **WITH_STORE),
            },
        },
    },
    "/api/v1/reports/{report_id}/next-quarter": {
        "parameters": [REPORT_ID],
        "post": {
            "operationId": "prepareNextQuarter",
            "tags": ["informes"],
            "summary": "Preparar el libro del siguiente trimestre",
            "description": "El libro de la oficina con el plan, sin los avances y con los rótulos del trimestre que "
            "sigue: el documento `next_quarter` del informe.",
            "requestBody": _body({"type": "object", "properties": {"by": _BY}}),
            "responses": {"202": _ACCEPTED, **refusals(s404="NotFound", **WITH_STORE)},
        },
    },
    "/api/v1/reports/{report_id}/documents/{kind}/retry": {
        "parameters": [
            REPORT_ID,
            {
                "name": "kind",
                "in": "path",
                "required": True,
                "description": "Qué documento.",
                "schema": {"type": "string", "enum": [kind.value for kind in DocumentKind]},
            },
        ],
        "post": {
            "operationId": "retryDocument",
            "tags": ["informes"],
            "summary": "Intentar de nuevo un documento que no se pudo escribir",
            "description": "Por ejemplo, cuando ya se corrigió la plantilla.",
            "requestBody": _body({"type": "object", "properties": {"against": _AGAINST, "by": _BY}}),
            "responses": {
                "202": _ACCEPTED,
                **refusals(s404="NotFound", s409="NotReady", **WITH_STORE),
            },
        },
    },
}
