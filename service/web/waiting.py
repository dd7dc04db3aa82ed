"""A request that says how long it would wait -> the report once its documents are written, or as it is by then."""

from __future__ import annotations

import re
from typing import Final

from flask import Request

from service.domain.reports import DocumentKind, JobState
from service.store import StoredReport
from service.web.front import Front
from service.web.limits import LONGEST_WAIT
from service.web.problems import FieldError, Problem, invalid_request
from service.web.wording import joined

_SECONDS: Final = re.compile("[0-9]{1,4}")


def awaited(front: Front, report_id: str, request: Request) -> StoredReport | Problem | None:
    """The report as soon as nothing more will happen to the documents that are meant, by itself.

    `wait` is for how many seconds at most, `kinds` are the documents that are meant: none named, all. None: there is no
    such report.
    """
    said = request.args.get("wait", "0")
    if not _SECONDS.fullmatch(said) or int(said) > LONGEST_WAIT:
        message = f"«wait» son los segundos que se espera: un número entero de 0 a {LONGEST_WAIT}."
        return invalid_request((FieldError("wait", said[:80], message),))
    meant = {kind.strip() for value in request.args.getlist("kinds") for kind in value.split(",")} - {""}
    known = {kind.value for kind in DocumentKind}
    if unknown := sorted(meant - known):
        message = f"Folio no escribe esos documentos: elija entre {joined(sorted(known))}."
        return invalid_request((FieldError("kinds", unknown[0][:80], message),))
    return front.watch.look_until(
        report_id,
        lambda: front.store.report(report_id),
        lambda report: report is None or all(state.is_final for state in _states(report, meant)),
        int(said),
    )


def _states(report: StoredReport, meant: set[str]) -> list[JobState]:
    return [each.state for each in report.documents if not meant or each.kind.value in meant]
