"""`folio jobs`, `folio drafts`: who runs an installation sees its queue, has jobs tried again, sweeps drafts.

What is done here is told in the audit log. Nothing is rung: the reconciler finds what is due within a second.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Final

import click

from service.cli.database import at_the_terminal, data_option, has_store, with_store
from service.cli.offline import CannotRead, print_json
from service.cli.options import json_option
from service.cli.spanish import ERRORS_FOUND, FINE, Group
from service.domain.reports import JobState
from service.domain.values import BOGOTA, ROMAN, printed_date
from service.settings import Settings

if TYPE_CHECKING:  # the database costs the other orders half a second
    from collections.abc import Iterable

    from service.store import JobGlance, ProgramSeen, Store

_LONGEST_LIST: Final = 1000
_ALL: Final = 1_000_000

# As the orders and the lists call them.
_STATES: Final = {
    "espera": JobState.QUEUED,
    "en-curso": JobState.RUNNING,
    "fallido": JobState.FAILED,
    "cuarentena": JobState.QUARANTINED,
}
# As a sentence says it.
_IN_STATE: Final = {
    JobState.QUEUED: "en espera",
    JobState.RUNNING: "en curso",
    JobState.FAILED: "fallido",
    JobState.QUARANTINED: "en cuarentena",
}
_STUCK: Final = (JobState.FAILED, JobState.QUARANTINED)


@click.group("jobs", cls=Group, invoke_without_command=True)
@click.pass_context
def jobs_group(context: click.Context) -> int:
    """Muestra los documentos que se están escribiendo o no se pudieron escribir, y los hace intentar de nuevo."""
    if context.invoked_subcommand:
        return FINE
    return int(context.invoke(list_command, state=None, data=None, as_json=False))


@jobs_group.command("list")
@click.option("--state", "state", metavar="ESTADO", help=f"Solo los de un estado: {', '.join(_STATES)}.")
@json_option
@data_option
def list_command(state: str | None, *, data: str | None, as_json: bool) -> int:
    """Muestra los que no están listos, el que más ha esperado primero, y qué programas trabajan."""
    if state is not None and state not in _STATES:
        raise CannotRead(f"«{state}» no es un estado: escriba {', '.join(_STATES)}.", ERRORS_FOUND)
    states = [_STATES[state]] if state else list(_STATES.values())

    def asked(store: Store) -> tuple[tuple[JobGlance, ...], tuple[ProgramSeen, ...]]:
        return store.jobs(states, _LONGEST_LIST), store.programs()

    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    jobs, programs = with_store(settings, asked) if has_store(settings) else ((), ())
    if as_json:
        print_json({"jobs": [_shown(job) for job in jobs], "programs": [_shown_program(each) for each in programs]})
        return FINE
    counts = Counter(job.state for job in jobs)
    click.echo(", ".join(f"{counts[state]} {_IN_STATE[state]}" for state in states))
    for job in jobs:
        click.echo(f"{job.id}\n  {_told(job)}")
    now = dt.datetime.now(dt.UTC)
    for program in programs:
        click.echo(f"{program.name} en {program.host}: visto hace {int((now - program.seen_at).total_seconds())} s")
    return FINE


@jobs_group.command("retry")
@click.argument("job_ids", metavar="DOCUMENTO…", nargs=-1, required=True)
@data_option
def retry_command(job_ids: tuple[str, ...], data: str | None) -> int:
    """Hace intentar de nuevo documentos fallidos o en cuarentena, con el nombre que les da «folio jobs list»."""
    return _again(data, job_ids)


@jobs_group.command("release")
@click.argument("job_ids", metavar="[DOCUMENTO…]", nargs=-1)
@data_option
def release_command(job_ids: tuple[str, ...], data: str | None) -> int:
    """Saca documentos de la cuarentena, con todos sus intentos por delante; sin nombrar ninguno, todos."""
    return _again(data, job_ids, in_states=(JobState.QUARANTINED,))


@click.group("drafts", cls=Group)
def drafts_group() -> None:
    """Retira los borradores viejos que nunca se emitieron."""


@drafts_group.command("sweep")
@click.option("--days", "days", type=click.IntRange(1, 36_500), metavar="N", help="Los de hace más de N días.")
@click.option("--yes", "is_meant", is_flag=True, help="Los retira; sin esta opción solo los muestra.")
@data_option
def sweep_command(days: int | None, *, data: str | None, is_meant: bool) -> int:
    """Muestra los borradores que ya no hay que guardar, o los retira con --yes.

    Nunca los emitidos, ni lo que sirvió para otro informe. Queda en el registro de auditoría.
    """
    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    kept_days = days or settings.drafts_kept_days
    if kept_days is None:
        raise CannotRead(
            "Diga con --days cuántos días se guarda un borrador, o con FOLIO_KEEP_DRAFTS_DAYS.", ERRORS_FOUND
        )
    now = dt.datetime.now(dt.UTC)
    before = now - dt.timedelta(days=kept_days)

    def swept(store: Store) -> int:
        number = 0
        while drafts := store.stale_drafts(before, _LONGEST_LIST if is_meant else _ALL):
            for draft in drafts:
                on = printed_date(draft.created_at.astimezone(BOGOTA).date())
                number += not is_meant or store.sweep_draft(draft, before, now=now, by=at_the_terminal())
                click.echo(f"{draft.report_id}  {ROMAN[draft.quarter]} de {draft.year}, v{draft.version}, del {on}")
            if not is_meant:
                break
        return number

    number = with_store(settings, swept) if has_store(settings) else 0
    click.echo(f"Borradores {'retirados' if is_meant else 'que se retirarían con --yes'}: {number}")
    return FINE


def _again(data: str | None, job_ids: Iterable[str], in_states: tuple[JobState, ...] = _STUCK) -> int:
    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    asked = set(job_ids)

    def again(store: Store) -> tuple[list[str], list[str]]:
        queued: list[str] = []
        left: list[str] = []
        for job in store.jobs(in_states, _ALL):
            if asked and job.id not in asked:
                continue
            now = dt.datetime.now(dt.UTC)
            at_its_office = store.within(job.office_id)
            found = at_its_office.retry_document(job.report_id, job.kind, job.against, now=now, by=at_the_terminal())
            (queued if found == job.id else left).append(job.id)
        return queued, left

    queued, left = with_store(settings, again) if has_store(settings) else ([], [])
    for job_id in queued:
        click.echo(f"Se intentará de nuevo: {job_id}")
    for job_id in left:
        click.echo(f"Ya no hace falta: {job_id}, otro documento lo reemplazó.", err=True)
    unknown = asked - set(queued) - set(left)
    for job_id in sorted(unknown):
        click.echo(f"No está {' ni '.join(_IN_STATE[state] for state in in_states)}: {job_id}", err=True)
    if not asked and not queued:
        click.echo("No hay documentos en cuarentena.")
    return ERRORS_FOUND if unknown or left else FINE


def _told(job: JobGlance) -> str:
    tries = f"{job.attempts} {'intento' if job.attempts == 1 else 'intentos'}"
    since = f"pedido el {printed_date(job.asked_at.astimezone(BOGOTA).date())}"
    reason = f"\n  {job.problem}" if job.problem else ""
    return f"{_IN_STATE[job.state]}, {tries}, {since}, oficina {job.office_id}{reason}"


def _shown(job: JobGlance) -> dict[str, object]:
    return {
        "id": job.id,
        "report": job.report_id,
        "office": job.office_id,
        "kind": job.kind.value,
        "state": job.state.value,
        "attempts": job.attempts,
        "asked_at": job.asked_at.isoformat(),
        "due_at": job.due_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "problem": job.problem,
    }


def _shown_program(program: ProgramSeen) -> dict[str, object]:
    return {"name": program.name, "host": program.host, "seen_at": program.seen_at.isoformat()}
