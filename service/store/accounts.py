"""Who is let into Folio -> accounts, their roles and what they sign in with; each change is told in the audit log.

An account is never deleted: what it did names it. What lets it in (sessions, tokens, one-time links) ends with it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import Connection, Engine, FromClause, Row, Select, exists, select, update

from service.domain.people import Role
from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.people import LONGEST_NAME, Account, LastAdministrator, LoginTaken, bounded, folded
from service.store.planning_offices import must_be_office
from service.store.statements import one_at_a_time

_accounts, _sessions, _tokens, _links = tables.accounts.c, tables.sessions.c, tables.tokens.c, tables.links.c

# The columns of an account, under names that stand beside those of whatever is the account's.
ACCOUNT: Final = tuple(column.label(f"person_{column.name}") for column in tables.accounts.c)


def ruling(accounts: FromClause = tables.accounts) -> Select[Any]:
    """Who administers every office; of another name of the table where a query has accounts of its own already."""
    of = accounts.c
    return select(of.id).where(of.is_open, of.role == Role.ADMINISTERS.value, of.office_id.is_(None))


_ALL: Final[Select[Any]] = select(*ACCOUNT).order_by(_accounts.name, _accounts.login)


class Accounts:
    """Opens accounts, changes them and finds them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def has_administrator(self) -> bool:
        """Whether somebody with an open account administers every office; until then a link opens such an account."""
        with reading(self._engine) as connection:
            return connection.execute(select(exists(ruling()))).scalar_one()

    def accounts(self, office_id: str | None = None) -> tuple[Account, ...]:
        """All of them by name, or only those of one office: whoever sees every office is of none."""
        wanted = _ALL if office_id is None else _ALL.where(_accounts.office_id == office_id)
        with reading(self._engine) as connection:
            return tuple(map(account_of, connection.execute(wanted)))

    def account(self, account_id: str) -> Account | None:
        """The account of that id."""
        return self._only(_ALL.where(_accounts.id == account_id))

    def account_of_identity(self, issuer: str, subject: str) -> Account | None:
        """The account of whom that service vouches for, open or closed."""
        if not (issuer + subject).isprintable():
            return None
        return self._only(_ALL.where(_accounts.issuer == issuer, _accounts.subject == subject))

    def account_of_login(self, login: str) -> Account | None:
        """The account that signs in so, open or closed, in capitals or not."""
        return self._only(_ALL.where(_accounts.login == folded(login)))

    def open_account(
        self, account_id: str, login: str, name: str, role: Role, office_id: str | None, *, now: dt.datetime, by: str
    ) -> Account | LoginTaken:
        """Let somebody in, once they have chosen a password or another service vouches for them.

        Args:
            account_id: a new id.
            login: what they sign in with; capitals do not matter.
            name: how they are called in what is shown and on record.
            role: what they may do.
            office_id: the office whose reports they see; None: all of them.
            now: the instant to remember.
            by: who opens it.

        Raises:
            StoreUnavailable: it was not opened.
            ValueError: the login or the name is empty, the login cannot be one, or there is no such office.
        """
        with writing(self._engine) as connection:
            one_at_a_time(connection, "people")
            account = opened(
                connection, account_id, login=login, name=name, role=role, office_id=office_id, now=now, by=by
            )
            if isinstance(account, Account):
                tell(connection, now, by, Entry(AuditStep.ACCOUNT_OPENED, account_id, as_told(account)))
        return account

    def change_account(
        self,
        account_id: str,
        *,
        name: str,
        role: Role,
        office_id: str | None,
        is_open: bool,
        now: dt.datetime,
        by: str,
    ) -> Account | LastAdministrator | None:
        """Let an account be so from its next request on; None: there is no such account.

        Closing it ends its sessions, the tokens that it made and its one-time links, for good.

        Raises:
            StoreUnavailable: it is as before.
            ValueError: the name is empty, or there is no such office.
        """
        with writing(self._engine) as connection:
            one_at_a_time(connection, "people")
            before = held(connection, account_id)
            if before is None:
                return None
            must_be_office(connection, office_id)
            will_rule = is_open and role is Role.ADMINISTERS and office_id is None
            if before.rules_over_all and not will_rule and not _another_rules(connection, account_id):
                return LastAdministrator()
            values = {"name": _named(name), "role": role.value, "office_id": office_id, "is_open": is_open}
            after = account_of(
                connection.execute(
                    update(tables.accounts).where(_accounts.id == account_id).values(values).returning(*ACCOUNT)
                ).one()
            )
            was, now_is = as_told(before), as_told(after)
            changed = {key: [was[key], now_is[key]] for key in was if was[key] != now_is[key]}
            if {"role", "office"} & set(changed):
                # Whoever made a link for an account that could less must not come to hold one that may more.
                end_links(connection, account_id, now)
            if changed:
                ended = _shut_out(connection, account_id, now) if before.is_open and not is_open else {}
                told = {"office": office_id, "changed": changed, **ended}
                tell(connection, now, by, Entry(AuditStep.ACCOUNT_CHANGED, account_id, told))
        return after

    def tie_identity(self, account_id: str, issuer: str, subject: str, *, now: dt.datetime, by: str) -> bool:
        """Let in whom another service vouches for as this account; False: it has another, or that is another's.

        Raises:
            StoreUnavailable: nothing was tied.
        """
        if not issuer or not subject or not (issuer + subject).isprintable():
            return False
        is_theirs = _ALL.where(_accounts.issuer == issuer, _accounts.subject == subject)
        with writing(self._engine) as connection:
            one_at_a_time(connection, "people")
            account = held(connection, account_id)
            owner = connection.execute(is_theirs).one_or_none()
            if account is None or owner is not None or account.has_identity:
                return account is not None and owner is not None and owner.person_id == account_id
            tied = update(tables.accounts).where(_accounts.id == account_id)
            connection.execute(tied.values(issuer=issuer, subject=subject))
            told = {"office": account.office_id, "issuer": issuer, "subject": subject}
            tell(connection, now, by, Entry(AuditStep.IDENTITY_TIED, account_id, told))
        return True

    def password_of(self, login: str) -> tuple[Account, str | None] | None:
        """The open account that signs in so, and the hash of its password; None for one that is closed, too."""
        wanted = select(*ACCOUNT).where(_accounts.login == folded(login), _accounts.is_open)
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        return (account_of(row), row.person_password_hash) if row else None

    def choose_password(
        self, account_id: str, password_hash: str, *, now: dt.datetime, by: str, but: str | None = None
    ) -> bool:
        """Let the account sign in with this password alone; False: there is no such account.

        All its sessions end, except the one with the id `but`, and so do its one-time links.

        Raises:
            StoreUnavailable: the password is as before.
        """
        with writing(self._engine) as connection:
            one_at_a_time(connection, "people")
            account = held(connection, account_id)
            if account is None:
                return False
            choose(connection, account, password_hash, now=now, by=by, but=but)
        return True

    def _only(self, wanted: Select[Any]) -> Account | None:
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        return account_of(row) if row else None


def account_of(row: Row[Any]) -> Account:
    """The account of a row that has the columns `ACCOUNT`."""
    return Account(
        id=row.person_id,
        login=row.person_login,
        name=row.person_name,
        role=Role(row.person_role),
        office_id=row.person_office_id,
        is_open=row.person_is_open,
        has_password=row.person_password_hash is not None,
        has_identity=row.person_subject is not None,
        created_at=row.person_created_at,
    )


def as_told(account: Account) -> dict[str, Any]:
    """What the audit log tells of an account."""
    return {
        "login": account.login,
        "name": account.name,
        "role": account.role.value,
        "office": account.office_id,
        "is_open": account.is_open,
    }


def held(connection: Connection, account_id: str) -> Account | None:
    """The account, which nobody else changes before this transaction ends."""
    wanted = select(*ACCOUNT).where(_accounts.id == account_id).with_for_update()
    row = connection.execute(wanted).one_or_none()
    return account_of(row) if row else None


def opened(
    connection: Connection,
    account_id: str,
    *,
    login: str,
    name: str,
    role: Role,
    office_id: str | None,
    now: dt.datetime,
    by: str,
    password_hash: str | None = None,
) -> Account | LoginTaken:
    """A new account, in a transaction that has the people for itself; what is told of it is for the caller to say."""
    login = folded(login)
    if not login:
        raise ValueError("an account needs a login that can be typed")
    must_be_office(connection, office_id)
    if connection.execute(select(_accounts.id).where(_accounts.login == login)).one_or_none():
        return LoginTaken()
    row = {
        "id": account_id,
        "login": login,
        "name": _named(name),
        "role": role.value,
        "office_id": office_id,
        "password_hash": password_hash,
        "is_open": True,
        "created_at": now,
        "created_by": by,
    }
    return account_of(connection.execute(tables.accounts.insert().values(row).returning(*ACCOUNT)).one())


def choose(
    connection: Connection,
    account: Account,
    password_hash: str,
    *,
    now: dt.datetime,
    by: str,
    but: str | None = None,
    has_link: bool = False,
) -> None:
    """Give an account that is `held` another password, and end what the old one had let in."""
    connection.execute(update(tables.accounts).where(_accounts.id == account.id).values(password_hash=password_hash))
    ended = end_sessions(connection, account.id, now, but)
    end_links(connection, account.id, now)
    told = {"office": account.office_id, "with_link": has_link, "sessions_ended": ended}
    tell(connection, now, by, Entry(AuditStep.PASSWORD_CHOSEN, account.id, told))


def end_sessions(connection: Connection, account_id: str, now: dt.datetime, but: str | None = None) -> int:
    """End the open sessions of an account except the one with the id `but`; how many."""
    still_open = (_sessions.account_id == account_id, _sessions.ended_at.is_(None), _sessions.expires_at > now)
    ending = update(tables.sessions).where(*still_open).values(ended_at=now)
    return connection.execute(ending if but is None else ending.where(_sessions.id != but)).rowcount


def end_links(connection: Connection, account_id: str, now: dt.datetime) -> None:
    """Let no one-time link of an account be good any longer."""
    still_good = (_links.account_id == account_id, _links.used_at.is_(None), _links.expires_at > now)
    connection.execute(update(tables.links).where(*still_good).values(expires_at=now))


def _shut_out(connection: Connection, account_id: str, now: dt.datetime) -> dict[str, Any]:
    end_links(connection, account_id, now)
    ending = update(tables.tokens).where(_tokens.account_id == account_id, _tokens.ended_at.is_(None))
    tokens = connection.execute(ending.values(ended_at=now).returning(_tokens.id)).scalars()
    return {"sessions_ended": end_sessions(connection, account_id, now), "tokens_ended": sorted(tokens)}


def _another_rules(connection: Connection, account_id: str) -> bool:
    others = ruling().where(_accounts.id != account_id)
    return connection.execute(others.limit(1)).one_or_none() is not None


def _named(name: str) -> str:
    name = bounded(name, LONGEST_NAME).strip()
    if not name:
        raise ValueError("an account has a name")
    return name
