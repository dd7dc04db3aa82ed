"""A name -> a planning office that shares this Folio; the first is there from the beginning."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, select, update

from service.domain.people import PlanningOffice
from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.people import LONGEST_NAME, bounded
from service.store.statements import insert_if_new

# Safe in an address and in an order of the terminal.
PLAIN_OFFICE_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")

_offices = tables.planning_offices.c


class PlanningOffices:
    """Opens planning offices and names them. None is ever closed: what it issued is its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def planning_offices(self) -> tuple[PlanningOffice, ...]:
        """All of them, in the order in which they were opened."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(tables.planning_offices).order_by(_offices.created_at, _offices.id))
            return tuple(map(_office, rows))

    def open_planning_office(self, office_id: str, name: str, *, now: dt.datetime, by: str) -> PlanningOffice | None:
        """Let another planning office keep its plans here; None: there is one of that id.

        Args:
            office_id: how it is named in addresses and orders: small letters, digits and hyphens, at most 40.
            name: what people call it.
            now: the instant to remember.
            by: who opens it.

        Raises:
            StoreUnavailable: it was not opened.
            ValueError: the id cannot be one, or the name is empty.
        """
        name = _named(name)
        if not PLAIN_OFFICE_ID.fullmatch(office_id):
            raise ValueError(f"{office_id!r} cannot be the id of an office")
        row = {"id": office_id, "name": name, "created_at": now, "created_by": by}
        with writing(self._engine) as connection:
            if not insert_if_new(connection, tables.planning_offices, row):
                return None
            tell(connection, now, by, Entry(AuditStep.OFFICE_OPENED, office_id, {"office": office_id, "name": name}))
        return PlanningOffice(office_id, name)

    def rename_planning_office(self, office_id: str, name: str, *, now: dt.datetime, by: str) -> PlanningOffice | None:
        """Call it otherwise from now on; None: there is none of that id.

        Raises:
            StoreUnavailable: it is called as before.
            ValueError: the name is empty.
        """
        name = _named(name)
        with writing(self._engine) as connection:
            before = _find(connection, office_id)
            if before is not None and before.name != name:
                connection.execute(update(tables.planning_offices).where(_offices.id == office_id).values(name=name))
                told = {"office": office_id, "name": [before.name, name]}
                tell(connection, now, by, Entry(AuditStep.OFFICE_RENAMED, office_id, told))
        return PlanningOffice(office_id, name) if before else None


def must_be_office(connection: Connection, office_id: str | None) -> None:
    """Refuse an office that nobody opened; None stands for all of them."""
    if office_id is not None and _find(connection, office_id) is None:
        raise ValueError(f"there is no office {office_id}")


def _find(connection: Connection, office_id: str) -> PlanningOffice | None:
    wanted = select(tables.planning_offices).where(_offices.id == office_id)
    row = connection.execute(wanted).one_or_none()
    return _office(row) if row else None


def _office(row: Row[Any]) -> PlanningOffice:
    return PlanningOffice(row.id, row.name)


def _named(name: str) -> str:
    name = bounded(name, LONGEST_NAME).strip()
    if not name:
        raise ValueError("an office has a name")
    return name
