"""The page of the office's settings: what they are, how its reports will look, who changed what, and the way back."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for

from service.domain.frame import Role, Signer
from service.domain.office import REFERENCE_SETTINGS
from service.office_said import COMMITTEE_FIELDS, LONGEST_NAME, LONGEST_OBJECTIVE, SETTINGS, Kind, values_of
from service.office_shown import as_text
from service.web.front import front
from service.web.office_desk import ROWS, changed_by_form, history_of, restored, signers_in_form
from service.web.problems import Problem, ProblemType
from service.web.report_page import problem_page

office_pages: Final = Blueprint("office", __name__)

# The usual block has one person for each; whoever has a block already adds a person or two.
_FIRST_ROWS: Final = tuple({"role": role.value, "name": "", "position": "", "is_acting": False} for role in Role)
_MORE_ROWS: Final = _FIRST_ROWS[:2]


@office_pages.get("/oficina")
def office() -> Response:
    """The settings that count, to be looked at and changed."""
    return _page()


@office_pages.post("/oficina")
def keep() -> Response:
    """Keep what the form says; back to the page, with what must be corrected if it cannot be kept."""
    kept = changed_by_form(front(), request)
    if isinstance(kept, Problem):
        # Where a form was cut off, what came of it must not look like what the person wants.
        return problem_page(kept) if kept.type is ProblemType.MALFORMED else _page(kept)
    return make_response(redirect(url_for("office.office", guardado=kept.seq), 303))


@office_pages.post("/oficina/ajustes/<int:seq>")
def restore(seq: int) -> Response:
    """Keep earlier settings again."""
    kept = restored(front(), seq)
    if isinstance(kept, Problem):
        return problem_page(kept)
    return make_response(redirect(url_for("office.office", guardado=kept.seq), 303))


@office_pages.get("/oficina/ajustes/<int:_seq>")
def sent_here(_seq: int) -> Response:
    """The address of a form, asked for by whoever copies it: the form is on the page."""
    return make_response(redirect(url_for("office.office"), 303))


@office_pages.get("/oficina/logo")
def logo() -> Response:
    """The logo that counts now."""
    found = front().office_settings.frame.logo
    if found is None:
        return problem_page(Problem(ProblemType.NOT_FOUND, "La oficina no ha puesto ningún logo."))
    response = send_file(BytesIO(found.content), mimetype=found.media_type, etag=False)
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(problem: Problem | None = None) -> Response:
    kept, file = front().kept_settings(), front().office_file
    settings = kept.settings if kept else REFERENCE_SETTINGS
    values = values_of(settings)
    is_sent = request.method == "POST" and file is None
    said: dict[str, Any] = {
        setting.name: as_text(setting, values[setting.name]) for setting in SETTINGS if setting.kind is not Kind.PICTURE
    }
    flags = {setting.name: values[setting.name] for setting in SETTINGS if setting.kind is Kind.FLAG}
    rows = [_row(signer) for signer in settings.frame.signers]
    if is_sent:
        # What was typed stays typed.
        said |= {name: request.form[name] for name in said if name in request.form}
        flags = {name: name in request.form for name in flags}
        rows = signers_in_form(request.form)
    page = render_template(
        "office.html",
        problem=problem,
        errors={error.field: error.message for error in problem.errors} if problem else {},
        said=said,
        flags=flags,
        rows=(*rows, *(_MORE_ROWS if rows else _FIRST_ROWS))[: max(ROWS, len(rows))],
        roles=Role,
        seq=kept.seq if kept else 0,
        frame=settings.frame,
        file=file.path.name if file else None,
        seals_lead_here_only=front().seals_lead_here_only,
        history=history_of(front()),
        is_logo_lost=bool(is_sent and problem and (chosen := request.files.get("logo")) and chosen.filename),
        is_saved="guardado" in request.args and problem is None,
        committee_fields=COMMITTEE_FIELDS,
        longest=LONGEST_NAME,
        lengths={setting.name: int(setting.limits[1]) for setting in SETTINGS if setting.kind is Kind.TEXT},
        longest_objective=LONGEST_OBJECTIVE,
    )
    response = make_response(page, problem.type.status if problem else 200)
    response.headers.update(problem.headers if problem else {})
    return response


def _row(signer: Signer) -> dict[str, Any]:
    return {
        "role": signer.role.value, "name": signer.name, "position": signer.position, "is_acting": signer.is_acting,
    }  # fmt: skip
