"""A person who proved who they are -> the cookie of a session that the store keeps; a request -> the secret in it.

The cookie holds a random secret and nothing else: what it is worth stands in the store, where it ends at once when
somebody ends it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import Request, Response, current_app, session

from service.domain.people import FIRST_OFFICE
from service.store import Account, new_secret
from service.web.front import front

# A day at the office; and whoever leaves the desk for a meeting is not signed out.
LIFETIME: Final = dt.timedelta(hours=12)
IDLE: Final = dt.timedelta(hours=4)

_LONGEST_SECRET: Final = 100
_LONGEST_BROWSER: Final = 300


def secret_in(request: Request) -> str | None:
    """The secret that a request brings; what is too long to be one is none."""
    secret = request.cookies.get(_cookie_name(), "")
    return secret if 0 < len(secret) <= _LONGEST_SECRET else None


def begin(account: Account, request: Request, response: Response) -> None:
    """Open a session for whoever just proved to be this account, and give the browser its cookie.

    Raises:
        StoreUnavailable: nobody was signed in.
    """
    secret, now = new_secret(), front().clock()
    front().store.open_session(
        secret,
        account.id,
        account.office_id or FIRST_OFFICE,
        now=now,
        expires_at=now + LIFETIME,
        address=request.remote_addr or "",
        browser=(request.user_agent.string or "")[:_LONGEST_BROWSER],
    )
    # The mark of the forms belongs to the person: nobody inherits the one of whoever sat here before.
    session.clear()
    response.set_cookie(
        _cookie_name(),
        secret,
        max_age=LIFETIME,
        secure=_is_secure(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget(response: Response) -> None:
    """Take the cookies away."""
    session.clear()
    response.delete_cookie(_cookie_name(), path="/", secure=_is_secure(), httponly=True, samesite="Lax")


def _cookie_name() -> str:
    # With the prefix no other host of the same domain can put a cookie of that name.
    return "__Host-folio" if _is_secure() else "folio"


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
