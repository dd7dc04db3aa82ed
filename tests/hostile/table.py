"""What stands in a table of hostile files: how each is made, what is said of it, and a file like it that is good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.domain.findings import FindingCode
from tests.unit.sheets.office import office_book


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, the finding that it deserves and a piece of its sentence, which names the place.

    Without a code it is harmless to Folio and read rightly. `place` is the sheet that the finding is about, or its cell
    ("Plan!F6"); without one the sentence itself says which part of the file is meant.
    `neighbour` makes the good file that is nearest to it.
    """

    name: str
    make: Callable[[], bytes]
    code: FindingCode | None = None
    says: str = ""
    place: str = ""
    neighbour: Callable[[], bytes] = office_book
