"""The store's reports -> the past that a plan is held against, and all that it has to say of that plan.

It answers one request: what it read of the past once it does not read again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from service.domain.checks import compare_with_previous
from service.domain.findings import Finding
from service.domain.office import Office
from service.domain.past import Past, contradictions, follows, quarter_before, same_version
from service.domain.plan import DraftPlan, Plan
from service.domain.reading import MappedColumn
from service.domain.values import VersionNumber
from service.store import Store


def past_of(
    store: Store,
    year: int | None,
    quarter: int | None = None,
    version: VersionNumber | None = None,
    *,
    like: DraftPlan | None = None,
) -> Past:
    """The past of a plan with these numbers, those that are known of them; its plans share the texts of `like`.

    Without a year it is that of the last report that was issued.

    Raises:
        StoreUnavailable: the past cannot be had.
    """
    if year is None:
        latest = store.reports(1, is_issued=True)
        year = latest[0].year if latest else None
    plan_of: Callable[[str], Plan | DraftPlan | None] = lru_cache(maxsize=None)(partial(store.plan_of, like=like))
    return Past(store.filed(year, quarter, version) if year is not None else (), plan_of)


def beside_the_past(
    draft: DraftPlan,
    mapping: tuple[MappedColumn, ...],
    past: Past,
    office: Office,
    extra_columns: tuple[MappedColumn, ...] = (),
    *,
    read: tuple[Finding, ...] = (),
) -> tuple[Finding, ...]:
    """What there is to say of a plan that only the issued reports tell.

    Its follow-up is held against the report of the quarter before, and the plan itself against one report alone: that
    which says what its version approved, else the one that it follows. `read` is what its reading found.
    """
    dated = draft.with_blanks()
    if dated is None:
        return ()
    numbers = dated.quarter, dated.version, past
    approved, earlier = same_version(*numbers) or follows(*numbers), quarter_before(*numbers)
    found: dict[tuple[object, ...], Finding] = {}
    for base in filter(None, dict.fromkeys((approved, earlier))):
        before = past.plan_of(base.id)
        whole = before.with_blanks() if before else None
        for finding in compare_with_previous(draft, mapping, whole, office, extra_columns, read=read) if whole else ():
            if base is approved or not is_of_an_approved_plan(finding):
                found.setdefault((finding.code, finding.place, finding.column), finding)
    return (*found.values(), *contradictions(draft, past))


def is_of_an_approved_plan(finding: Finding) -> bool:
    """Whether it tells that a plan says something else than what was approved."""
    return finding.code.name.startswith("CHANGE_")
