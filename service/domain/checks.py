"""A plan becomes all that the rules have to say about it, each finding at the cell where a person would correct it.

The rules work on what was read, never on the workbook, so that a plan from any source can be checked. They live in
service/domain/rules, one module to a family; this is the one door to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from service.domain.findings import Finding
from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.plan import DraftPlan
from service.domain.reading import MappedColumn
from service.domain.rules.dates import check_dates
from service.domain.rules.evidence import check_evidence
from service.domain.rules.figures import check_figures
from service.domain.rules.heights import check_heights
from service.domain.rules.numbers import check_duplicates, check_numbers
from service.domain.rules.periods import check_periods
from service.domain.rules.previous import compare_with_previous
from service.domain.rules.privacy import check_privacy
from service.domain.rules.progress import check_progress, progress_is_due
from service.domain.rules.quantities import check_quantities
from service.domain.rules.rows import Rows
from service.domain.rules.targets import check_targets
from service.domain.rules.vocabularies import check_funding, check_leads, check_periodicities
from service.domain.rules.wording import check_wording

__all__ = ["check_plan", "compare_with_previous", "progress_is_due"]

_CHECKS: Final = (
    check_numbers,
    check_duplicates,
    check_dates,
    check_targets,
    check_periodicities,
    check_funding,
    check_leads,
    check_progress,
    check_periods,
    check_wording,
    check_heights,
    check_figures,
    check_quantities,
    check_evidence,
    check_privacy,
)


def _nobody_asked(_percent: int) -> None: ...


def check_plan(
    plan: DraftPlan,
    mapping: tuple[MappedColumn, ...],
    office: Office = REFERENCE_OFFICE,
    extra_columns: tuple[MappedColumn, ...] = (),
    on_checked: Callable[[int], None] = _nobody_asked,
) -> Iterator[Finding]:
    """Every finding about the values of a plan, family by family.

    `mapping` says in which column of which sheet each field stands; `extra_columns` the same of the columns that travel
    as extras, by their header: without it what is said of an extra points at the first cell of its row.
    `on_checked` hears the share of the families that are behind, 0 to 100.
    """
    rows = Rows(plan, mapping, extra_columns)
    for behind, check in enumerate(_CHECKS, start=1):
        yield from check(rows, office)
        on_checked(100 * behind // len(_CHECKS))
