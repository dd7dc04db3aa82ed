"""A request for documents -> which ones, of which report, beside which other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Request

from service.domain.reports import DocumentKind
from service.store import Store, StoredReport
from service.web.bodies import json_object, text_in, texts_in
from service.web.comparing import NO_SUCH_REPORT, other_report
from service.web.front import Front
from service.web.problems import FieldError, Problem, invalid_request
from service.web.uploads import PACKAGE_OF_DRAFT, who_in
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
    said = json_object(request) if request.is_json else request.form.to_dict()
    if isinstance(said, Problem):
        return said
    errors: list[FieldError] = []
    named = tuple(kinds) if kinds is not None else _kinds_in(request, said, errors)
    known = {kind.value for kind in DocumentKind}
    unknown = [kind[:80] for kind in named if kind not in known]
    reason = f"elija entre {joined(sorted(known))}."
    if unknown:
        errors.append(FieldError("kinds", unknown[0], f"Folio no escribe documentos «{unknown[0]}»: {reason}"))
    elif DocumentKind.PACKAGE in named and report.issued_at is None:
        errors.append(FieldError("kinds", DocumentKind.PACKAGE.value, PACKAGE_OF_DRAFT))
    elif not named and not errors:
        errors.append(FieldError("kinds", "", f"Diga cuáles: {reason}"))
    against_id = text_in("against", said.get("against"), errors) or request.args.get("against")
    by = who_in(text_in("by", said.get("by"), errors), errors)
    if errors:
        return invalid_request(tuple(errors))
    wanted = tuple(kind for kind in DocumentKind if kind.value in named)
    against = None
    if any(kind.needs_another for kind in wanted):
        other = other_report(store, report, against_id)
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


def _kinds_in(request: Request, said: Mapping[str, object], errors: list[FieldError]) -> tuple[str, ...]:
    """The kinds as a list of a JSON object, or as fields of a form, each perhaps several with commas."""
    if request.is_json:
        return texts_in("kinds", said.get("kinds"), errors)
    return tuple(kind.strip() for each in request.form.getlist("kinds") for kind in each.split(",") if kind.strip())
