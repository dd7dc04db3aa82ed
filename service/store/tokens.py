"""A secret that a program shows -> what it may do, and for whom: named, ended by whoever likes, known by its hash."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Engine, Row, Select, bindparam, or_, select, update

from service.domain.errors import StoreUnavailable
from service.domain.people import Role
from service.store import tables
from service.store.accounts import ACCOUNT, account_of, held
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.people import LONGEST_NAME, NOTED_EVERY, Account, Token, bounded, hash_of
from service.store.planning_offices import must_be_office

_tokens, _accounts = tables.tokens.c, tables.accounts.c

_TOKENS: Final[Select[Any]] = select(tables.tokens, *ACCOUNT).join(
    tables.accounts, _accounts.id == _tokens.account_id, isouter=True
)
# Asked with every request of a program.
_GOOD: Final[Select[Any]] = _TOKENS.where(
    _tokens.sha256 == bindparam("hash"),
    _tokens.ended_at.is_(None),
    or_(_tokens.expires_at.is_(None), _tokens.expires_at > bindparam("now")),
    or_(_tokens.account_id.is_(None), _accounts.is_open),
    or_(_accounts.office_id.is_(None), _accounts.office_id == _tokens.office_id),
)


class Tokens:
    """Makes tokens, finds what they let do, and ends them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make_token(  # noqa: PLR0917 - in the order in which a token is read
        self,
        token_id: str,
        secret: str,
        name: str,
        role: Role,
        office_id: str,
        account_id: str | None,
        *,
        now: dt.datetime,
        expires_at: dt.datetime | None,
        by: str,
    ) -> Token:
        """Let a program in. A token of an account that was closed meanwhile has already ended.

        Args:
            token_id: a new id.
            secret: a `new_token`, which is not kept.
            name: what it is for, in the person's words.
            role: what it may do; never more than its account may.
            office_id: the office whose reports it sees.
            account_id: who makes it; None in a terminal.
            now: the instant to remember.
            expires_at: until when it is good; None: until it is ended.
            by: who makes it.

        Raises:
            StoreUnavailable: there is no token.
            ValueError: there is no such account or office, or the name is empty.
        """
        name = bounded(name, LONGEST_NAME).strip()
        if not name:
            raise ValueError("a token has a name")
        with writing(self._engine) as connection:
            account = held(connection, account_id) if account_id else None
            if account_id and account is None:
                raise ValueError(f"there is no account {account_id}")
            must_be_office(connection, office_id)
            row = {
                "id": token_id,
                "sha256": hash_of(secret),
                "name": name,
                "role": role.value,
                "office_id": office_id,
                "account_id": account_id,
                "created_at": now,
                "expires_at": expires_at,
                "ended_at": now if account and not account.is_open else None,
            }
            made = connection.execute(tables.tokens.insert().values(row).returning(*_tokens)).one()
            told = {
                "office": office_id,
                "name": name,
                "role": role.value,
                "account": account_id,
                "expires_at": expires_at.astimezone(dt.UTC).isoformat() if expires_at else None,
            }
            tell(connection, now, by, Entry(AuditStep.TOKEN_MADE, token_id, told))
        return _token(made)

    def token(self, secret: str, now: dt.datetime) -> tuple[Token, Account | None] | None:
        """What a token lets do while it is good, and the account that made it, which must be open and see its office.

        Its role is no more than the account's is by now. That it was used is noted once a minute at most.
        """
        with reading(self._engine) as connection:
            row = connection.execute(_GOOD, {"hash": hash_of(secret), "now": now}).one_or_none()
        if row is None:
            return None
        if row.used_at is None or row.used_at <= now - NOTED_EVERY:
            noted = update(tables.tokens).where(_tokens.id == row.id).values(used_at=now)
            with contextlib.suppress(StoreUnavailable), writing(self._engine) as connection:
                connection.execute(noted)
        token, account = _token(row), account_of(row) if row.account_id else None
        if account and not account.role.includes(token.role):
            token = replace(token, role=account.role)
        return token, account

    def tokens(self, office_id: str | None = None) -> tuple[Token, ...]:
        """All that were ever made, or only those of one office, newest first; also those that are good no longer."""
        wanted = select(tables.tokens).order_by(_tokens.created_at.desc(), _tokens.id)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted if office_id is None else wanted.where(_tokens.office_id == office_id))
            return tuple(map(_token, rows))

    def end_token(self, token_id: str, *, now: dt.datetime, by: str) -> bool:
        """Let a token be good for nothing from now on; False: there is none, or it had ended.

        Raises:
            StoreUnavailable: it was not ended.
        """
        ending = update(tables.tokens).where(_tokens.id == token_id, _tokens.ended_at.is_(None))
        with writing(self._engine) as connection:
            row = connection.execute(
                ending.values(ended_at=now).returning(_tokens.office_id, _tokens.name)
            ).one_or_none()
            if row is None:
                return False
            told = {"office": row.office_id, "name": row.name}
            tell(connection, now, by, Entry(AuditStep.TOKEN_ENDED, token_id, told))
        return True


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        office_id=row.office_id,
        account_id=row.account_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        used_at=row.used_at,
    )
