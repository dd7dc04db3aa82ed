"""What an office says of itself -> settings that are kept for good: the last that it said are those that count."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Select, bindparam, func, select

from service.domain.office import OfficeSettings
from service.domain.office_json import settings_from_json, settings_to_json
from service.domain.people import FIRST_OFFICE
from service.store import tables
from service.store.audit import AuditStep, Entry, canonical, tell
from service.store.bound import AtOffice
from service.store.engine import reading, writing
from service.store.records import KeptSettings
from service.store.statements import one_at_a_time

_settings: Final = tables.office_settings.c

_LAST: Final[Select[Any]] = (
    select(_settings.seq, _settings.at)
    .where(_settings.office_id == bindparam("office"))
    .order_by(_settings.seq.desc())
    .limit(1)
)
# The number of the settings that count for an office, within a statement that names the office so.
LAST_SEQ: Final = _LAST.with_only_columns(_settings.seq).scalar_subquery()


class OfficeMemory(AtOffice):
    """Remembers everything that the office ever said of itself. To undo is to keep an earlier one again."""

    def __init__(self, engine: Engine, office_id: str = FIRST_OFFICE) -> None:
        AtOffice.__init__(self, engine, office_id)
        # What was last read of each office: every request asks for it, and a logo makes it a megabyte.
        self._read: dict[str, KeptSettings] = {}

    def office(self) -> KeptSettings | None:
        """What counts now; None: it has said nothing yet, and is like the reference office."""
        with reading(self._engine) as connection:
            last = _last(connection, self._office_id)
            if last is None:
                return None
            read = self._read.get(self._office_id)
            # The instant too: a copy of the database may have been put in its place, with others of that number.
            if read is None or (read.seq, read.at) != (last.seq, last.at):
                read = last_said(connection, self._office_id)
                if read is not None:
                    self._read[self._office_id] = read
            return read

    def office_history(self) -> tuple[KeptSettings, ...]:
        """All that was ever said, newest first."""
        with reading(self._engine) as connection:
            return tuple(_kept(row) for row in connection.execute(_newest_first(self._office_id)))

    def keep_office(self, settings: OfficeSettings, *, now: dt.datetime, by: str) -> KeptSettings:
        """Let these settings count from now on. Saying again what counts already keeps nothing new.

        Raises:
            StoreUnavailable: nothing was kept, or the answer of the commit was lost: say it again.
        """
        with writing(self._engine) as connection:
            one_at_a_time(connection, "office")
            last = last_said(connection, self._office_id)
            if last and last.settings == settings:
                return last
            # Counted across the offices, so that the number alone says which settings they were.
            seq = (connection.execute(select(func.max(_settings.seq))).scalar_one() or 0) + 1
            kept = KeptSettings(seq, now.astimezone(dt.UTC), by, settings)
            row = {
                "seq": seq,
                "at": now,
                "by": by,
                "content": canonical(settings_to_json(settings)),
                "office_id": self._office_id,
            }
            connection.execute(tables.office_settings.insert().values(row))
            tell(connection, now, by, Entry(AuditStep.OFFICE_CHANGED, str(seq), {"office": self._office_id}))
        return kept


def last_said(connection: Connection, office_id: str) -> KeptSettings | None:
    """The settings that count for an office, as this transaction sees them."""
    row = connection.execute(_newest_first(office_id).limit(1)).one_or_none()
    return _kept(row) if row else None


def said_in(content: str) -> OfficeSettings:
    """The settings that a row holds."""
    return settings_from_json(json.loads(content))


def _newest_first(office_id: str) -> Select[Any]:
    return select(tables.office_settings).where(_settings.office_id == office_id).order_by(_settings.seq.desc())


def _last(connection: Connection, office_id: str) -> Row[Any] | None:
    return connection.execute(_LAST, {"office": office_id}).one_or_none()


def _kept(row: Row[Any]) -> KeptSettings:
    return KeptSettings(row.seq, row.at, row.by, said_in(row.content))
