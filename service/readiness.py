"""The store, the bell and the programs seen -> whether uploads can be taken and documents written, and what is amiss.

What an upload needs is the database alone: without it nothing can be promised, and whoever spreads requests ought to
send them elsewhere. Without Redis, workers or reconciler uploads are taken and wait; that is told, and no reason to
refuse them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from service.alive import GONE_AFTER
from service.domain.errors import StoreUnavailable
from service.jobs import Bell
from service.store import Store

Status = Literal["ready", "limited", "unavailable"]
Database = Literal["up", "down", "read_only", "outdated"]
UpOrDown = Literal["up", "down"]

_DATABASE: Final[dict[Database, str]] = {
    "down": "La base de datos no responde: no se puede recibir ni mostrar nada. Revise que esté en marcha.",
    "read_only": (
        "La base de datos responde, pero no recibe nada nuevo: revise si quedó en solo lectura, sin disco o bloqueada."
    ),
    "outdated": (
        "La base de datos no es de esta versión de Folio: ejecute «folio migrate», o ponga en marcha la más nueva."
    ),
}
_REDIS_DOWN: Final = "Redis no responde: los libros se reciben, y sus documentos esperan hasta que responda."
_WORKER_DOWN: Final = (
    "Ningún escritor de documentos (worker) da señales de vida: los libros se reciben, y sus documentos esperan."
)
_RECONCILER_DOWN: Final = (
    "El vigilante de la cola (reconciler) no da señales de vida: lo que otro programa deje a medias no se retoma."
)


@dataclass(frozen=True, slots=True)
class Readiness:
    """How Folio is. `problems` are sentences for whoever runs it; none when all is well."""

    status: Status
    database: Database
    redis: UpOrDown
    worker: UpOrDown
    reconciler: UpOrDown
    problems: tuple[str, ...]


def readiness(store: Store, bell: Bell, now: dt.datetime) -> Readiness:
    """Ask everything that an upload and its documents need."""
    database = _database(store)
    redis: UpOrDown = "up" if bell.waiting() is not None else "down"
    if database == "down":
        return Readiness("unavailable", database, redis, "down", "down", (_DATABASE[database],))
    seen = _seen(store, now)
    worker: UpOrDown = "up" if "worker" in seen else "down"
    reconciler: UpOrDown = "up" if "reconciler" in seen else "down"
    problems = (
        *([_DATABASE[database]] if database != "up" else []),
        *([_REDIS_DOWN] if redis == "down" else []),
        *([_WORKER_DOWN] if worker == "down" else []),
        *([_RECONCILER_DOWN] if reconciler == "down" else []),
    )
    status: Status = "unavailable" if database != "up" else "limited" if problems else "ready"
    return Readiness(status, database, redis, worker, reconciler, problems)


def _database(store: Store) -> Database:
    try:
        store.ping()
        if not store.is_up_to_date():
            return "outdated"
    except StoreUnavailable:
        return "down"
    try:
        store.try_writing()
    except StoreUnavailable:
        return "read_only"
    return "up"


def _seen(store: Store, now: dt.datetime) -> frozenset[str]:
    try:
        programs = store.programs()
    except StoreUnavailable:
        return frozenset()
    return frozenset(program.name for program in programs if now - program.seen_at < GONE_AFTER)
