"""A request -> what the head of every page offers whoever asks: the places of Folio, their account, the way out.

A place is shown where this application has it and whoever asks may go there. Nothing is kept from anybody here: that a
link is not shown protects nothing, and `access` decides at the door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import current_app, request

from service.domain.people import Role
from service.web import access, asker


@dataclass(frozen=True, slots=True)
class Place:
    """A page that every other leads to; without a role it is everybody's. `parts`: how addresses inside it begin."""

    label: str
    address: str
    role: Role | None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A place as the head shows it. `current` is `page` on that very page, `true` on one of its parts, else empty."""

    label: str
    address: str
    current: str


# By address and not by endpoint: that is what people keep, and the names inside the blueprints may change.
PLACES: Final = (
    Place("Inicio", "/", Role.READS),
    Place("Subir", "/subir", Role.PREPARES),
    Place("Versiones", "/versiones", Role.READS, ("/planes/", "/informes/")),
    Place("Tablero", "/tablero", Role.READS),
    Place("Oficina", "/oficina", Role.READS, ("/oficina/",)),
    Place("Personas", "/personas", Role.ADMINISTERS, ("/personas/",)),
    Place("Auditoría", "/auditoria", Role.ADMINISTERS, ("/auditoria/",)),
    Place("Verificar", "/verificar", None, ("/verificar/",)),
)
ACCOUNT: Final = Place("Mi cuenta", "/cuenta", Role.READS, ("/cuenta/",))
ENTER: Final = Place("Entrar", "/entrar", None, ("/entrar/",))
LEAVE: Final = "/salir"


def head_of_page() -> dict[str, object]:
    """What the template of every page needs for its head."""
    # Whoever may nothing has not signed in; where nobody has to, everybody may and is offered no way in.
    is_in = access.may(Role.READS.value)
    pages, forms = _addresses("GET"), _addresses("POST")
    own = ACCOUNT if asker.person() else ENTER
    return {
        "places": tuple(_link(place) for place in PLACES if place.address in pages and _may(place)),
        "own_place": _link(own) if own.address in pages and (own is ACCOUNT or not is_in) else None,
        "leave_address": LEAVE if LEAVE in forms and asker.person() else None,
    }


def _addresses(method: str) -> frozenset[str]:
    return frozenset(rule.rule for rule in current_app.url_map.iter_rules() if method in (rule.methods or ()))


def _may(place: Place) -> bool:
    return place.role is None or access.may(place.role.value)


def _link(place: Place) -> Link:
    if request.path == place.address:
        return Link(place.label, place.address, "page")
    return Link(place.label, place.address, "true" if request.path.startswith(place.parts) else "")
