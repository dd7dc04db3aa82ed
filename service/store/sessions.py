"""A secret in a browser -> who is signed in there, as their account is at this very moment.

A session is a row that can be listed and ended: nothing in the browser says who somebody is or what they may do.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any, Final

from sqlalchemy import Engine, Row, Select, exists, or_, select, update

from service.domain.errors import StoreUnavailable
from service.store import tables
from service.store.accounts import ACCOUNT, account_of, end_sessions, held
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.people import NOTED_EVERY, Session, bounded, folded, hash_of
from service.store.planning_offices import must_be_office
from service.store.records import SOMEBODY

_sessions, _accounts = tables.sessions.c, tables.accounts.c

_SESSIONS: Final[Select[Any]] = select(tables.sessions, *ACCOUNT).join(
    tables.accounts, _accounts.id == _sessions.account_id
)

_LONGEST_ADDRESS: Final = 64
_LONGEST_BROWSER: Final = 300
# Of a login that nobody has: people type their password there, and the log keeps what it is told for ever.
_SHOWN_OF_UNKNOWN: Final = 3


class Sessions:
    """Opens sessions, finds whose they are, and ends them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open_session(
        self,
        secret: str,
        account_id: str,
        office_id: str,
        *,
        now: dt.datetime,
        expires_at: dt.datetime,
        address: str,
        browser: str,
    ) -> Session:
        """Sign an account in. One that was closed meanwhile gets a session that has already ended.

        Args:
            secret: a `new_secret` for the browser, which is not kept.
            account_id: who signed in.
            office_id: the office to look at, for whoever sees them all; others look at their own.
            now: the instant to remember.
            expires_at: when the session ends at the latest.
            address: from where, for the list of sessions.
            browser: with what, likewise.

        Raises:
            StoreUnavailable: nobody was signed in.
            ValueError: there is no such account or office.
        """
        with writing(self._engine) as connection:
            account = held(connection, account_id)
            if account is None:
                raise ValueError(f"there is no account {account_id}")
            must_be_office(connection, office_id)
            row = {
                "id": hash_of(secret),
                "account_id": account_id,
                "office_id": account.office_id or office_id,
                "created_at": now,
                "seen_at": now,
                "expires_at": expires_at,
                "address": bounded(address, _LONGEST_ADDRESS),
                "browser": bounded(browser, _LONGEST_BROWSER),
                "ended_at": None if account.is_open else now,
            }
            connection.execute(tables.sessions.insert().values(row))
            opened = connection.execute(_SESSIONS.where(_sessions.id == row["id"])).one()
            step = AuditStep.SIGNED_IN if account.is_open else AuditStep.SIGN_IN_REFUSED
            told = {"office": row["office_id"], "session": row["id"], "address": row["address"]}
            tell(connection, now, account.name, Entry(step, account_id, told))
        return _session(opened)

    def session(self, secret: str, now: dt.datetime, idle: dt.timedelta) -> Session | None:
        """Whose session it is, while it holds: not ended, not too old, used within `idle`, its account open.

        That it was used is noted once a minute at most, and never keeps anybody from reading.
        """
        holds = (
            _sessions.id == hash_of(secret),
            _sessions.ended_at.is_(None),
            _sessions.expires_at > now,
            _sessions.seen_at > now - idle,
            _accounts.is_open,
        )
        with reading(self._engine) as connection:
            row = connection.execute(_SESSIONS.where(*holds)).one_or_none()
        if row is None:
            return None
        if row.seen_at <= now - NOTED_EVERY:
            noted = update(tables.sessions).where(_sessions.id == row.id, _sessions.seen_at == row.seen_at)
            with contextlib.suppress(StoreUnavailable), writing(self._engine) as connection:
                connection.execute(noted.values(seen_at=now))
        return _session(row)

    def sessions_of(self, account_id: str, now: dt.datetime) -> tuple[Session, ...]:
        """The sessions of an account that have not ended, the one that was used last first."""
        still_open = (_sessions.account_id == account_id, _sessions.ended_at.is_(None), _sessions.expires_at > now)
        in_order = _SESSIONS.where(*still_open).order_by(_sessions.seen_at.desc(), _sessions.id)
        with reading(self._engine) as connection:
            return tuple(map(_session, connection.execute(in_order)))

    def end_session(self, session_id: str, *, now: dt.datetime, by: str) -> bool:
        """End a session from its next request on; False: there is none, or it had ended.

        Raises:
            StoreUnavailable: it was not ended.
        """
        ending = update(tables.sessions).where(_sessions.id == session_id, _sessions.ended_at.is_(None))
        with writing(self._engine) as connection:
            row = connection.execute(
                ending.values(ended_at=now).returning(_sessions.account_id, _sessions.office_id)
            ).one_or_none()
            if row is None:
                return False
            told = {"office": row.office_id, "session": session_id}
            tell(connection, now, by, Entry(AuditStep.SESSION_ENDED, row.account_id, told))
        return True

    def end_sessions_of(self, account_id: str, *, now: dt.datetime, by: str, but: str | None = None) -> int:
        """End the sessions of an account except the one with the id `but`; how many.

        Raises:
            StoreUnavailable: none was ended.
        """
        with writing(self._engine) as connection:
            account = held(connection, account_id)
            ended = end_sessions(connection, account_id, now, but) if account else 0
            if account and ended:
                told = {"office": account.office_id, "sessions_ended": ended}
                tell(connection, now, by, Entry(AuditStep.SESSION_ENDED, account_id, told))
        return ended

    def look_at_office(self, session_id: str, office_id: str) -> bool:
        """Look at another office in this session; False: there is no such office, or the account sees only its own.

        Raises:
            StoreUnavailable: the session looks at the same as before.
        """
        offices = tables.planning_offices.c
        sees_it = exists().where(
            _accounts.id == _sessions.account_id,
            or_(_accounts.office_id.is_(None), _accounts.office_id == office_id),
        )
        turned = update(tables.sessions).where(
            _sessions.id == session_id,
            _sessions.ended_at.is_(None),
            sees_it,
            exists().where(offices.id == office_id),
        )
        with writing(self._engine) as connection:
            return connection.execute(turned.values(office_id=office_id)).rowcount == 1

    def note_sign_in_refused(self, login: str, address: str, *, now: dt.datetime) -> None:
        """Put on record that somebody was not let in; of a login that nobody has only how it begins.

        Raises:
            StoreUnavailable: it is not on record.
        """
        known = select(_accounts.id, _accounts.login, _accounts.office_id).where(_accounts.login == folded(login))
        with writing(self._engine) as connection:
            row = connection.execute(known).one_or_none()
            shown = row.login if row else f"{bounded(login, _SHOWN_OF_UNKNOWN)}…"
            told = {
                "office": row.office_id if row else None,
                "login": shown,
                "address": bounded(address, _LONGEST_ADDRESS),
            }
            tell(connection, now, SOMEBODY, Entry(AuditStep.SIGN_IN_REFUSED, row.id if row else "", told))


def _session(row: Row[Any]) -> Session:
    account = account_of(row)
    return Session(
        id=row.id,
        account=account,
        # An account that was bound to an office since looks at that one.
        office_id=account.office_id or row.office_id,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        address=row.address,
        browser=row.browser,
    )
