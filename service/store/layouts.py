"""An office's form -> how its columns are read, once somebody said so: the fingerprint of its headers is the key."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, select, update

from service.domain.people import FIRST_OFFICE
from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.bound import AtOffice
from service.store.engine import reading, writing
from service.store.records import SOMEBODY
from service.store.statements import insert_if_new

Mapping = tuple[tuple[str, str], ...]

_layouts = tables.layouts.c

_MAPPING: Final = select(_layouts.mapping).where(
    _layouts.office_id == bindparam("ours"), _layouts.fingerprint == bindparam("layout")
)


class LayoutMemory(AtOffice):
    """Remembers the last mapping that was given for a layout."""

    def mapping_of(self, fingerprint: str) -> Mapping:
        """The pairs of header (or column) and field that were given for this layout; none when nobody gave any."""
        with reading(self._engine) as connection:
            found = connection.execute(_MAPPING, {"ours": self._office_id, "layout": fingerprint})
            pairs = found.scalar_one_or_none() or []
        return tuple((header, field) for header, field in pairs)

    def said_at(self, fingerprint: str) -> dt.datetime | None:
        """When what is remembered of this layout was said; None when nothing is."""
        with reading(self._engine) as connection:
            found = connection.execute(select(_layouts.updated_at).where(self._is(fingerprint)))
            at: dt.datetime | None = found.scalar_one_or_none()
        return at

    def remember_mapping(self, fingerprint: str, mapping: Mapping, now: dt.datetime, by: str = SOMEBODY) -> None:
        """Read this layout so from now on; what was remembered of it before is forgotten.

        Saying again what is remembered already changes nothing, and the audit log says nothing of it.

        Raises:
            StoreUnavailable: nothing was remembered.
        """
        if self.mapping_of(fingerprint) == mapping:
            return
        pairs = [list(pair) for pair in mapping]
        row = {"office_id": self._office_id, "fingerprint": fingerprint, "mapping": pairs, "updated_at": now}
        with writing(self._engine) as connection:
            if not insert_if_new(connection, tables.layouts, row):
                connection.execute(update(tables.layouts).where(self._is(fingerprint)).values(row))
            told = {"office": self._office_id, "mapping": pairs}
            tell(connection, now, by, Entry(AuditStep.LAYOUT_REMEMBERED, self._subject(fingerprint), told))

    def _is(self, fingerprint: str) -> ColumnElement[bool]:
        return and_(_layouts.office_id == self._office_id, _layouts.fingerprint == fingerprint)

    def _subject(self, fingerprint: str) -> str:
        """As the audit log names it: the first office's are named as they were before there were others."""
        return fingerprint if self._office_id == FIRST_OFFICE else f"{self._office_id}.{fingerprint}"
