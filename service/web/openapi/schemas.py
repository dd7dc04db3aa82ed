"""The shapes of what the API shows: reports, plans, findings, problems."""

from __future__ import annotations

from typing import Final

from service.domain.archive import Json
from service.domain.findings import FindingCode, Severity
from service.domain.progress import Stage
from service.domain.reports import DocumentKind, ReportStatus
from service.domain.values import ROMAN
from service.web.limits import ID_PATTERN
from service.web.openapi.corrections import CORRECTION_SCHEMAS, TYPED
from service.web.openapi.office import OFFICE_SCHEMAS
from service.web.openapi.shapes import VERSION_PATTERN, list_of, nullable_text, object_of, state_of, text, whole
from service.web.openapi.versions import APPROVAL, PROPOSAL_EXAMPLE, STEPS, VERSION_SCHEMAS
from service.web.problems import ProblemType

_FINDING_EXAMPLE: Final = {
    "code": "DATE_001",
    "severity": "error",
    "sheet": "Plan de acción",
    "cell": "G9",
    "column": "FECHA INICIO",
    "value": "31/02/2024",
    "message": "«31/02/2024» no es una fecha que exista.",
    "fix": "Escriba la fecha como día/mes/año, por ejemplo 1/03/2024.",
    "proposal": None,
    "accepted": None,
}

_PROOF_EXAMPLE: Final[Json] = {
    "actions": {"expected": 10, "found": 10},
    "cells": {"expected": 110, "found": 110},
    "characters": {"expected": 9423, "found": 9423},
    "pages": None,
    "differences": [],
    "sentence": "10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos",
}

REPORT_EXAMPLE: Final = {
    "id": "4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071",
    "year": 2024,
    "quarter": "III",
    "version": "2.0",
    "status": "draft",
    "edition": None,
    "step": "next_quarter",
    "proposal": PROPOSAL_EXAMPLE,
    "has_errors": False,
    "state": "running",
    "progress": 33,
    "findings": [],
    "pages": None,
    "documents": [
        {
            "kind": "word",
            "state": "done",
            "filename": "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_borrador.docx",
            "media_type": DocumentKind.WORD.media_type,
            "size": 21840,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "proof": _PROOF_EXAMPLE,
            "problem": None,
            "against": None,
            "official": False,
            "href": "/api/v1/reports/4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071/documents/word",
        },
        {
            "kind": "excel",
            "state": "running",
            "filename": "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_borrador.xlsx",
            "media_type": DocumentKind.EXCEL.media_type,
            "size": None,
            "sha256": None,
            "proof": None,
            "problem": None,
            "against": None,
            "official": False,
            "href": "/api/v1/reports/4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071/documents/excel",
        },
        {
            "kind": "findings",
            "state": "queued",
            "filename": "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_hallazgos.xlsx",
            "media_type": DocumentKind.FINDINGS.media_type,
            "size": None,
            "sha256": None,
            "proof": None,
            "problem": None,
            "against": None,
            "official": False,
            "href": "/api/v1/reports/4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071/documents/findings",
        },
    ],
    "created_at": "2024-10-07T15:04:05.120Z",
    "uploaded_by": "sin identificar (127.0.0.1)",
    "issued_at": None,
    "issued_by": None,
    "reason": "",
    "approval": {"instance": "", "act": "", "date": None},
    "description": "",
    "previous": None,
    "superseded_by": None,
    "code": None,
    "address": None,
}

_FINDING: Final = object_of(
    "Algo por corregir o por saber, en su celda.",
    {
        "code": text("Código estable.", enum=[code.name for code in FindingCode]),
        "severity": text(
            "`error` impide el informe; `warning` y `suggestion` no.", enum=[severity.value for severity in Severity]
        ),
        "sheet": text("Hoja; vacío si es de todo el libro."),
        "cell": text("Celda, como `G9`; vacío si es de toda la hoja o de todo el libro."),
        "column": text("Encabezado de la columna, como se imprime; vacío si no es de una columna."),
        "value": text("Lo que dice la celda."),
        "message": text("Qué pasa."),
        "fix": text("Qué hacer."),
        "proposal": nullable_text(
            "Lo que se propone escribir en `cell`; con eso en `corrections` el hallazgo desaparece."
        ),
        "accepted": nullable_text("La razón con que una persona lo aceptó; un error aceptado no impide nada."),
    },
    examples=[_FINDING_EXAMPLE],
)

_TALLY: Final = object_of(
    "Cuántos debe haber, y cuántos están como deben.",
    {"expected": whole("Los que debe haber.", minimum=0), "found": whole("Los que están.", minimum=0)},
)

_PROOF: Final = object_of(
    "Cómo se comprobó el documento: se leyó de nuevo y se comparó con el informe antes de entregarlo.",
    {
        "actions": _TALLY,
        "cells": _TALLY,
        "characters": _TALLY,
        "pages": {"type": ["integer", "null"], "minimum": 1, "description": "Páginas del PDF; null en los demás."},
        "differences": {
            "type": "array",
            "description": "Lo que no coincide; un documento que se entrega no tiene nada aquí.",
            "items": object_of(
                "Una diferencia.",
                {
                    "place": text("Dónde."),
                    "expected": text("Lo que debía decir."),
                    "found": text("Lo que dice."),
                },
            ),
        },
        "sentence": text("Lo mismo, en una frase."),
    },
    examples=[_PROOF_EXAMPLE],
)

_DOCUMENT: Final = object_of(
    "Un documento del informe y su avance.",
    {
        "kind": text("Qué documento es.", enum=[kind.value for kind in DocumentKind]),
        "state": state_of("`quarantined`: interrumpió varias veces a quien lo escribía y una persona debe revisarlo."),
        "filename": text("Nombre con el que se descarga."),
        "media_type": text("Tipo de medio.", enum=list(dict.fromkeys(kind.media_type for kind in DocumentKind))),
        "size": {"type": ["integer", "null"], "minimum": 1, "description": "Bytes; null mientras no esté listo."},
        "sha256": nullable_text("Huella del archivo; null mientras no esté listo.", pattern="^[0-9a-f]{64}$"),
        "proof": {
            "anyOf": [{"$ref": "#/components/schemas/Proof"}, {"type": "null"}],
            "description": "Cómo se comprobó; null mientras no esté listo y en los que no son oficiales.",
        },
        "problem": nullable_text("Por qué no se ha podido escribir, si es el caso."),
        "against": nullable_text("El informe con que compara, si es un documento de cambios."),
        "official": {"type": "boolean", "description": "Si es del informe emitido: sin la marca BORRADOR."},
        "href": text("Dónde se descarga; responde 409 mientras no esté listo.", format="uri-reference"),
    },
)

_REPORT: Final = object_of(
    "Un informe de seguimiento: versión del plan y trimestre. No cambia: lo corregido, emitido, es otra edición.",
    {
        "id": text("Identificador.", pattern=f"^{ID_PATTERN}$"),
        "year": whole("Vigencia del plan."),
        "quarter": text("Trimestre, en números romanos.", enum=list(ROMAN.values())),
        "version": text("Versión del plan.", pattern=VERSION_PATTERN),
        "status": text(
            "`draft`: nadie lo ha emitido; `issued`: es el oficial de su trimestre; `superseded`: otro lo reemplazó.",
            enum=[status.value for status in ReportStatus],
        ),
        "edition": {
            "type": ["integer", "null"],
            "minimum": 1,
            "description": "La que recibió al emitirse: 1, 2, … por versión y trimestre; null mientras es un borrador.",
        },
        "step": nullable_text("Lo que la persona dijo que es; si nada dijo, lo propuesto.", enum=[*STEPS, None]),
        "proposal": {
            "anyOf": [{"$ref": "#/components/schemas/Proposal"}, {"type": "null"}],
            "description": "Lo que Folio propuso al recibirlo.",
        },
        "has_errors": {"type": "boolean", "description": "Si se guardó con errores: no se puede emitir."},
        "state": state_of("Estado del conjunto: lo que falta primero; después, el peor resultado."),
        "progress": whole("Porcentaje de documentos terminados.", minimum=0, maximum=100),
        "findings": list_of("Finding", "Lo que se encontró en el libro; en un informe, nada de esto lo impidió."),
        "pages": {
            "type": ["integer", "null"],
            "minimum": 1,
            "description": "Páginas del PDF, cada una en `/pages/{n}.png`; null mientras no hay PDF.",
        },
        "documents": {**list_of("Document", "Los documentos pedidos."), "minItems": 1},
        "created_at": text("Cuándo se recibió, en UTC.", format="date-time", pattern="Z$"),
        "uploaded_by": text("Quién lo subió."),
        "issued_at": nullable_text("Cuándo se emitió, en UTC.", format="date-time", pattern="Z$"),
        "issued_by": nullable_text("Quién lo emitió."),
        "reason": text("Por qué, en palabras de quien lo emitió."),
        "approval": APPROVAL,
        "description": text("Lo que dice de él el control de cambios."),
        "previous": nullable_text("El informe al que sigue: frente a él se cuentan los cambios."),
        "superseded_by": nullable_text("El informe que hoy es el oficial de su trimestre, si es otro."),
        "code": nullable_text("Código de verificación del informe emitido.", examples=["K7QF-3M9P-X2TD"]),
        "address": nullable_text("Página en la que cualquiera comprueba el informe emitido."),
    },
    examples=[REPORT_EXAMPLE],
)

_REPORTS: Final = object_of(
    "Una página de la lista de informes.",
    {
        "reports": list_of("Report", "Del más reciente al más antiguo."),
        "next": nullable_text("Dónde sigue la lista; null en la última página.", format="uri-reference"),
    },
)

_ACTION: Final = object_of(
    "Una acción, programa o proyecto estratégico con su seguimiento. Los textos son como se imprimen.",
    {
        "number": nullable_text("No."),
        "action": nullable_text("Acción, programa o proyecto estratégico."),
        "lead": nullable_text("Responsable."),
        "indicator": nullable_text("Indicador."),
        "unit": nullable_text("Unidad de medida."),
        "target": nullable_text("Meta, como se imprime.", examples=["4", "25 %", "1.234,5"]),
        "starts_on": nullable_text("Fecha de inicio.", format="date"),
        "ends_on": nullable_text("Fecha de fin.", format="date"),
        "periodicity": nullable_text("Cada cuánto se hace seguimiento.", examples=["Trimestral"]),
        "funding_source": nullable_text("Fuente de financiación."),
        "qualitative_progress": nullable_text("Avance cualitativo del trimestre."),
        "extras": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Las columnas del libro que no son del formato oficial: encabezado y texto.",
        },
        "source": object_of("De dónde se leyó.", {"sheet": text("Hoja."), "row": whole("Fila, desde 1.", minimum=1)}),
    },
)

_PLAN: Final = object_of(
    "El plan como se entendió.",
    {
        "year": {"type": ["integer", "null"], "description": "Vigencia."},
        "quarter": nullable_text("Trimestre, en números romanos.", enum=[*ROMAN.values(), None]),
        "version": nullable_text("Versión del plan.", pattern=VERSION_PATTERN),
        "title": nullable_text("Título."),
        "objective": nullable_text("Objetivo."),
        "actions": list_of("Action", "En el orden del libro."),
    },
)

_MAPPED_COLUMN: Final = object_of(
    "Una columna.",
    {
        "sheet": text("Hoja."),
        "column": text("Letra de la columna.", pattern="^[A-Z]{1,3}$"),
        "header": text("Encabezado, como lo escribió la oficina."),
    },
)

_MAPPING: Final = {
    "type": "object",
    "description": "De qué columna se leyó cada campo.",
    "additionalProperties": _MAPPED_COLUMN,
}

_UNDERSTOOD: Final = object_of(
    "Lo que se entendió del libro.",
    {
        "plan": {"$ref": "#/components/schemas/Plan"},
        "mapping": _MAPPING,
        "findings": list_of("Finding", "Lo que se encontró."),
        "layout": text(
            "Huella de los encabezados y sus columnas, la misma en los libros de igual formato; vacía si no hay tabla."
        ),
        "tables": {
            "type": "array",
            "description": "Las columnas de cada hoja; solo cuando el plan se reunió de varias.",
            "items": object_of("Una hoja.", {"sheet": text("Hoja."), "mapping": _MAPPING}),
        },
        "extra_columns": {
            "type": "array",
            "description": "Las columnas que no son de ningún campo y se conservan con cada acción; solo si las hay.",
            "items": _MAPPED_COLUMN,
        },
        "remembered_at": text(
            "Cuándo se indicaron las columnas con que se leyó, en un libro anterior con los mismos encabezados; solo "
            "si fue así.",
            format="date-time",
        ),
        "corrections": list_of("Correction", "Las celdas que se corrigieron en Folio; solo cuando las hay."),
        "typed": TYPED,
    },
    required=["plan", "mapping", "findings", "layout"],
)

_PROBLEM: Final = object_of(
    "Por qué no se pudo atender la petición (RFC 9457).",
    {
        "type": text("Identificador estable del problema.", format="uri", enum=[each.urn for each in ProblemType]),
        "title": text("El problema, en pocas palabras."),
        "status": whole("El mismo código de la respuesta.", minimum=400, maximum=599),
        "detail": text("Qué pasó y qué hacer."),
        "findings": list_of("Finding", "Lo que se encontró en el libro."),
        "errors": list_of("FieldError", "Los datos del envío que no sirven, todos a la vez."),
        "plan": {
            "anyOf": [{"$ref": "#/components/schemas/Plan"}, {"type": "null"}],
            "description": "Lo que pudo entenderse de un libro rechazado.",
        },
        "mapping": _MAPPING,
        "remembered_at": nullable_text(
            "Cuándo se indicaron las columnas con que se leyó, si fue en un libro anterior.", format="date-time"
        ),
        "proposal": {
            "anyOf": [{"$ref": "#/components/schemas/Proposal"}, {"type": "null"}],
            "description": "Lo que un libro rechazado parece ser, y los números que le faltan.",
        },
    },
    examples=[
        {
            "type": ProblemType.HAS_ERRORS.urn,
            "title": ProblemType.HAS_ERRORS.title,
            "status": int(ProblemType.HAS_ERRORS.status),
            "detail": "En el libro hay 1 error. Corrija el error en Excel, guarde y suba el libro de nuevo.",
            "findings": [_FINDING_EXAMPLE],
            "errors": [],
            "plan": None,
            "mapping": {"starts_on": {"sheet": "Plan de acción", "column": "G", "header": "FECHA INICIO"}},
            "remembered_at": None,
            "proposal": None,
        }
    ],
)

SCHEMAS: Final[Json] = {
    **VERSION_SCHEMAS,
    **OFFICE_SCHEMAS,
    **CORRECTION_SCHEMAS,
    "Report": _REPORT,
    "Reports": _REPORTS,
    "Document": _DOCUMENT,
    "Proof": _PROOF,
    "Finding": _FINDING,
    "Understood": _UNDERSTOOD,
    "Plan": _PLAN,
    "Action": _ACTION,
    "Problem": _PROBLEM,
    "FieldError": object_of(
        "Un campo o encabezado del envío que no sirve.",
        {
            "field": text("Campo, con el nombre con que se envió."),
            "value": text("Lo que decía; vacío si faltaba."),
            "message": text("Por qué no sirve y qué se espera."),
        },
    ),
    "UploadProgress": object_of(
        "En qué va un envío.",
        {
            "stage": text("La etapa; van en este orden.", enum=[stage.value for stage in Stage]),
            "percent": whole("Cuánto de la etapa está hecho.", minimum=0, maximum=100),
            "actions": whole("Cuántas acciones se han leído.", minimum=0),
            "message": text("Lo mismo, en una frase.", examples=["Revisando 3.200 acciones: 40 %."]),
        },
    ),
    "Alive": object_of("El proceso responde.", {"status": {"const": "alive"}}),
    "Readiness": object_of(
        "Con qué cuenta el servicio.",
        {
            "status": text(
                "Si se pueden recibir libros, y si sus documentos se escriben enseguida o esperan.",
                enum=["ready", "limited", "unavailable"],
            ),
            "database": text("Base de datos.", enum=["up", "down", "read_only", "outdated"]),
            "redis": text("Aviso a quien escribe; sin él los documentos tardan más.", enum=["up", "down"]),
            "worker": text("Quien escribe los documentos.", enum=["up", "down"]),
            "reconciler": text("Quien vigila la cola.", enum=["up", "down"]),
            "problems": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Lo que falla y qué hacer, en frases.",
            },
        },
    ),
}
