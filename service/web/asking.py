"""A request for documents -> which ones, of which report, beside which other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Request

from service.domain.reports import DocumentKind
from service.said import NotUnderstood
from service.store import Store, StoredReport
from service.web.comparing import NO_SUCH_REPORT, other_report
from service.web.front import Front
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.uploads import who
from service.web.wording import joined


@dataclass(frozen=True, slots=True)
class Asked:
    """Documents of a report; `against` is the other report, where one of them tells what changed."""

    report: StoredReport
    kinds: tuple[DocumentKind, ...]
    against: StoredReport | None
    by: str


def asked_in(request: Request, store: Store, report_id: str, kinds: Iterable[str] | None = None) -> Asked | Problem:
    """What a JSON object or a form asks for: `kinds` (unless they are given), `against`, `by`.

    Raises:
        StoreUnavailable: the reports cannot be had.
    """
    report = store.report(report_id)
    if report is None:
        return NO_SUCH_REPORT
    said = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not isinstance(said, dict):
        return Problem(ProblemType.MALFORMED, "Envíe un objeto JSON o un formulario.")
    named = list(kinds) if kinds is not None else _kinds_in(request, said)
    known = {kind.value for kind in DocumentKind}
    unknown = [str(kind) for kind in named if kind not in known]
    if unknown or not named:
        reason = f"elija entre {joined(sorted(known))}."
        message = f"Folio no escribe documentos «{unknown[0][:80]}»: {reason}" if unknown else f"Diga cuáles: {reason}"
        return invalid_request((FieldError("kinds", unknown[0][:80] if unknown else "", message),))
    try:
        by = who(str(said.get("by") or "").strip(), request.remote_addr)
    except NotUnderstood as reason:
        return invalid_request((FieldError("by", "", str(reason)),))
    wanted = tuple(kind for kind in DocumentKind if kind.value in named)
    against = None
    if any(kind.needs_another for kind in wanted):
        other = other_report(store, report, str(said.get("against") or request.args.get("against") or "") or None)
        if isinstance(other, Problem):
            return other
        against = other
    return Asked(report, wanted, against, by)


def retried(front: Front, asked: Asked) -> bool:
    """Have documents that could not be written tried anew; whether there was anything to try.

    Raises:
        StoreUnavailable: nothing is tried anew.
    """
    against = asked.against.id if asked.against else None
    jobs = [
        front.store.retry_document(asked.report.id, kind, against, now=front.clock(), by=asked.by)
        for kind in asked.kinds
    ]
    again = [job for job in jobs if job is not None]
    front.bell.ring(again)
    return bool(again)


def _kinds_in(request: Request, said: Mapping[str, object]) -> list[object]:
    """The kinds as a list of a JSON object, or as fields of a form, each perhaps several with commas."""
    value = said.get("kinds")
    if request.is_json:
        return value if isinstance(value, list) else [value] if value else []
    return [kind.strip() for each in request.form.getlist("kinds") for kind in each.split(",") if kind.strip()]
