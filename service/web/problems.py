"""What was wrong with a request -> an application/problem+json answer (RFC 9457) in Spanish.

A problem is a value like any other: views return it, and only the edge turns it into an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final

from flask import Response, jsonify

from service.domain.archive import Json, reading_told
from service.domain.errors import StoreFull, StoreUnavailable
from service.domain.findings import Finding
from service.domain.reading import Rejected, Unreadable
from service.domain.succession import Proposal

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5
A_MINUTE: Final = 60


class ProblemType(Enum):
    """Every kind of problem: its stable URN, HTTP status and title. A URN is never reused for something else."""

    MALFORMED = ("peticion-mal-formada", HTTPStatus.BAD_REQUEST, "No se entiende la petición")
    INVALID_REQUEST = ("datos-no-validos", HTTPStatus.BAD_REQUEST, "Hay datos por corregir en el envío")
    NOT_SIGNED_IN = ("sin-identificar", HTTPStatus.UNAUTHORIZED, "Hay que entrar a Folio")
    WRONG_PASSWORD = ("no-pudo-entrar", HTTPStatus.UNAUTHORIZED, "No se pudo entrar")
    NOT_ALLOWED = ("sin-permiso", HTTPStatus.FORBIDDEN, "Su rol no permite hacer esto")
    TOO_MANY = ("demasiados-intentos", HTTPStatus.TOO_MANY_REQUESTS, "Demasiados intentos seguidos")
    CROSS_SITE = ("otro-sitio", HTTPStatus.FORBIDDEN, "El envío no viene de esta página")
    NOT_FOUND = ("no-existe", HTTPStatus.NOT_FOUND, "No existe")
    WRONG_METHOD = ("metodo-no-admitido", HTTPStatus.METHOD_NOT_ALLOWED, "Esta dirección no admite esa operación")
    KEPT_FOR_GOOD = ("informe-inalterable", HTTPStatus.METHOD_NOT_ALLOWED, "Un informe no se modifica ni se borra")
    STEP_CONTRADICTED = ("paso-contradicho", HTTPStatus.CONFLICT, "El libro no es lo que usted indicó")
    NOT_ISSUABLE = ("falta-para-emitir", HTTPStatus.CONFLICT, "Todavía no se puede emitir")
    NOT_LEFT_ALONE = ("sin-quien-administre", HTTPStatus.CONFLICT, "Alguien tiene que administrar Folio")
    NEWER_DRAFT = ("borrador-mas-reciente", HTTPStatus.CONFLICT, "Hay un borrador más reciente")
    OTHER_OFFICE = ("otra-oficina", HTTPStatus.CONFLICT, "Es de otra oficina")
    SETTINGS_CHANGED = ("ajustes-cambiados", HTTPStatus.CONFLICT, "Otra persona cambió los ajustes")
    SETTINGS_IN_FILE = ("ajustes-en-archivo", HTTPStatus.CONFLICT, "Los ajustes los dice un archivo")
    NOTHING_TO_COMPARE = ("nada-que-comparar", HTTPStatus.CONFLICT, "No hay con qué compararlo")
    NOT_READY = ("documento-no-disponible", HTTPStatus.CONFLICT, "El documento no está disponible")
    TOO_LARGE = ("demasiado-grande", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "El envío es demasiado grande")
    NOT_A_WORKBOOK = ("no-es-un-libro", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "El archivo no es un libro de Excel")
    UNREADABLE = ("libro-ilegible", HTTPStatus.UNPROCESSABLE_ENTITY, "No se pudo leer el libro")
    NOT_CORRECTED = ("celda-no-corregida", HTTPStatus.UNPROCESSABLE_ENTITY, "No se pudo corregir la celda")
    HAS_ERRORS = ("libro-con-errores", HTTPStatus.UNPROCESSABLE_ENTITY, "El libro tiene errores por corregir")
    NOT_SIGNED = ("no-es-copia-firmada", HTTPStatus.UNPROCESSABLE_ENTITY, "No es la copia firmada de este informe")
    KEY_REUSED = ("clave-reutilizada", HTTPStatus.UNPROCESSABLE_ENTITY, "La clave ya se usó en otro envío")
    UNEXPECTED = ("fallo-interno", HTTPStatus.INTERNAL_SERVER_ERROR, "Algo falló en Folio")
    UNAVAILABLE = ("no-disponible", HTTPStatus.SERVICE_UNAVAILABLE, "Folio no está disponible por ahora")

    def __init__(self, slug: str, status: HTTPStatus, title: str) -> None:
        self.urn = f"urn:folio:problema:{slug}"
        self.status = status
        self.title = title


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field of the request, or a header, that cannot be used: its name as sent, its value and the reason."""

    field: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was refused: `detail` is for the person, `findings` are the workbook's, `errors` the request's.

    `understood` is what could be read of a refused workbook all the same, `proposal` what the workbook seems to be.
    """

    type: ProblemType
    detail: str
    findings: tuple[Finding, ...] = ()
    errors: tuple[FieldError, ...] = ()
    understood: Rejected | Unreadable | None = None
    proposal: Proposal | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What a client should know before it tries again."""
        if self.type is ProblemType.NOT_SIGNED_IN:
            # Who comes with a browser sees a page; this tells programs how to come.
            return {"WWW-Authenticate": 'Bearer realm="Folio"'}
        if self.type is ProblemType.TOO_MANY:
            return {"Retry-After": str(A_MINUTE)}
        is_passing = self.type in {ProblemType.UNAVAILABLE, ProblemType.UNEXPECTED}
        return {"Retry-After": str(RETRY_AFTER_SECONDS)} if is_passing else {}


_STORE_UNAVAILABLE: Final = Problem(
    ProblemType.UNAVAILABLE,
    "La base de datos no responde en este momento. Inténtelo de nuevo en unos segundos.",
)
_STORE_FULL: Final = Problem(
    ProblemType.UNAVAILABLE,
    "En el servidor no queda espacio para guardar nada más, y lo que envió no se guardó. Avise a quien administra "
    "Folio e inténtelo de nuevo cuando haya espacio; lo que ya estaba guardado sigue ahí.",
)


def store_problem(error: StoreUnavailable) -> Problem:
    """Why nothing could be kept or looked up: the store's fault and not the request's."""
    return _STORE_FULL if isinstance(error, StoreFull) else _STORE_UNAVAILABLE


def invalid_request(errors: tuple[FieldError, ...]) -> Problem:
    """All that is wrong with the fields of a request, at once."""
    detail = " ".join(error.message for error in errors)
    return Problem(ProblemType.INVALID_REQUEST, detail, errors=errors)


def proposal_to_json(proposal: Proposal) -> Json:
    """What an upload seems to be, as the API shows it."""
    return {
        "step": proposal.step.value,
        "reason": proposal.reason,
        "year": proposal.quarter.year,
        "quarter": proposal.quarter.roman,
        "version": str(proposal.version),
        "edition": proposal.edition,
        "against": proposal.against,
    }


def problem_to_json(problem: Problem) -> Json:
    """The problem as the API shows it, for an encoder that knows of actions and findings what is `told`."""
    understood = reading_told(problem.understood) if problem.understood else {}
    return {
        "type": problem.type.urn,
        "title": problem.type.title,
        "status": int(problem.type.status),
        "detail": problem.detail,
        "findings": problem.findings,
        "errors": [{"field": error.field, "value": error.value, "message": error.message} for error in problem.errors],
        "plan": understood.get("plan"),
        "mapping": understood.get("mapping", {}),
        "remembered_at": understood.get("remembered_at"),
        "proposal": proposal_to_json(problem.proposal) if problem.proposal else None,
    }


def problem_response(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    response = jsonify(problem_to_json(problem))
    response.status_code = problem.type.status
    response.mimetype = MEDIA_TYPE
    response.headers.update(problem.headers)
    return response
