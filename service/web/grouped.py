"""Findings -> the list of a page: by gravity, and within it by what is wrong, as many of each as the page holds.

A workbook of thousands of actions may have tens of thousands of them: each kind is told with its number, and all are in
the workbook with the marks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.findings import Finding, FindingCode, Severity
from service.web.wording import severity_count

MOST_SHOWN: Final = 300
# So many of one kind are still read at a glance; of more, the first sight is how many there are.
_MOST_OPEN: Final = 10
# A list as short as this is open from end to end.
_SHORT: Final = 8

_ACCEPTED: Final = "accepted"


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one kind: what is wrong in general, how many there are, and those that are shown, by their numbers.

    `title` is in the words of the findings where they all have the same. `fix` is what to do, where it is the same for
    all of them. `standing` counts those that nobody accepted.
    """

    code: FindingCode
    title: str
    fix: str
    total: int
    standing: int
    shown: tuple[tuple[int, Finding], ...]
    is_open: bool

    @property
    def has_proposals(self) -> bool:
        """Whether a click puts any of those that are shown right."""
        return any(finding.can_be_applied for _, finding in self.shown)


@dataclass(frozen=True, slots=True)
class Gravity:
    """The findings of one weight: `name` is the mark's ("error", …, "accepted"), `told` is "2 errores"."""

    name: str
    told: str
    groups: tuple[FindingGroup, ...]


@dataclass(frozen=True, slots=True)
class ListedFindings:
    """All that a list shows, and of which findings, by their numbers from 0."""

    gravities: tuple[Gravity, ...]
    numbers: frozenset[int]


def grouped(findings: Sequence[Finding]) -> ListedFindings:
    """The findings worth showing by gravity, then by kind, in the order in which the workbook has them."""
    of_each: dict[tuple[str, FindingCode], list[tuple[int, Finding]]] = {}
    for number, finding in enumerate(findings):
        of_each.setdefault((_gravity(finding), finding.code), []).append((number, finding))
    most = _most_of_each([len(of_kind) for of_kind in of_each.values()])
    is_short = len(findings) <= _SHORT
    gravities = []
    for name in (*Severity, _ACCEPTED):
        kinds = {code: of_kind for (gravity, code), of_kind in of_each.items() if gravity == name}
        if kinds:
            total = sum(map(len, kinds.values()))
            groups = (_group(code, kind, most, name=name, is_short=is_short) for code, kind in kinds.items())
            gravities.append(Gravity(str(name), severity_count(name, total), tuple(groups)))
    numbers = (number for gravity in gravities for group in gravity.groups for number, _ in group.shown)
    return ListedFindings(tuple(gravities), frozenset(numbers))


def _most_of_each(sizes: list[int]) -> int:
    """How many of each kind are shown, so that all together are no more than a page holds."""
    left, kinds = MOST_SHOWN, len(sizes)
    for size in sorted(sizes):
        share = left // kinds
        if size > share:
            return max(share, 1)
        left, kinds = left - size, kinds - 1
    return MOST_SHOWN


def _gravity(finding: Finding) -> str:
    return _ACCEPTED if finding.accepted is not None else finding.severity.value


def _group(
    code: FindingCode, of_kind: list[tuple[int, Finding]], most: int, *, name: str, is_short: bool
) -> FindingGroup:
    shown = of_kind[:most]
    fixes, messages = {finding.fix for _, finding in of_kind}, {finding.message for _, finding in of_kind}
    return FindingGroup(
        code=code,
        title=messages.pop() if len(messages) == 1 else re.sub(r"\{\w+\}", "…", code.message),
        fix=fixes.pop() if len(fixes) == 1 and len(of_kind) > 1 else "",
        total=len(of_kind),
        standing=0 if name == _ACCEPTED else len(of_kind),
        shown=tuple(shown),
        is_open=is_short or (len(of_kind) <= _MOST_OPEN and _is_pressing(name, of_kind)),
    )


def _is_pressing(name: str, of_kind: list[tuple[int, Finding]]) -> bool:
    """What hinders the issue, what a click puts right and what somebody let stand, with the reason, is in sight."""
    can_be_applied = any(finding.can_be_applied for _, finding in of_kind)
    return name in {Severity.ERROR, _ACCEPTED} or (name == Severity.WARNING and can_be_applied)
