"""What an office puts around its reports: its name and logo, who signs, the box of its quality system, its seal.

Nothing is invented: all of it is empty until the office says it. An issued report keeps what it was issued with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a version of the plan, by which act, and when; an empty text or None is what nobody said."""

    instance: str = ""
    act: str = ""
    on: dt.date | None = None


class Role(StrEnum):
    """What a person who signs did for the report, in the order in which they sign."""

    DRAFTED = "elaboro"
    REVIEWED = "reviso"
    APPROVED = "aprobo"

    @property
    def label(self) -> str:
        """As the block prints it."""
        return _LABELS[self]


_LABELS: Final = {Role.DRAFTED: "Elaboró", Role.REVIEWED: "Revisó", Role.APPROVED: "Aprobó"}


@dataclass(frozen=True, slots=True)
class Signer:
    """A person who signs; `is_acting` when they hold the post by encargo."""

    role: Role
    name: str
    position: str
    is_acting: bool = False

    @property
    def printed_name(self) -> str:
        """In capitals, as the block prints it (GTC 185)."""
        return self.name.upper()

    @property
    def printed_position(self) -> str:
        """With "(E)" behind the post of who holds it by encargo."""
        return f"{self.position} (E)" if self.is_acting else self.position


def in_signing_order(signers: Iterable[Signer]) -> tuple[Signer, ...]:
    """Those who sign, by what they did."""
    return tuple(sorted(signers, key=lambda signer: list(Role).index(signer.role)))


@dataclass(frozen=True, slots=True)
class FormatBox:
    """The box of the quality system (SGC): the format's own code and version, which are not the plan's."""

    process: str = ""
    name: str = ""
    code: str = ""
    version: str = ""
    valid_from: dt.date | None = None

    @property
    def is_empty(self) -> bool:
        """Nobody said anything of it, so that it is not drawn."""
        return self == FormatBox()


@dataclass(frozen=True, slots=True)
class Logo:
    """The office's picture (PNG or JPEG, checked when it came in), its size in pixels, and what it shows."""

    content: bytes
    media_type: str
    width: int
    height: int
    description: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything that stands around the table of an official document.

    `approval` is who approves the plan where an issue says nothing else. `has_radicado_zone` keeps 6 x 2.5 cm of the
    first page free. `has_seal` puts the code and the QR of an issued document in its foot.
    """

    entity: str = ""
    logo: Logo | None = None
    signers: tuple[Signer, ...] = ()
    approval: Approval = Approval()
    format_box: FormatBox = FormatBox()
    has_radicado_zone: bool = False
    has_seal: bool = True

    @property
    def is_bare(self) -> bool:
        """Nobody said whose the reports are, who signs nor who approves them: then no approval is drawn either."""
        return replace(self, has_radicado_zone=False, has_seal=True) == NO_FRAME

    @property
    def signing_order(self) -> tuple[Signer, ...]:
        """Who signs, by what they did."""
        return in_signing_order(self.signers)


NO_FRAME: Final = Frame()


@dataclass(frozen=True, slots=True)
class Seal:
    """What tells an issued report from every other: a short code ("K7QF-3M9P-X2TD") and the page that checks it."""

    code: str
    address: str
