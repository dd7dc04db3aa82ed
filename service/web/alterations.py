"""An attempt to alter or delete a report -> its refusal, and an entry in the audit log.

No such route exists; this is what is said and kept when somebody tries.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from flask import Request

from service.domain.errors import StoreUnavailable
from service.web.asker import name_of_asker, person
from service.web.front import Front
from service.web.limits import ID_PATTERN
from service.web.problems import Problem, ProblemType

_ALTERING: Final = {"PUT", "PATCH", "DELETE"}
_log: Final = logging.getLogger(__name__)
_REPORT: Final = re.compile(f"/(?:api/v1/reports|informes)/({ID_PATTERN})(?:/.*)?", re.DOTALL)


def refused(front: Front, request: Request) -> Problem | None:
    """Why a report is not altered, once the attempt is on record; None when this is no such attempt."""
    found = _REPORT.fullmatch(request.path)
    if request.method not in _ALTERING or found is None:
        return None
    attempt = f"{request.method} {request.path}"[:200]
    try:
        # Only of reports that there are, and of people that are known, so that no stranger fills the log.
        if person() is not None and front.store.report(found[1]) is not None:
            front.store.note_refusal(found[1], attempt, now=front.clock(), by=name_of_asker())
    except StoreUnavailable:
        _log.exception("a %s was refused and could not be put on record", request.method)
    return Problem(
        ProblemType.KEPT_FOR_GOOD,
        "Un informe que Folio guarda no se modifica ni se borra; el intento queda en el registro de auditoría. Para "
        "corregirlo, suba el libro corregido: será la siguiente edición.",
    )
