"""A report + what a page shows of it already -> the parts of the page that move while it is open, or nothing new.

Documents get written and proved, and other people upload and issue: an open page asks here, and takes over only what
changed, so that what somebody is typing into it stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Request, Response, render_template
from markupsafe import Markup

from service.domain.reports import ReportStatus
from service.store import SOMEBODY, Store, StoredDocument, StoredReport
from service.web.front import Front
from service.web.limits import ID_PATTERN, LONGEST_WAIT
from service.web.page_pictures import pdf_of
from service.web.shown import pages_of
from service.web.wording import by, printed_instant, report_short

_PARTS: Final = ("news", "documents", "marked", "pages")
_MOST_ISSUED: Final = 5
_MOST_NEWER: Final = 20


@dataclass(frozen=True, slots=True)
class News:
    """What somebody else did meanwhile, in a sentence, and the report where it is seen."""

    told: str
    label: str
    report_id: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The report whose pages stand beside those of this one, and its PDF; None while nobody has asked for that."""

    report: StoredReport
    pdf: StoredDocument | None
    pages: int | None


@dataclass(frozen=True, slots=True)
class Moving:
    """What moves of a report's page. `others` are the names of those that its documents compare with, by their ids.

    `follows` is the id of the report that this one follows: its pages may be put beside.
    """

    report: StoredReport
    others: dict[str, str]
    pdf: StoredDocument | None
    pages: int | None
    follows: str | None
    beside: Beside | None
    news: News | None

    @property
    def seen(self) -> str:
        """What tells this state of things from another: the page sends it back to be told of what is new."""
        beside = self.beside and (self.beside.report.id, self.beside.pdf)
        state = (self.report.status, self.report.documents, self.others, self.follows, beside, self.news)
        return hashlib.sha256(repr(state).encode()).hexdigest()[:16]

    def parts(self) -> dict[str, Markup]:
        """Each part as HTML, by its name."""
        return {name: Markup(render_template(f"moving_{name}.html", moving=self)) for name in _PARTS}  # noqa: S704 ours


def moving_in(front: Front, report: StoredReport, *, follows: str | None, beside: str | None, seen_as: str) -> Moving:
    """What moves of a report's page.

    Args:
        front: where the other reports are.
        report: the one that the page is about.
        follows: the id of the one that it follows.
        beside: the id of the one whose pages stand beside its own.
        seen_as: the status that it had when the page was opened.

    Raises:
        StoreUnavailable: what it shows cannot be had.
    """
    store = front.store
    other = store.report(beside, with_findings=False) if beside and beside != report.id else None
    return Moving(
        report=report,
        others=_names_of_others(store, report),
        pdf=pdf_of(report),
        pages=pages_of(report),
        follows=follows,
        beside=Beside(other, pdf_of(other), pages_of(other)) if other else None,
        news=_news(store, report, seen_as),
    )


def what_moved(front: Front, report_id: str, request: Request) -> Response | None:
    """The parts of the page as HTML; 204 where they are what the asker has seen (`visto`) already.

    While documents are being written it waits for news, `espera` seconds at most. None: there is no such report.
    """
    said = request.args
    follows, beside = _id_in(said.get("sigue")), _id_in(said.get("junto"))

    def look() -> Moving | None:
        report = front.store.report(report_id, with_findings=False)
        seen_as = said.get("estado", "")
        return moving_in(front, report, follows=follows, beside=beside, seen_as=seen_as) if report else None

    def is_enough(moving: Moving | None) -> bool:
        return moving is None or moving.report.state.is_final or moving.seen != said.get("visto")

    moving = front.watch.look_until(report_id, look, is_enough, _seconds_in(said.get("espera")))
    if moving is None:
        return None
    if said.get("visto") == moving.seen:
        return Response(status=204)
    return Response(_of_parts(moving.parts().values(), moving), mimetype="text/html")


def newer_than(store: Store, report: StoredReport) -> News | None:
    """What somebody made meanwhile of this report or in its place: whoever corrects it now would leave that out.

    A draft is passed by the next of its quarter and version, and by whatever was made of the same workbook; an issued
    report stays what it is, but for a correction of its own workbook that is under way.

    Raises:
        StoreUnavailable: it cannot be told.
    """
    since = report.issued_at or report.created_at
    year, quarter = report.year, report.quarter.number
    for each in store.reports(_MOST_NEWER, year=year, quarter=quarter, with_findings=False):
        is_of_it, is_alike = each.upload_sha256 == report.upload_sha256, each.version == report.version
        passes = is_of_it and is_alike if each.issued_at or report.issued_at else is_of_it or is_alike
        if each.id == report.id or each.created_at <= since or not passes:
            continue
        who = each.uploaded_by if each.uploaded_by and not each.uploaded_by.startswith(SOMEBODY) else "otra persona"
        kind = "informe" if report.issued_at else "borrador"
        told = f"{who} corrigió este {kind}" if is_of_it else f"{who} subió un borrador más reciente de este trimestre"
        label = "Ver el informe emitido" if each.issued_at else "Ver el más reciente"
        return News(f"Mientras tanto, {told}: haga su corrección en el más reciente.", label, each.id)
    return None


def _of_parts(parts: Iterable[Markup], moving: Moving) -> str:
    state = Markup('<div id="moving" data-seen="{}" data-final="{}">{}</div>')
    return state.format(moving.seen, "true" if moving.report.state.is_final else "false", Markup().join(parts))


def _seconds_in(said: str | None) -> int:
    return min(int(said), LONGEST_WAIT) if said and re.fullmatch("[0-9]{1,4}", said) else 0


def _id_in(said: str | None) -> str | None:
    return said if said and re.fullmatch(ID_PATTERN, said) else None


def _names_of_others(store: Store, report: StoredReport) -> dict[str, str]:
    """What to call the reports that this one's documents compare it with, by their ids."""
    ids = dict.fromkeys(document.against for document in report.documents if document.against)
    found = (store.report(each, with_findings=False) for each in ids if each)
    return {each.id: report_short(each) for each in found if each is not None}


def _news(store: Store, report: StoredReport, seen_as: str) -> News | None:
    if report.issued_at is not None:
        if seen_as == ReportStatus.DRAFT:
            told = f"Este informe ya se emitió, {by(report.issued_by)}: el {printed_instant(report.issued_at)}."
            return News(told, "Ver el informe emitido", report.id)
        successor = store.report(report.superseded_by, with_findings=False) if report.superseded_by else None
        if successor is None or successor.issued_at is None or seen_as == ReportStatus.SUPERSEDED:
            return None
        told = f"A este informe lo reemplazó el de la {report_short(successor)}, {by(successor.issued_by)}."
        return News(told, "Ver el que lo reemplazó", successor.id)
    year, quarter = report.year, report.quarter.number
    issued = {
        each.issued_at: each
        for each in store.reports(_MOST_ISSUED, is_issued=True, year=year, quarter=quarter, with_findings=False)
        if each.issued_at and each.issued_at > report.created_at
    }
    if issued:
        at, latest = max(issued.items())
        told = f"El {printed_instant(at)} se emitió otro informe de este trimestre, {by(latest.issued_by)}"
        return News(f"{told}: {report_short(latest)}.", "Ver el informe emitido", latest.id)
    drafts = store.reports(1, is_issued=False, year=year, quarter=quarter, with_findings=False)
    newest = drafts[0] if drafts else report
    if newest.id == report.id or newest.created_at <= report.created_at:
        return None
    told = f"Hay un borrador más reciente de este trimestre, que se subió el {printed_instant(newest.created_at)}"
    return News(f"{told}, {by(newest.uploaded_by)}.", "Ver el más reciente", newest.id)
