"""A secret that somebody was handed -> the first account, or another password: good once, and not for long."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, exists, or_, select, update

from service.domain.people import Role
from service.store import tables
from service.store.accounts import ACCOUNT, account_of, as_told, choose, held, opened, ruling
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.people import LONGEST_NAME, Account, Link, LinkGone, LinkPurpose, LoginTaken, bounded, hash_of
from service.store.statements import one_at_a_time

_links, _accounts = tables.links.c, tables.accounts.c


class OneTimeLinks:
    """Makes one-time links and lets them be used."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make_link(
        self,
        secret: str,
        purpose: LinkPurpose,
        account_id: str | None,
        *,
        now: dt.datetime,
        expires_at: dt.datetime,
        by: str,
    ) -> None:
        """Let whoever has the secret do this once; an earlier link for the same is good no longer.

        Args:
            secret: a `new_secret`, which is not kept.
            purpose: what the link is for.
            account_id: whose password it lets choose; None for the first administrator's.
            now: the instant to remember.
            expires_at: until when it is good.
            by: who makes it.

        Raises:
            StoreUnavailable: there is no link.
            ValueError: it lets choose the password of no account that there is, or is the administrator's and of one.
        """
        if (account_id is None) != (purpose is LinkPurpose.ADMINISTRATOR):
            raise ValueError("a password is an account's, the first administrator has none yet")
        with writing(self._engine) as connection:
            one_at_a_time(connection, "people")
            account = held(connection, account_id) if account_id else None
            if account_id and account is None:
                raise ValueError(f"there is no account {account_id}")
            same = and_(_links.purpose == purpose.value, _links.account_id.is_not_distinct_from(account_id))
            earlier = update(tables.links).where(same, _links.used_at.is_(None), _links.expires_at > now)
            connection.execute(earlier.values(expires_at=now))
            row = {
                "sha256": hash_of(secret),
                "purpose": purpose.value,
                "account_id": account_id,
                "expires_at": expires_at,
                "created_at": now,
                "created_by": by,
            }
            connection.execute(tables.links.insert().values(row))
            told = {
                "office": account.office_id if account else None,
                "purpose": purpose.value,
                "expires_at": expires_at.astimezone(dt.UTC).isoformat(),
            }
            tell(connection, now, by, Entry(AuditStep.LINK_MADE, account_id or "", told))

    def link(self, secret: str, now: dt.datetime) -> Link | None:
        """What a link is good for, while it is: not once it was used, replaced or too old, nor for a closed account.

        The administrator's is good only while nobody administers every office.
        """
        with reading(self._engine) as connection:
            row = connection.execute(_good(secret, now)).one_or_none()
        return _link(row) if row else None

    def first_administrator(
        self, secret: str, account_id: str, login: str, name: str, password_hash: str, *, now: dt.datetime
    ) -> Account | LinkGone | LoginTaken:
        """Use the administrator's link: an account that administers every office.

        Of two people who use it at once one gets the account, the other a `LinkGone`.

        Raises:
            StoreUnavailable: the link is as good as before.
            ValueError: the login or the name is empty, or the login cannot be one.
        """
        with writing(self._engine) as connection:
            one_at_a_time(connection, "people")
            row = connection.execute(_good(secret, now)).one_or_none()
            if row is None or row.purpose != LinkPurpose.ADMINISTRATOR:
                return LinkGone()
            account = opened(
                connection,
                account_id,
                login=login,
                name=name,
                role=Role.ADMINISTERS,
                office_id=None,
                now=now,
                by=bounded(name, LONGEST_NAME),
                password_hash=password_hash,
            )
            if isinstance(account, LoginTaken):
                return account
            _use(connection, row, now)
            told = {**as_told(account), "with_link": True}
            tell(connection, now, account.name, Entry(AuditStep.ACCOUNT_OPENED, account_id, told))
        return account

    def use_link(self, secret: str, password_hash: str, *, now: dt.datetime) -> Account | LinkGone:
        """Use the link that lets choose a password; the sessions of the account end.

        Raises:
            StoreUnavailable: the link is as good as before, and so is the password.
        """
        with writing(self._engine) as connection:
            one_at_a_time(connection, "people")
            row = connection.execute(_good(secret, now)).one_or_none()
            if row is None or row.purpose != LinkPurpose.PASSWORD:
                return LinkGone()
            _use(connection, row, now)
            choose(connection, account_of(row), password_hash, now=now, by=row.person_name, has_link=True)
            account = held(connection, row.person_id)
        return account or LinkGone()


def _good(secret: str, now: dt.datetime) -> Select[Any]:
    """The link of that secret, while it is good."""
    return (
        select(_links.sha256, _links.purpose, _links.expires_at, *ACCOUNT)
        .join(tables.accounts, _accounts.id == _links.account_id, isouter=True)
        .where(_links.sha256 == hash_of(secret), _links.used_at.is_(None), _links.expires_at > now, _is_of_use())
    )


def _is_of_use() -> ColumnElement[bool]:
    nobody_yet = ~exists(ruling(tables.accounts.alias()))
    return or_(
        and_(_links.purpose == LinkPurpose.ADMINISTRATOR.value, nobody_yet),
        and_(_links.purpose == LinkPurpose.PASSWORD.value, _accounts.is_open),
    )


def _use(connection: Connection, row: Row[Any], now: dt.datetime) -> None:
    connection.execute(update(tables.links).where(_links.sha256 == row.sha256).values(used_at=now))


def _link(row: Row[Any]) -> Link:
    account = account_of(row) if row.person_id is not None else None
    return Link(LinkPurpose(row.purpose), account, row.expires_at)
