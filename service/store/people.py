"""Who works with Folio, as the store takes and gives them: accounts, sessions, one-time links and tokens.

Secrets are known here by their SHA-256 alone, which is also the key that finds them; they are long and random, so that
no slower hash is needed. Passwords come already hashed. Instants are aware UTC.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.domain.people import Role

# How long a one-time link is good for, unless somebody says otherwise.
LINK_LASTS: Final = dt.timedelta(hours=24)

# How old what a row says of its last use may be: pages are read far oftener, and reading ought not to write.
NOTED_EVERY: Final = dt.timedelta(minutes=1)

LONGEST_LOGIN: Final = 200
LONGEST_NAME: Final = 200

# With this every token begins, so that whoever finds one lying about knows what it is.
_TOKEN_MARK: Final = "folio_"  # noqa: S105 - no secret


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. Without an office they see all of them. One that is closed lets nobody in."""

    id: str
    login: str
    name: str
    role: Role
    office_id: str | None
    is_open: bool
    has_password: bool
    has_identity: bool
    created_at: dt.datetime

    @property
    def rules_over_all(self) -> bool:
        """Whether they administer every office."""
        return self.is_open and self.role is Role.ADMINISTERS and self.office_id is None


@dataclass(frozen=True, slots=True)
class Session:
    """An account that is signed in in some browser; `office_id` is the office being looked at.

    `id` is no secret: it can be shown, and names the session where it is to be ended.
    """

    id: str
    account: Account
    office_id: str
    created_at: dt.datetime
    seen_at: dt.datetime
    expires_at: dt.datetime
    address: str
    browser: str


class LinkPurpose(StrEnum):
    """What a one-time link is good for: opening the first account, or choosing a password."""

    ADMINISTRATOR = "administrator"
    PASSWORD = "password"  # noqa: S105 - a purpose


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link that can still be used; `account` is whose password it lets choose."""

    purpose: LinkPurpose
    account: Account | None
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows instead of signing in. `account_id` is who made it, None where it was made in a terminal."""

    id: str
    name: str
    role: Role
    office_id: str
    account_id: str | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    ended_at: dt.datetime | None
    used_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LoginTaken:
    """Another account has this login; nothing was written."""


@dataclass(frozen=True, slots=True)
class LinkGone:
    """The link was used, has expired, was replaced by another or never was; nothing was written."""


@dataclass(frozen=True, slots=True)
class LastAdministrator:
    """Nobody else administers every office: nothing was changed, lest nobody can mend it."""


def new_secret() -> str:
    """What opens a session or a one-time link: 43 characters nobody can guess, safe in an address and in a cookie."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """The secret of a token, which says by its beginning what it is."""
    return _TOKEN_MARK + new_secret()


def hash_of(secret: str) -> str:
    """The SHA-256 (hex) under which a secret is kept; of any text at all, as people may send any."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def folded(login: str) -> str:
    """The login as it is kept and looked up: the same in capitals or not; empty where none can be so."""
    text = unicodedata.normalize("NFKC", login).strip().casefold()
    return text if text.isprintable() and len(text) <= LONGEST_LOGIN else ""


def bounded(text: str, longest: int) -> str:
    """A text from outside that can be kept and printed: nothing that is not seen, and no longer than this."""
    return "".join(char for char in text if char.isprintable())[:longest]
