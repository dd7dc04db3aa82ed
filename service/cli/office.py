"""`folio office`: what a person says of the office in the terminal -> settings that the store keeps for good."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from service import disk
from service.cli.database import (
    at_office,
    at_the_terminal,
    data_option,
    has_store,
    no_such_office,
    of_office_option,
    with_store,
)
from service.cli.offline import CannotRead, print_json
from service.cli.options import json_option
from service.cli.spanish import ERRORS_FOUND, FINE, Group
from service.domain.office import REFERENCE_SETTINGS, OfficeSettings
from service.domain.people import FIRST_OFFICE
from service.domain.values import BOGOTA, printed_date
from service.office_file import UnusableOffice, read_settings
from service.office_said import BY_KEY, SETTINGS, Kind, Unusable, settings_of, value_in, values_of
from service.office_shown import settings_to_shown, signer_told, story_of, told, what_changed
from service.pictures import LARGEST_LOGO
from service.settings import Settings

if TYPE_CHECKING:  # the database costs the other orders half a second
    from service.store import KeptSettings, Store

_BY_ORDER_OF_ITS_OWN: Final = {Kind.SIGNERS: "folio office signer", Kind.PICTURE: "folio office logo"}


class _Desk:
    """The settings of one office in one folder of data. Nothing is made on disk before something is changed."""

    def __init__(self, data: str | None, office_id: str) -> None:
        self._installed = Settings.from_environment(FOLIO_DATA_DIR=data)
        self._office_id = office_id
        # It says what the first office is; the others say it here.
        self.file = self._installed.office_file if office_id == FIRST_OFFICE else None

    def settings(self) -> OfficeSettings:
        """What counts now: what the file says where there is one, else the last that was kept."""
        if self.file:
            return self._installed.office_settings
        history = self.history()
        return history[0].settings if history else REFERENCE_SETTINGS

    def history(self) -> tuple[KeptSettings, ...]:
        """All that was kept, newest first."""
        if not has_store(self._installed):
            if self._office_id != FIRST_OFFICE:
                raise no_such_office(self._office_id, (FIRST_OFFICE,))
            return ()
        return with_store(self._installed, lambda store: at_office(store, self._office_id).office_history())

    def change(self, made: Callable[[OfficeSettings], OfficeSettings]) -> int:
        """Keep what `made` makes of the settings that count, and tell what changed; the exit code.

        Raises:
            CannotRead: the settings cannot be so, or they are not changed here.
        """
        if self.file:
            raise CannotRead(f"Los ajustes los dice el archivo {self.file}: cámbielos en él.", ERRORS_FOUND)
        now = self.settings()
        try:
            wanted = made(now)
        except Unusable as refusal:
            words = "\n".join(f"{each.key} {each.reason}" for each in refusal.mistakes)
            raise CannotRead(words, ERRORS_FOUND) from refusal
        changes = what_changed(now, wanted)
        if not changes:
            click.echo("Ya era así: no se cambió nada.")
            return FINE
        kept = with_store(
            self._installed,
            lambda store: at_office(store, self._office_id).keep_office(
                wanted, now=dt.datetime.now(dt.UTC), by=at_the_terminal()
            ),
            is_made=True,
        )
        click.echo(f"Ajustes guardados, con el número {kept.seq}:")
        for change in changes:
            click.echo(f"  {change}")
        return FINE


def _desk_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say whose settings an order is about; the command receives them as `desk`."""

    @functools.wraps(command)
    def with_desk(*, data: str | None, office_id: str, **others: Any) -> int:
        return command(desk=_Desk(data, office_id), **others)

    return of_office_option(data_option(with_desk))


@click.group("office", cls=Group)
def office_group() -> None:
    """Muestra y cambia los ajustes de la oficina: entidad, firmantes, dependencias."""


@office_group.command("show")
@_desk_options
@json_option
def show_command(*, desk: _Desk, as_json: bool) -> int:
    """Muestra los ajustes que valen ahora."""
    settings = desk.settings()
    if as_json:
        print_json(settings_to_shown(settings))
        return FINE
    if desk.file:
        click.echo(f"Los dice el archivo {desk.file}.")
    for setting in SETTINGS:
        value = values_of(settings)[setting.name]
        if setting.kind is Kind.SIGNERS:
            click.echo(f"{setting.key}:{'' if value else ' (nadie)'}")
            for number, signer in enumerate(value, 1):
                click.echo(f"  {number}. {signer_told(signer)}")
        else:
            click.echo(f"{setting.key}: {told(setting, value) or '(vacío)'}")
    return FINE


@office_group.command("set")
@click.argument("key", metavar="CLAVE")
@click.argument("text", metavar="VALOR")
@_desk_options
def set_command(key: str, text: str, *, desk: _Desk) -> int:
    """Cambia un ajuste, por su clave («show» las muestra).

    Una lista se escribe entre comillas, con «;» entre un nombre y otro. Un valor vacío ("") borra lo que había.
    """
    setting = BY_KEY.get(key)
    if setting is None:
        raise CannotRead(f"No existe el ajuste «{key}»; existen {', '.join(BY_KEY)}.", ERRORS_FOUND)
    if setting.kind in _BY_ORDER_OF_ITS_OWN:
        raise CannotRead(f"«{key}» se cambia con «{_BY_ORDER_OF_ITS_OWN[setting.kind]}».", ERRORS_FOUND)
    return desk.change(lambda now: settings_of({setting.name: value_in(setting, text)}, now))


@office_group.group("signer", cls=Group)
def signer_group() -> None:
    """Agrega o quita a quien firma los informes."""


@signer_group.command("add")
@click.argument("role", metavar="ROL")
@click.argument("name", metavar="NOMBRE")
@click.argument("position", metavar="CARGO")
@click.option("--encargo", "is_acting", is_flag=True, help="Ejerce el cargo por encargo: se imprime con «(E)».")
@_desk_options
def add_command(role: str, name: str, position: str, *, is_acting: bool, desk: _Desk) -> int:
    """Agrega a una persona. El ROL es elaboro, reviso o aprobo."""
    said = {"role": role.lower(), "name": name, "position": position, "is_acting": is_acting}
    return desk.change(lambda now: settings_of({"signers": [*now.frame.signers, said]}, now))


@signer_group.command("remove")
@click.argument("number", metavar="NÚMERO", type=int)
@_desk_options
def remove_command(number: int, *, desk: _Desk) -> int:
    """Quita a la persona que «folio office show» muestra con ese número."""

    def removed(now: OfficeSettings) -> OfficeSettings:
        signers = now.frame.signers
        if not 1 <= number <= len(signers):
            raise CannotRead(f"Nadie firma con el número {number}: véalos con «folio office show».", ERRORS_FOUND)
        return settings_of({"signers": signers[: number - 1] + signers[number:]}, now)

    return desk.change(removed)


@office_group.command("logo")
@click.argument("picture", metavar="IMAGEN", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--description", metavar="FRASE", default="", help="Qué muestra, para quien no puede verlo.")
@click.option("--remove", "is_removed", is_flag=True, help="Quita el logo.")
@_desk_options
def logo_command(picture: Path | None, *, description: str, is_removed: bool, desk: _Desk) -> int:
    """Pone el logo: una imagen PNG o JPEG de hasta 1 MB."""
    if is_removed == (picture is not None):
        raise CannotRead("Diga qué imagen poner, o --remove para quitar la que hay.", ERRORS_FOUND)
    content = None
    if picture:
        try:
            with picture.open("rb") as file:
                content = file.read(LARGEST_LOGO + 1)
        except OSError as problem:
            raise CannotRead(f"No se puede leer {picture}: {disk.reason(problem)}.") from problem
    return desk.change(lambda now: settings_of({"logo": content, "logo.description": description}, now))


@office_group.command("import")
@click.argument("file", metavar="OFICINA.toml", type=click.Path(path_type=Path, dir_okay=False))
@_desk_options
def import_command(file: Path, *, desk: _Desk) -> int:
    """Pone todos los ajustes de un archivo.

    Lo que el archivo no dice queda como en la oficina de referencia, o vacío.
    """
    try:
        settings = read_settings(file)
    except UnusableOffice as problem:
        raise CannotRead(str(problem), ERRORS_FOUND) from problem
    return desk.change(lambda _now: settings)


@office_group.command("history")
@_desk_options
@json_option
def history_command(*, desk: _Desk, as_json: bool) -> int:
    """Dice quién cambió qué, y cuándo; lo último primero."""
    history = desk.history()
    story = story_of(kept.settings for kept in history)
    entries: list[dict[str, Any]] = [
        {"seq": kept.seq, "at": kept.at.isoformat(), "by": kept.by, "changes": list(changes)}
        for kept, changes in zip(history, story, strict=True)
    ]
    if as_json:
        print_json({"history": entries})
        return FINE
    if not history:
        click.echo("Nadie ha cambiado los ajustes: son los de la oficina de referencia.")
    for kept, entry in zip(history, entries, strict=True):
        local = kept.at.astimezone(BOGOTA)
        click.echo(f"{kept.seq}. {printed_date(local.date())}, {local:%H:%M}, {kept.by}")
        for change in entry["changes"] or ["Los de la oficina de referencia."]:
            click.echo(f"   {change}")
    return FINE


@office_group.command("restore")
@click.argument("seq", metavar="NÚMERO", type=int)
@_desk_options
def restore_command(seq: int, *, desk: _Desk) -> int:
    """Pone otra vez los ajustes que «folio office history» muestra con ese número."""
    found = next((kept for kept in desk.history() if kept.seq == seq), None)
    if found is None:
        raise CannotRead(f"No hay ajustes con el número {seq}: véalos con «folio office history».", ERRORS_FOUND)
    settings = found.settings
    return desk.change(lambda _now: settings)


@office_group.command("open")
@click.argument("office_id", metavar="OFICINA")
@click.argument("name", metavar="NOMBRE")
@data_option
def open_command(office_id: str, name: str, data: str | None) -> int:
    """Abre otra oficina de planeación, con sus informes y ajustes aparte.

    La OFICINA es su nombre corto, que no cambia: letras minúsculas sin tilde, números y guiones, como region-sur.
    """
    from service.store import PLAIN_OFFICE_ID  # noqa: PLC0415 - as above

    if not PLAIN_OFFICE_ID.fullmatch(office_id):
        raise CannotRead(
            f"«{office_id}» no sirve de nombre corto: use de 1 a 40 letras minúsculas sin tilde, números y guiones, "
            "como region-sur.",
            ERRORS_FOUND,
        )
    if not name.strip() or not name.isprintable():
        raise CannotRead("El nombre de la oficina está vacío o tiene caracteres que no se ven.", ERRORS_FOUND)

    def opened(store: Store) -> None:
        if office_id in {office.id for office in store.planning_offices()}:
            raise CannotRead(f"Ya hay una oficina «{office_id}».", ERRORS_FOUND)
        store.open_planning_office(office_id, name, now=dt.datetime.now(dt.UTC), by=at_the_terminal())

    with_store(Settings.from_environment(FOLIO_DATA_DIR=data), opened, is_made=True)
    click.echo(
        f"Oficina abierta: {name.strip()}.\n"
        f"Sus ajustes se dicen con --office {office_id}; sus personas las agrega quien administra."
    )
    return FINE


@office_group.command("list")
@data_option
def list_command(data: str | None) -> int:
    """Muestra las oficinas de planeación que comparten este Folio."""
    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    offices = with_store(settings, lambda store: store.planning_offices()) if has_store(settings) else ()
    for office in offices:
        click.echo(f"{office.id}  {office.name}")
    if not offices:
        click.echo(f"{FIRST_OFFICE}  (la única)")
    return FINE
