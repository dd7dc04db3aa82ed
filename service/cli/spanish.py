"""click's own words, in Spanish; it has no Spanish catalogue, so what of it a planner can meet is said here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import click

FINE: Final = 0
ERRORS_FOUND: Final = 1
UNREADABLE: Final = 2
INTERRUPTED: Final = 130

_HEADINGS: Final = {"Options": "Opciones", "Commands": "Órdenes"}


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "Uso: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        in_spanish = [(name, told.replace("[required]", "(obligatoria)")) for name, told in rows]
        super().write_dl(in_spanish, col_max, col_spacing)


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
