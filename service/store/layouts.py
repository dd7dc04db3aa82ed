"""An office's form -> how its columns are read, once somebody said so: the fingerprint of its headers is the key."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Engine, select, update

from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.records import SOMEBODY
from service.store.statements import insert_if_new

Mapping = tuple[tuple[str, str], ...]

_layouts = tables.layouts.c


class LayoutMemory:
    """Remembers the last mapping that was given for a layout."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def mapping_of(self, fingerprint: str) -> Mapping:
        """The pairs of header (or column) and field that were given for this layout; none when nobody gave any."""
        with reading(self._engine) as connection:
            found = connection.execute(select(_layouts.mapping).where(_layouts.fingerprint == fingerprint))
            pairs = found.scalar_one_or_none() or []
        return tuple((header, field) for header, field in pairs)

    def said_at(self, fingerprint: str) -> dt.datetime | None:
        """When what is remembered of this layout was said; None when nothing is."""
        with reading(self._engine) as connection:
            found = connection.execute(select(_layouts.updated_at).where(_layouts.fingerprint == fingerprint))
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
        row = {"fingerprint": fingerprint, "mapping": pairs, "updated_at": now}
        with writing(self._engine) as connection:
            if not insert_if_new(connection, tables.layouts, row):
                connection.execute(update(tables.layouts).where(_layouts.fingerprint == fingerprint).values(row))
            tell(connection, now, by, Entry(AuditStep.LAYOUT_REMEMBERED, fingerprint, {"mapping": pairs}))
