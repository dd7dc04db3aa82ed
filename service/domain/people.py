"""Who works with Folio: what each role may do. An office's people see their own office's reports and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# The planning office of an installation that has only one.
FIRST_OFFICE: Final = "principal"
# Who uploads and issues the example at the first start: Folio itself.
EXAMPLE_WRITER: Final = "Folio (ejemplo)"


class Role(StrEnum):
    """What an account or a token may do; each may also do what those before it may."""

    READS = "lectura"
    PREPARES = "elabora"
    APPROVES = "aprueba"
    ADMINISTERS = "administra"

    def includes(self, other: Role) -> bool:
        """Whether whoever has this role may do what `other` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


@dataclass(frozen=True, slots=True)
class PlanningOffice:
    """An office that keeps its own plans, settings and people in this Folio."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: somebody who signed in, or a program with a token, as this request knows them.

    `account_id` is the account that signed in, or that the token was made by; empty for a token made in a terminal.
    `office_id` is the office whose reports they are looking at; with `sees_all_offices` they may choose another.
    """

    account_id: str
    name: str
    role: Role
    office_id: str = FIRST_OFFICE
    sees_all_offices: bool = False
    is_program: bool = False

    def may(self, role: Role) -> bool:
        """Whether they may do what takes this role."""
        return self.role.includes(role)
