"""Entering with the identity provider of the entity (OpenID Connect, code flow with PKCE), where there is one.

Who somebody is, is told by the provider's address and its own number for them, never by a name that it could give to
another. A mail address counts once: to tie to it an account that was opened for it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from flask import Blueprint, Flask, Response, current_app, make_response, redirect, request, session

from service.domain.people import FIRST_OFFICE
from service.settings import Provider
from service.store import Account, LoginTaken, new_id
from service.web import sessions
from service.web.access import safe_path
from service.web.front import front
from service.web.limits import LONGEST_LOGIN, LONGEST_NAME
from service.web.problems import Problem, ProblemType
from service.web.rates import SIGN_IN_BY_ADDRESS, has_failed, limiter
from service.web.report_page import problem_page
from service.web.sign_in_pages import login_error, name_error

if TYPE_CHECKING:
    from authlib.integrations.flask_client import FlaskOAuth2App

identity_pages: Final = Blueprint("identity", __name__)

_EXTENSION: Final = "folio-identity"
_ONWARDS: Final = "onwards"
_SECONDS: Final = 10
_RETURN: Final = "/entrar/proveedor/vuelta"

_log: Final = logging.getLogger(__name__)

_NOT_CONFIGURED: Final = Problem(
    ProblemType.NOT_FOUND, "Este Folio no tiene un proveedor de identidad: entre con su usuario."
)
_NO_ANSWER: Final = Problem(
    ProblemType.NOT_SIGNED_IN,
    "El proveedor de identidad no confirmó quién es usted, y nadie entró. Inténtelo de nuevo; si vuelve a pasar, avise "
    "a quien administra Folio.",
)
_UNKNOWN: Final = Problem(
    ProblemType.NOT_ALLOWED,
    "Usted se identificó bien, pero no tiene cuenta en Folio. Pida a quien lo administra que registre su correo.",
)
_CLOSED: Final = Problem(ProblemType.NOT_ALLOWED, "Su cuenta en Folio está cerrada. Hable con quien lo administra.")


@dataclass(frozen=True, slots=True)
class _Identity:
    provider: Provider
    client: FlaskOAuth2App
    return_address: str


def keep_identity(app: Flask, provider: Provider | None, public_url: str) -> None:
    """Let people of an application enter with this provider too; None: with their own password alone.

    `public_url` is how the provider sends them back, without a slash at its end.
    """
    app.jinja_env.globals["provider_name"] = provider.name if provider else ""
    if provider is None:
        return
    from authlib.integrations.flask_client import OAuth  # noqa: PLC0415 - its memory only where there is a provider

    client = OAuth(app).register(
        "provider",
        client_id=provider.client_id,
        client_secret=provider.client_secret or None,
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": _SECONDS},
    )
    app.extensions[_EXTENSION] = _Identity(provider, client, public_url + _RETURN)


@identity_pages.get("/entrar/proveedor")
def go() -> Response:
    """On to the provider, which asks who the person is."""
    identity = _identity()
    if identity is None:
        return problem_page(_NOT_CONFIGURED)
    try:
        answer = identity.client.authorize_redirect(identity.return_address)
    except Exception:  # noqa: BLE001 whatever is wrong over there, nobody enters and the person is told
        _log.exception("the identity provider %s does not answer", identity.provider.issuer)
        return problem_page(_NO_ANSWER)
    session[_ONWARDS] = safe_path(request.args.get("luego", "/"))
    return make_response(answer)


@identity_pages.get(_RETURN)
@limiter.limit(SIGN_IN_BY_ADDRESS, deduct_when=has_failed)
def back() -> Response:
    """Back from the provider: sign in whoever it vouches for."""
    identity = _identity()
    if identity is None:
        return problem_page(_NOT_CONFIGURED)
    onwards = session.get(_ONWARDS, "/")
    try:
        # Its signature, issuer, audience, nonce and time are looked at in here.
        claims = identity.client.authorize_access_token()["userinfo"]
        issuer, subject = str(claims["iss"]), str(claims["sub"])
    except Exception:  # noqa: BLE001 as above
        _log.exception("the identity provider %s did not vouch for anybody", identity.provider.issuer)
        return problem_page(_NO_ANSWER)
    account = _account(identity.provider, issuer, subject, claims)
    if account is None or not account.is_open:
        front().store.note_sign_in_refused(_login(claims), request.remote_addr or "", now=front().clock())
        return problem_page(_CLOSED if account else _UNKNOWN)
    response = make_response(redirect(safe_path(onwards), HTTPStatus.SEE_OTHER))
    sessions.begin(account, request, response)
    return response


def _account(provider: Provider, issuer: str, subject: str, claims: dict[str, Any]) -> Account | None:
    """The account of whoever the provider vouches for: known already, opened for their mail address, or new."""
    store, login = front().store, _login(claims)
    if known := store.account_of_identity(issuer, subject):
        return known
    account = store.account_of_login(login) if login else None
    if account is not None and account.has_identity:
        # The mail address went to somebody else over there.
        return None
    if account is None:
        # Until somebody administers Folio nobody else gets in, or there might never be anybody.
        if provider.role is None or not login or login_error(login) or not store.has_administrator():
            return None
        said = str(claims.get("name") or "").strip()[:LONGEST_NAME]
        name = login if name_error(said) else said
        by = f"el proveedor «{provider.name}»"
        opened = store.open_account(
            new_id(),
            login,
            name,
            provider.role,
            FIRST_OFFICE,
            now=front().clock(),
            by=by,
        )
        if isinstance(opened, LoginTaken):
            return None
        account = opened
    # Of two that come at once for one account only the first is who it is of.
    is_theirs = account.is_open and store.tie_identity(
        account.id, issuer, subject, now=front().clock(), by=account.name
    )
    return account if is_theirs or not account.is_open else None


def _login(claims: dict[str, Any]) -> str:
    """The mail address that the provider says it has made sure of; empty where it has not."""
    return str(claims.get("email", ""))[:LONGEST_LOGIN] if claims.get("email_verified") is True else ""


def _identity() -> _Identity | None:
    return cast("_Identity | None", current_app.extensions.get(_EXTENSION))
