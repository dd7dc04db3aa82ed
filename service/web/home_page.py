"""The store and today -> the first page: this year's plan, what waits, the form to upload a workbook, the reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from flask import Response, make_response, render_template

from service.domain.people import EXAMPLE_WRITER
from service.domain.values import Quarter, VersionNumber
from service.settings import EXAMPLE
from service.store import StoredReport
from service.web import calendar_words
from service.web.front import Front
from service.web.upload_pages import upload_form
from service.web.year_view import as_example, due_this_year, today_of, waiting_in, year_view

_PAGE_LENGTH: Final = 20


def home_page(front: Front, before: str | None) -> Response:
    """The first page; with `before` the reports that are older than that one, and nothing else.

    Raises:
        StoreUnavailable: what it shows cannot be had.
    """
    found = front.store.reports(_PAGE_LENGTH + 1, before)
    older = found[_PAGE_LENGTH - 1].id if len(found) > _PAGE_LENGTH else None
    listed = {"reports": found[:_PAGE_LENGTH], "older": older, "stale": stale_among(found)}
    if before is not None:
        return make_response(render_template("older_reports.html", **listed))
    # The plan that the office works on, which need not be that of the calendar.
    year = front.store.year_in_hand()
    today = today_of(front)
    view = year_view(front, today.year if year is None else year)
    is_example = older is None and _are_of_example(found)
    if is_example:
        view = as_example(view)
    waiting = waiting_in(front, view)
    page = render_template(
        "home.html",
        **listed,
        view=view,
        is_empty=year is None,
        waiting=replace(waiting, unsigned=()) if is_example else waiting,
        is_example=is_example,
        due_this_year=None if is_example or year is None else due_this_year(front, view),
        words=calendar_words,
        form=upload_form(),
        has_example=EXAMPLE.is_file(),
        this_year=today.year,
        max_megabytes=front.max_upload_bytes // (1024 * 1024),
    )
    return make_response(page)


def stale_among(newest_first: Iterable[StoredReport]) -> frozenset[str]:
    """The drafts among these reports after which came another of the same quarter and version."""
    seen: set[tuple[Quarter, VersionNumber]] = set()
    stale = set()
    for report in newest_first:
        what = report.quarter, report.version
        if report.edition is None and what in seen:
            stale.add(report.id)
        seen.add(what)
    return frozenset(stale)


def _are_of_example(reports: Sequence[StoredReport]) -> bool:
    """Whether Folio alone uploaded them, at its first start."""
    return bool(reports) and all(each.uploaded_by == f"«{EXAMPLE_WRITER}»" for each in reports)
