"""Commands, plans and findings become Spanish text for a terminal.

click speaks English and has no Spanish catalogue; what of it a planner can meet is said here in Spanish.
"""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import click

from service.domain.findings import Finding, Severity
from service.domain.plan import DraftPlan
from service.domain.values import ROMAN, Quarter, VersionNumber
from service.said import NotUnderstood, pair_in

_HEADINGS: Final = {"Options": "Opciones", "Commands": "Órdenes"}
_SEVERITIES: Final = {
    Severity.ERROR: ("ERROR", "error", "errores"),
    Severity.WARNING: ("ADVERTENCIA", "advertencia", "advertencias"),
    Severity.SUGGESTION: ("SUGERENCIA", "sugerencia", "sugerencias"),
}
_WIDEST: Final = 100
_LONGEST_PROPOSAL: Final = 200
_KEPT_OF_PROPOSAL: Final = 80
_INDENT: Final = "    "
_EARLIEST_YEAR: Final = 1990
_LATEST_YEAR: Final = 2100


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "Uso: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help is in Spanish."""

    context_class = _Context

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"options_metavar": "[OPCIONES]", **options})

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The same option, told in Spanish."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Muestra esta ayuda y termina."
        return option


class Group(click.Group, Command):
    """Commands whose help is in Spanish."""

    command_class = Command

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"subcommand_metavar": "ORDEN [DATOS]…", **options})


class YearType(click.ParamType[int]):
    """The vigencia: a year that a plan may have."""

    name = "año"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The year in "2024"."""
        if isinstance(value, int):
            return value
        if not (value.isascii() and value.isdigit() and _EARLIEST_YEAR <= int(value) <= _LATEST_YEAR):
            self.fail(f"«{value}» no es un año entre {_EARLIEST_YEAR} y {_LATEST_YEAR}.", param, ctx)
        return int(value)


class QuarterType(click.ParamType[int]):
    """A quarter, as I to IV or 1 to 4."""

    name = "trimestre"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """1 to 4."""
        number = value if isinstance(value, int) else Quarter.number_from(value)
        if number is None:
            self.fail(f"«{value}» no es un trimestre: escriba I, II, III o IV.", param, ctx)
        return number


class VersionType(click.ParamType[VersionNumber]):
    """The plan's version, "2.0"."""

    name = "versión"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> VersionNumber:
        """The version in "2.0"."""
        version = value if isinstance(value, VersionNumber) else VersionNumber.parse(value)
        if version is None:
            self.fail(f"«{value}» no es una versión: escríbala como 2.0.", param, ctx)
        return version


class PairType(click.ParamType[tuple[str, str]]):
    """A column and the field that it holds, "Dependencia=responsable"."""

    name = "columna"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The header or letters, and the field by its English name."""
        try:
            return value if isinstance(value, tuple) else pair_in(value)
        except NotUnderstood as reason:
            self.fail(str(reason), param, ctx)


def usage_sentence(error: click.UsageError) -> str:
    """What is wrong with an order, in Spanish, and where its help is."""
    order = error.ctx.command_path if error.ctx else "folio"
    match error:
        case click.NoSuchOption():
            reason = f"No existe la opción {error.option_name}."
        case click.exceptions.NoSuchCommand():
            reason = f"No existe la orden {error.command_name}."
        case click.MissingParameter():
            reason = f"Falta {error.param.human_readable_name if error.param else 'un dato'}."
        case click.BadParameter():
            reason = error.message
        case click.exceptions.NoArgsIsHelpError():
            return error.ctx.get_help() if error.ctx else ""
        case _:
            reason = f"No se entiende la orden ({error.message})"
    return f"{reason}\nVea cómo se usa con: {order} --help"


def plan_as_text(plan: DraftPlan) -> str:
    """What was understood of a plan, in a line."""
    return ", ".join(
        [
            counted(len(plan.actions), "acción", "acciones"),
            f"vigencia {plan.year}" if plan.year else "vigencia desconocida",
            f"{ROMAN[plan.quarter]} trimestre" if plan.quarter else "trimestre desconocido",
            f"versión {plan.version}" if plan.version else "versión desconocida",
        ]
    )


def findings_as_text(findings: Sequence[Finding]) -> str:
    """Every finding with its place, its reason and what to do, and their count at the end."""
    if not findings:
        return "No hay nada que corregir."
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    blocks = [_finding_as_text(finding, width) for finding in findings]
    return "\n\n".join([*blocks, f"{_count_by_severity(findings)}."])


def counted(number: int, singular: str, plural: str) -> str:
    """A number and its noun: "1 acción", "10 acciones"."""
    return f"{number} {singular if number == 1 else plural}"


def _finding_as_text(finding: Finding, width: int) -> str:
    label = _SEVERITIES[finding.severity][0] if finding.accepted is None else "ACEPTADO"
    head = "  ".join(part for part in (label, _place(finding), finding.column, finding.code.name) if part)
    body = [
        textwrap.fill(sentence, width, initial_indent=_INDENT, subsequent_indent=_INDENT)
        for sentence in (finding.message, finding.fix, *_proposal_and_acceptance(finding))
    ]
    return "\n".join([" ".join(head.split("\n")), *body])


def _proposal_and_acceptance(finding: Finding) -> Iterator[str]:
    if finding.proposal is not None:
        yield f"Valor propuesto: {_abridged(finding.proposal)}"
    if finding.accepted is not None:
        yield f"Razón: {finding.accepted}"


def _abridged(text: str) -> str:
    # A proposal may be a whole avance; what it changes is oftenest at the end.
    return text if len(text) <= _LONGEST_PROPOSAL else f"{text[:_KEPT_OF_PROPOSAL]} […] {text[-_KEPT_OF_PROPOSAL:]}"


def _place(finding: Finding) -> str:
    if finding.place is None:
        return ""
    return f"{finding.place.sheet}!{finding.place.cell}" if finding.place.cell else finding.place.sheet


def _count_by_severity(findings: Iterable[Finding]) -> str:
    standing = Counter(finding.severity if finding.accepted is None else None for finding in findings)
    counts = [
        counted(standing[severity], singular, plural)
        for severity, (_, singular, plural) in _SEVERITIES.items()
        if standing[severity]
    ]
    accepted = [counted(standing[None], "aceptado", "aceptados")] if standing[None] else []
    return ", ".join([*counts, *accepted])
