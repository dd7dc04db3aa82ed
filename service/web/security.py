"""A request -> a Problem when it comes under a false name or from another site; an answer -> it with safe headers.

There are no accounts yet: until there are, the Host allow-list is what keeps a page of another site, by DNS rebinding,
from talking to a Folio on this machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from flask import Request, Response

from service.web.problems import Problem, ProblemType

_READING_METHODS: Final = {"GET", "HEAD", "OPTIONS"}

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS: Final = {
    "Content-Security-Policy": _PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

_OVER_TLS: Final = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def host_names(trusted_hosts: Iterable[str]) -> frozenset[str]:
    """The allow-list as `refuse_stranger` compares it: lower case, IPv6 addresses without their brackets."""
    return frozenset(host.lower().strip("[]") for host in trusted_hosts)


def refuse_stranger(request: Request, trusted: frozenset[str]) -> Problem | None:
    """The problem of a request that calls this service by a name it does not have, or None.

    Args:
        request: its `Host` header may be anything, or missing; the port does not matter.
        trusted: from `host_names`.
    """
    try:
        name = urlsplit(f"//{request.host}").hostname
    except ValueError:
        name = None
    if name in trusted:
        return None
    return Problem(ProblemType.MALFORMED, "Folio no atiende con ese nombre. Revise la dirección que escribió.")


def refuse_cross_site(request: Request) -> Problem | None:
    """The problem of a request by which another site would change something here, or None.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin; what says neither is no browser.
    """
    if request.method in _READING_METHODS:
        return None
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        is_ours = site in {"same-origin", "none"}
    else:
        is_ours = origin is None or origin.partition("://")[2].lower() == request.host.lower()
    if is_ours:
        return None
    return Problem(ProblemType.CROSS_SITE, "Vuelva a la página de Folio y haga el envío desde allí.")


def guarded(response: Response, *, has_tls: bool = False) -> Response:
    """The answer with its security headers; what a view has set on purpose stays.

    `has_tls`: people come by https alone, so that their browsers need never try another way again.
    """
    # Looked for once: every answer has these, and to ask for each goes through all that there are.
    there = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - iterating gives pairs
    for name, value in (_HEADERS | _OVER_TLS if has_tls else _HEADERS).items():
        if name.lower() not in there:
            response.headers.add(name, value)
    return response
