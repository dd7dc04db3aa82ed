"""An uploaded plan beside its past -> what it is: a correction, the next quarter, a new version.

Folio proposes and a person decides. The numbers that the workbook gives count; what it leaves open is told from what
changed. Nothing is looked for here: the past is handed in, the plans of its reports on demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from operator import attrgetter
from typing import Final

from service.domain.changes import ActionChangeKind, Approver, Changes, compare, is_follow_up
from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.past import Filed, Past, follows
from service.domain.plan import Action, DraftPlan, Plan
from service.domain.reading import Acceptance
from service.domain.rules.words import counted, listed
from service.domain.values import ROMAN, Quarter, VersionNumber

_FIRST_VERSION: Final = VersionNumber(1, 0)
_LAST_QUARTER: Final = 4
_SAID: Final = attrgetter(*(each.name for each in fields(Action) if each.name != "source"))

APPROVERS: Final = {
    Approver.COMMITTEE: "el Comité Institucional de Gestión y Desempeño",
    Approver.PLANNING: "la oficina de planeación",
}


class Step(StrEnum):
    """What an upload is beside the reports that there are.

    `same` brings nothing new; `earlier` is a report that was missing before later ones, as when a history is loaded.
    """

    FIRST = "first"
    SAME = "same"
    CORRECTION = "correction"
    NEXT_QUARTER = "next_quarter"
    NEW_VERSION = "new_version"
    NEW_YEAR = "new_year"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an upload seems to be, why (a Spanish sentence), the numbers it would have, and the report it follows.

    `edition` is the one it would get if it were issued now. `against` of `same` is the report that is already there.
    """

    step: Step
    reason: str
    version: VersionNumber
    quarter: Quarter
    edition: int
    against: str | None


def propose(
    plan: DraftPlan,
    past: Past,
    office: Office = REFERENCE_OFFICE,
    *,
    wished: Step | None = None,
    accepted: frozenset[Acceptance] | None = frozenset(),
) -> Proposal | None:
    """What the plan is beside the past; None when it cannot be told which quarter it reports.

    `wished` is what the person says that it is: then the numbers which the workbook leaves open follow from it.
    `accepted` is what the person lets stand, for the same data with other reasons are not the same; with None there is
    more to say of them than there was, and they are not the same whatever the reasons.
    """
    found = _Upload.understood(plan, past, office, wished)
    if found is None:
        return None
    if accepted is not None and wished in {None, Step.SAME} and (same := found.same(accepted)):
        return same
    return found.proposal()


def objection(step: Step, proposal: Proposal, plan: DraftPlan, past: Past) -> str | None:
    """Why the workbook cannot be what the person says that it is: a Spanish sentence that names both, or None."""
    quarter, version = proposal.quarter, proposal.version
    issued = past.issued(quarter.year)
    like = past.like(quarter, version)
    of_version = [each for each in issued if each.version == version]
    later = [each for each in issued if each.quarter > quarter]
    this = f"el {quarter.roman} trimestre de {quarter.year}, versión {version}"
    latest = f"el del {_named(issued[-1])}" if issued else "ninguno"
    following, first = "Usted indicó que es el siguiente trimestre", "Usted indicó que es el primer informe"
    said = "el libro trae" if plan.version else "sigue en"
    cases = (
        (Step.SAME, proposal.step is not Step.SAME, "Usted indicó que los datos son los mismos, pero algo cambia."),
        (
            Step.CORRECTION, not like,
            f"Usted indicó que es una corrección, pero no hay ningún informe para {this}, que es lo que dice el libro.",
        ),
        (
            Step.NEXT_QUARTER, any(each.edition for each in like),
            f"{following}, pero el libro es para {this}, y ese informe ya se emitió.",
        ),
        (
            Step.NEXT_QUARTER, not of_version,
            f"{following}, pero el libro trae la versión {version}, de la que no se ha emitido ningún informe.",
        ),
        (
            Step.NEXT_QUARTER, any(each.quarter > quarter for each in of_version),
            f"{following}, pero el libro es para {this}, y ya se emitió uno posterior.",
        ),
        (
            Step.NEW_VERSION, not issued,
            f"Usted indicó que es una versión nueva, pero no se ha emitido ninguna del plan {quarter.year}.",
        ),
        (
            Step.NEW_VERSION, bool(of_version),
            f"Usted indicó que es una versión nueva, pero {said} la {version}, que ya se emitió: escriba la nueva.",
        ),
        (Step.FIRST, bool(issued), f"{first} de {quarter.year}, pero ya se emitió {latest}."),
        (Step.NEW_YEAR, bool(issued), f"{first} de {quarter.year}, pero ya se emitió {latest}."),
        (
            Step.EARLIER, not later and all(each.version <= version for each in issued),
            f"Usted indicó que es un informe anterior, pero no se ha emitido ninguno posterior a {this}.",
        ),
    )  # fmt: skip
    return next((sentence for about, is_so, sentence in cases if about is step and is_so), None)


@dataclass(frozen=True, slots=True)
class _Upload:
    """The plan with its numbers filled in, and the changes since the report that it follows."""

    plan: Plan
    past: Past
    issued: tuple[Filed, ...]
    base: Filed | None
    changes: Changes | None
    wished: Step | None

    @classmethod
    def understood(cls, plan: DraftPlan, past: Past, office: Office, wished: Step | None) -> _Upload | None:
        years = [each.quarter.year for each in past.reports if each.edition is not None]
        year = plan.year or max(years, default=None)
        if year is None:
            return None
        issued = past.issued(year)
        plan = replace(plan, year=year)
        if issued and (plan.quarter is None or plan.version is None):
            plan = _completed(plan, issued[-1], past, office, wished)
        elif not issued:
            quarter = plan.quarter or (1 if any(before == year - 1 for before in years) else None)
            plan = replace(plan, version=plan.version or _FIRST_VERSION, quarter=quarter)
        whole = plan.with_blanks()
        if whole is None:
            return None
        base = follows(whole.quarter, whole.version, past)
        return cls(whole, past, issued, base, _changes(past, base, whole, office), wished)

    def same(self, accepted: frozenset[Acceptance]) -> Proposal | None:
        """That there is a report with these very data, the latest of its quarter and version or a draft of it."""
        there = self.past.like(self.plan.quarter, self.plan.version)
        latest = [each for each in there if each.edition is not None][:1]
        drafts = [each for each in there if each.edition is None]
        wanted = _data(self.plan.as_draft())
        for each in (*latest, *drafts):
            plan = self.past.plan_of(each.id) if accepted <= each.accepted else None
            if plan is not None and wanted == _data(plan.as_draft()):
                kind = "informe" if each.edition else "borrador"
                since = f"que ya se emitió (edición {each.edition})" if each.edition else "que ya se había subido"
                reason = f"Los datos son los mismos del {kind} del {_named(each)}, {since}."
                return Proposal(Step.SAME, reason, each.version, each.quarter, each.edition or self._edition(), each.id)
        return None

    def proposal(self) -> Proposal:
        """By its numbers, unless what changed contradicts them."""
        quarter, version = self.plan.quarter, self.plan.version
        there = [each for each in self.issued if (each.quarter, each.version) == (quarter, version)]
        against = self.base.id if self.base else None
        if not self.issued:
            return Proposal(*self._first(), version, quarter, 1, None)
        if self.wished is None and self.base and self.base.version == version and self._needs_committee():
            return Proposal(Step.NEW_VERSION, self._unapproved(), _after(self.issued), quarter, 1, against)
        if there:
            return Proposal(Step.CORRECTION, self._correction(there[-1]), version, quarter, self._edition(), against)
        is_known = any(each.version == version for each in self.issued)
        if not self._is_new_version() and (self._has_later_quarters() or not is_known):
            return Proposal(Step.EARLIER, self._earlier(), version, quarter, 1, against)
        if is_known:
            return self._next_quarter(against)
        return Proposal(Step.NEW_VERSION, self._new_version(), version, quarter, 1, against)

    def _is_new_version(self) -> bool:
        return all(each.version < self.plan.version for each in self.issued)

    def _has_later_quarters(self) -> bool:
        return any(each.quarter > self.plan.quarter for each in self.issued)

    def _edition(self) -> int:
        like = self.past.like(self.plan.quarter, self.plan.version)
        return max((each.edition or 0 for each in like), default=0) + 1

    def _needs_committee(self) -> bool:
        return self.changes is not None and self.changes.approver is Approver.COMMITTEE

    def _first(self) -> tuple[Step, str]:
        year = self.plan.year
        before = self.past.issued(year - 1)
        if not before:
            return Step.FIRST, f"Es el primer informe del plan de acción {year} que se emitiría en Folio."
        last = f"el último que se emitió es el del {_named(before[-1])}, de {year - 1}"
        return Step.NEW_YEAR, f"Comienza el plan de acción {year}: {last}."

    def _correction(self, corrected: Filed) -> str:
        told = self._told() or "no cambia nada"
        return (
            f"Ya se emitió el informe del {_named(corrected)}: estos datos lo corrigen ({told}) y serían su edición "
            f"{self._edition()}."
        )

    def _earlier(self) -> str:
        if not self._has_later_quarters():
            version, latest = self.plan.version, self.issued[-1].version
            return f"El libro trae la versión {version}, anterior a la última que se emitió, la {latest}."
        first = min(each.quarter for each in self.issued)
        if self.plan.quarter < first:
            known = f"anterior al primero que conoce Folio, el del {first.roman} trimestre"
        else:
            known = f"que faltaba: ya se emitió el del {max(each.quarter for each in self.issued).roman} trimestre"
        return f"Es el informe del {self.plan.quarter.roman} trimestre, {known}."

    def _next_quarter(self, against: str | None) -> Proposal:
        latest, quarter = self.issued[-1], self.plan.quarter
        if self.plan.version < latest.version:
            reason = (
                f"Es el {quarter.roman} trimestre, y el plan vigente es el de la versión {latest.version}: el libro "
                f"trae la {self.plan.version}."
            )
            return Proposal(Step.NEXT_QUARTER, reason, latest.version, quarter, 1, latest.id)
        gap = quarter.number - latest.quarter.number - 1
        missing = f"; Folio no conoce {'los anteriores' if gap > 1 else 'el anterior'}" if gap > 0 else ""
        told = f", y {self._told(plan_only=True)}" if self.changes and self.changes.modifies_plan else ""
        reason = (
            f"El plan es el de la versión {self.plan.version} y el último informe emitido es el del "
            f"{latest.quarter.roman} trimestre: este es el del {quarter.roman}{missing}{told}."
        )
        return Proposal(Step.NEXT_QUARTER, reason, self.plan.version, quarter, 1, against)

    def _new_version(self) -> str:
        version, latest = self.plan.version, self.issued[-1].version
        if self.base is None or self.changes is None or not self.changes.modifies_plan:
            unchanged = ""
            if self.base and self.changes:
                unchanged = "; el plan no cambia"
                if self.base.version != latest:
                    unchanged += f" frente a la {self.base.version}"
            return f"El libro trae la versión {version} y la última emitida es la {latest}{unchanged}."
        told = self._told(plan_only=True)
        return (
            f"El plan cambia frente a la versión {self.base.version} ({told}): es la versión {version}, "
            f"que {self._approves()}."
        )

    def _unapproved(self) -> str:
        version = self.plan.version
        told = self._told(plan_only=True)
        return (
            f"El libro dice versión {version}, pero cambia lo aprobado en ella ({told}): sería una versión nueva, "
            f"que {self._approves()}."
        )

    def _approves(self) -> str:
        approver = self.changes.approver if self.changes else None
        return f"aprueba {APPROVERS[approver or Approver.PLANNING]}"

    def _told(self, *, plan_only: bool = False) -> str:
        return _told(self.changes, plan_only=plan_only) if self.changes else ""


def _completed(plan: DraftPlan, latest: Filed, past: Past, office: Office, wished: Step | None) -> DraftPlan:
    """The plan with the quarter and version that follow from what changed since the latest report, or from the wish."""
    supposed = replace(
        plan, quarter=plan.quarter or latest.quarter.number, version=plan.version or latest.version
    ).with_blanks()
    changes = _changes(past, latest, supposed, office) if supposed else None
    version, quarter = plan.version, plan.quarter
    if version is None:
        is_modified = changes is not None and changes.approver is Approver.COMMITTEE
        is_new = wished is Step.NEW_VERSION or (wished is None and is_modified)
        version = _after((latest,)) if is_new else latest.version
    if quarter is None:
        told_anew = _retold(changes) * 2 > len(plan.actions) if changes else False
        is_next = wished is Step.NEXT_QUARTER or (wished is not Step.CORRECTION and told_anew)
        quarter = min(latest.quarter.number + is_next, _LAST_QUARTER)
    return replace(plan, version=version, quarter=quarter)


def _changes(past: Past, base: Filed | None, plan: Plan, office: Office) -> Changes | None:
    before = past.plan_of(base.id) if base else None
    whole = before.with_blanks() if before else None
    return compare(whole, plan, office) if whole else None


def _after(issued: tuple[Filed, ...]) -> VersionNumber:
    return VersionNumber(issued[-1].version.major + 1, 0)


def _retold(changes: Changes) -> int:
    return sum(any(each.field == "qualitative_progress" for each in change.fields) for change in changes.actions)


def _told(changes: Changes, *, plan_only: bool) -> str:
    """What changed, counted: "cambian 2 acciones, se agrega 1 y cambian 9 avances"."""
    return listed(tuple(_counts(changes, plan_only=plan_only)) or ("",))


def _counts(changes: Changes, *, plan_only: bool) -> Iterator[str]:
    kinds = [change.kind for change in changes.actions]
    changed = sum(
        change.before is not None and change.after is not None and any(each.approver for each in change.fields)
        for change in changes.actions
    )
    told = (
        (changed, "cambia", "cambian"),
        (kinds.count(ActionChangeKind.ADDED), "se agrega", "se agregan"),
        (kinds.count(ActionChangeKind.REMOVED), "se retira", "se retiran"),
    )
    for number, singular, plural in told:
        if number:
            yield f"{singular if number == 1 else plural} {counted(number, 'acción', 'acciones')}"
    if any(each.approver for each in changes.header):
        yield "cambia el encabezado"
    if not plan_only:
        yield from _beside_the_plan(changes)


def _beside_the_plan(changes: Changes) -> Iterator[str]:
    """What changed and was no part of what is approved: what a quarter tells, the typing, the order."""
    if retold := _retold(changes):
        yield f"{'cambia' if retold == 1 else 'cambian'} {counted(retold, 'avance', 'avances')}"
    kept = [change for change in changes.actions if change.before and change.after]
    followed = sum(
        any(
            each.approver is None and each.field != "qualitative_progress" and is_follow_up(each.field)
            for each in change.fields
        )
        for change in kept
    )
    if followed:
        yield f"cambian datos del seguimiento de {counted(followed, 'acción', 'acciones')}"
    typed = sum(
        any(each.approver is None and not is_follow_up(each.field) for each in change.fields) for change in kept
    )
    if typed:
        yield f"se corrige la digitación de {counted(typed, 'acción', 'acciones')}"
    if any(each.approver is None and each.field in {"title", "objective"} for each in changes.header):
        yield "se corrige la digitación del encabezado"
    if any(change.kind is ActionChangeKind.MOVED and change.approver is None for change in kept):
        yield "cambia el orden de las acciones"


def _named(report: Filed) -> str:
    return f"{ROMAN[report.quarter.number]} trimestre, versión {report.version}"


def _data(plan: DraftPlan) -> tuple[object, ...]:
    """What a plan says, wherever it stands in the workbook."""
    return plan.title or "", plan.objective or "", tuple(map(_SAID, plan.actions))
