"""What a try at a document took, phase by phase, as its job keeps it.

Measured where the work is done and kept with the job, so that whoever watches over Folio sees it whichever machine it
was done on, and after a restart too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of each phase.

    `write` fills the template, or makes what is made without one; `convert` is LibreOffice's; `prove` holds what was
    written against its report. `office_starts`: how often LibreOffice had to be started.
    """

    write: float
    convert: float
    prove: float
    office_starts: int

    @property
    def whole(self) -> float:
        """All of it, in seconds."""
        return self.write + self.convert + self.prove

    def to_json(self) -> str:
        """As a job keeps it; a millisecond is fine enough."""
        return json.dumps({name: round(value, 3) for name, value in asdict(self).items()})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        return cls(**json.loads(text))
