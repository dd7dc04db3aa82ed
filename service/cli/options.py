"""What orders take beside their name: the workbook, and what a person says of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from service.domain.corrections import Correction
from service.domain.reading import Acceptance, Given
from service.domain.values import Quarter, VersionNumber
from service.said import NotUnderstood, acceptance_in, correction_in, pair_in

_EARLIEST_YEAR: Final = 1990
_LATEST_YEAR: Final = 2100


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


class AcceptanceType(click.ParamType[Acceptance]):
    """A finding that is let stand, and why: "ROW_002:Plan!A9=razón"."""

    name = "aceptación"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Acceptance:
        """The acceptance in "ROW_002:Plan!A9=razón"."""
        try:
            return value if isinstance(value, Acceptance) else acceptance_in(value)
        except NotUnderstood as reason:
            self.fail(str(reason), param, ctx)


class CorrectionType(click.ParamType[Correction]):
    """A cell that is put right: "Plan!G7=31/12/2024"."""

    name = "corrección"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Correction:
        """The correction in "Plan!G7=31/12/2024"."""
        try:
            return value if isinstance(value, Correction) else correction_in(value)
        except NotUnderstood as reason:
            self.fail(str(reason), param, ctx)


workbook_argument: Final = click.argument("workbook", metavar="PLAN.xlsx", type=click.Path(path_type=Path))
json_option: Final = click.option(
    "--json", "as_json", is_flag=True, help="Escribe el resultado en JSON, para otros programas."
)


def numbers_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say which report a workbook is for, where it does not say so itself."""
    for option in (
        click.option("--version", type=VersionType(), help="Versión del plan (2.0), si el libro no la dice."),
        click.option("--year", type=YearType(), help="Vigencia (2024), si el libro no la dice."),
        click.option("--quarter", type=QuarterType(), help="Trimestre (I, II, III o IV), si el libro no lo dice."),
    ):
        command = option(command)
    return command


def mapping_option(command: Callable[..., int]) -> Callable[..., int]:
    """The option that says which column holds what."""
    return click.option(
        "--map",
        "mapping",
        metavar="COLUMNA=CAMPO",
        type=PairType(),
        multiple=True,
        help='Qué contiene una columna, por su encabezado o su letra ("Dependencia=responsable"). Puede repetirse.',
    )(command)


def reading_options(command: Callable[..., int]) -> Callable[..., int]:
    """The workbook and all that may be said beside it; the command receives both, as `workbook` and `given`."""

    @functools.wraps(command)
    def with_given(
        *,
        year: int | None,
        quarter: int | None,
        version: VersionNumber | None,
        mapping: tuple[tuple[str, str], ...],
        accepted: tuple[Acceptance, ...],
        corrections: tuple[Correction, ...],
        **others: Any,
    ) -> int:
        return command(given=Given(year, quarter, version, mapping, accepted, corrections), **others)

    accept = click.option(
        "--accept",
        "accepted",
        metavar="CÓDIGO:HOJA!CELDA=RAZÓN",
        type=AcceptanceType(),
        multiple=True,
        help='Deja en pie un hallazgo, con su razón ("ROW_002:Plan!A9=Lo aprobó el comité"). Puede repetirse.',
    )
    correct = click.option(
        "--correct",
        "corrections",
        metavar="HOJA!CELDA=VALOR",
        type=CorrectionType(),
        multiple=True,
        help='Lee el libro como si la celda dijera eso ("Plan!G7=31/12/2024"); el archivo no cambia. Puede repetirse.',
    )
    return workbook_argument(accept(correct(mapping_option(numbers_options(with_given)))))


out_option: Final = click.option(
    "--out", metavar="CARPETA", type=click.Path(path_type=Path), default=Path(), help="Dónde escribirlos (aquí)."
)
office_option: Final = click.option(
    "--office",
    "office_file",
    metavar="OFICINA.toml",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Los ajustes de la oficina que valen: entidad, firmantes, vocabularios.",
)
marked_option: Final = click.option(
    "--marked",
    metavar="LIBRO.xlsx",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Escribe el libro con cada hallazgo marcado en su celda.",
)
