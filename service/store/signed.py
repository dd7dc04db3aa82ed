"""Files that came back signed -> evidence beside the report that they are of, kept byte for byte."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, select

from service.store import tables
from service.store.audit import AuditStep, Entry, canonical, tell
from service.store.bound import AtOffice
from service.store.engine import reading, writing
from service.store.records import SignedCopy
from service.store.statements import keep_blobs, one_at_a_time

_signed, _blobs = tables.signed_copies.c, tables.blobs.c

_COPIES: Final[Select[Any]] = (
    select(tables.signed_copies, _blobs.size)
    .join(tables.blobs, _blobs.sha256 == _signed.sha256)
    .order_by(_signed.at, _signed.sha256)
)
_COPIES_OF: Final = _COPIES.where(_signed.report_id.in_(bindparam("reports", expanding=True)))


class SignedCopies(AtOffice):
    """Keeps signed copies and finds them again. What was found of them is for the caller to say."""

    def keep_signed_copy(
        self,
        report_id: str,
        filename: str,
        content: bytes,
        sha256: str,
        verdict: dict[str, Any],
        *,
        now: dt.datetime,
        by: str,
    ) -> SignedCopy:
        """Keep a copy for good; the same bytes of the same report again give the copy that was kept first.

        Args:
            report_id: an issued report.
            filename: already cleaned.
            content: the file, byte for byte.
            sha256: of `content`, in hex.
            verdict: what was found of it, as plain values.
            now: the instant to remember.
            by: who brought it.

        Raises:
            StoreUnavailable: nothing was kept, or the answer of the commit was lost: bring it again.
            ValueError: there is no such report, or it is not issued.
        """
        with writing(self._engine) as connection:
            # Taken in turn because SQLite's guard refuses a second row before anything sees that it is there.
            one_at_a_time(connection, f"signed {report_id}")
            issued = select(tables.issued.c.report_id).where(
                tables.issued.c.report_id == report_id, tables.issued.c.office_id == self._office_id
            )
            if connection.execute(issued).one_or_none() is None:
                raise ValueError(f"{report_id} is no issued report")
            of_report = _COPIES.where(_signed.report_id == report_id, _signed.sha256 == sha256)
            first = connection.execute(of_report).one_or_none()
            if first is not None:
                return _copy(first)
            keep_blobs(connection, {sha256: content})
            row = {
                "report_id": report_id,
                "sha256": sha256,
                "filename": filename,
                "verdict": canonical(verdict),
                "at": now,
                "by": by,
            }
            connection.execute(tables.signed_copies.insert().values(row))
            kept = _copy(connection.execute(of_report).one())
            told = {"office": self._office_id, "filename": filename, "sha256": sha256}
            tell(connection, now, by, Entry(AuditStep.SIGNED_COPY_KEPT, f"{report_id}.{sha256}", told))
        return kept

    def signed_copy(self, report_id: str, copy_id: str) -> tuple[SignedCopy, bytes] | None:
        """A copy that was kept beside the report, and its bytes; None when there is none of that id."""
        with reading(self._engine) as connection:
            ours = [report_id] if self._has(connection, report_id) else []
            copies = copies_of(connection, ours).get(report_id, ())
            copy = next((each for each in copies if each.id == copy_id), None)
            if copy is None:
                return None
            content: bytes = connection.execute(select(_blobs.content).where(_blobs.sha256 == copy.sha256)).scalar_one()
        return copy, content


def copies_of(connection: Connection, report_ids: Iterable[str]) -> dict[str, tuple[SignedCopy, ...]]:
    """The copies of each of these reports, oldest first."""
    of_each: dict[str, tuple[SignedCopy, ...]] = dict.fromkeys(report_ids, ())
    for row in connection.execute(_COPIES_OF, {"reports": list(of_each)}) if of_each else ():
        of_each[row.report_id] += (_copy(row),)
    return of_each


def _copy(row: Row[Any]) -> SignedCopy:
    return SignedCopy(row.report_id, row.filename, row.sha256, row.size, json.loads(row.verdict), row.at, row.by)
